# SPDX-License-Identifier: Apache-2.0
"""Where a recording goes: into a viewer on this screen, or into a file."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mia_ros.errors import ReplayError
from offline_tools.viewing.parts import rerun
from offline_tools.viewing.privacy import private_viewer

SUFFIX = ".rrd"
_APPLICATION = "mia_view"
_PATIENCE = 10.0  # s, for the viewer to listen
_SETTLED = 2.0  # s, after which one that listens has its window
_ADVICE = f"give another --out FILE{SUFFIX}, which can be opened anywhere"


def has_display() -> bool:
    """Whether a window can be opened."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextmanager
def open_file(path: Path, blueprint: Any) -> Iterator[Any]:
    """A recording stream into a file that is there as a whole, or not at all."""
    if path.suffix != SUFFIX:
        raise ReplayError(f"out: {path}, want a file name that ends in {SUFFIX}")
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch()  # says plainly what is wrong with the place; the viewer's library does not
    except OSError as error:
        raise ReplayError(f"out: {path} cannot be written: {error.strerror}") from error
    stream = rerun().RecordingStream(_APPLICATION)
    try:
        stream.save(str(part), default_blueprint=blueprint)
        with _delivering(f"out: {path} cannot be written"):
            yield stream
            stream.flush()
        stream.disconnect()
        part.replace(path)
    finally:
        stream.disconnect()
        part.unlink(missing_ok=True)


@contextmanager
def open_viewer(blueprint: Any, port: int = 9876) -> Iterator[Any]:
    """A recording stream into the viewer that listens at the port, or is started to do so."""
    stream = rerun().RecordingStream(_APPLICATION)
    with private_viewer(), _delivering("the viewer cannot be started"):
        stream.spawn(port=port, connect=False, hide_welcome_screen=True)
        _await_viewer(port)
    stream.connect_grpc(f"rerun+http://127.0.0.1:{port}/proxy", default_blueprint=blueprint)
    try:
        with _delivering("the viewer takes nothing more"):
            yield stream
            stream.flush()
    finally:
        stream.disconnect()


def _await_viewer(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if _stays(port):
            return
        time.sleep(0.1)
    raise ReplayError(f"the viewer was started but does not answer; can this screen be drawn on? {_ADVICE}")


def _stays(port: int) -> bool:
    """Whether somebody listens there and goes on: a viewer listens before it learns that it can open no window."""
    with socket.socket() as link:
        if link.connect_ex(("127.0.0.1", port)) != 0:
            return False
        until = time.monotonic() + _SETTLED
        while (left := until - time.monotonic()) > 0:
            link.settimeout(left)
            try:
                if not link.recv(1024):
                    return False
            except TimeoutError:
                return True
            except OSError:
                return False
    return True


@contextmanager
def _delivering(what: str) -> Iterator[None]:
    """Rerun's own errors as one line; its library gives them no type."""
    try:
        yield
    except RuntimeError as error:
        reason = str(error).strip().splitlines() or ["no reason given"]
        raise ReplayError(f"{what}: {reason[0]}; {_ADVICE}") from error
