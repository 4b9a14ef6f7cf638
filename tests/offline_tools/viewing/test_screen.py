# SPDX-License-Identifier: Apache-2.0
"""Where a recording goes."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from mia_ros.errors import ReplayError
from offline_tools.viewing import screen
from offline_tools.viewing.blueprint import Layout, blueprint
from offline_tools.viewing.photos import Encoded
from offline_tools.viewing.scene import Scene
from tests.offline_tools.viewing.recordings import Recording

_MUCH = 1_000_000  # bytes


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    for name in ("CACHE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path):
    path = tmp_path / "view.rrd"
    with pytest.raises(KeyError), screen.open_file(path, blueprint(Layout())):
        raise KeyError
    assert not list(tmp_path.glob("view*"))


def test_an_older_file_is_replaced(tmp_path):
    path = tmp_path / "view.rrd"
    path.write_text("old")
    with screen.open_file(path, blueprint(Layout())) as stream:
        Scene(stream).about("new")
    assert Recording(path).static("/about")["TextDocument:text"] == ["new"]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ReplayError, match=r"out: .*view.rrd cannot be written: (Not a directory|File exists)"),
        screen.open_file(tmp_path / "file" / "view.rrd", blueprint(Layout())),
    ):
        pass


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have a screen")
def test_without_a_display_there_is_no_screen(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not screen.has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert screen.has_display()


@pytest.mark.filterwarnings("ignore:RRD file has no footer")  # it is still being written
def test_a_viewer_that_runs_is_used(tmp_path):
    """Rerun's own server takes the viewer's place: it needs no screen, and saves what it is sent."""
    port, saved = free_port(), tmp_path / "saved.rrd"
    command = [sys.executable, "-m", "rerun_cli", "--port", str(port), "--save", str(saved)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, start_new_session=True, **quiet) as server:
        try:
            wait_for(lambda: reachable(port), "the server")
            with screen.open_viewer(blueprint(Layout()), port) as stream:
                scene = Scene(stream)
                scene.about("seen")
                scene.photo(Encoded(os.urandom(_MUCH), "image/jpeg"))  # pushes the rest to the disk
            wait_for(lambda: saved.exists() and saved.stat().st_size > _MUCH // 2, "the photo")
            os.killpg(server.pid, signal.SIGINT)
            server.wait(30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
    assert "/about" in Recording(saved).paths()


def reachable(port):
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition, what):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.05)
