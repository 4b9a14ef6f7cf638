# SPDX-License-Identifier: Apache-2.0
"""`mia view` as its users run it."""

import json
import sys

import pytest

from tests.commands import mia
from tests.offline_tools.viewing import replays

pytest.importorskip("rerun")
NO_SCREEN = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}


def test_without_a_screen_it_writes_a_file_into_the_replay_and_says_so(tmp_path):
    replay = replays.write_replay(tmp_path)
    done = mia("view", str(replay), cwd=tmp_path, XDG_DATA_HOME=str(tmp_path / "data"), **NO_SCREEN)
    assert done.returncode == 0, done.stderr
    assert (replay / "view.rrd").is_file()
    assert not (tmp_path / "data").exists()  # where Rerun keeps what it is going to report
    assert done.stderr.startswith(f"there is no screen, so this writes {replay / 'view.rrd'}")
    assert done.stdout == f"wrote {replay / 'view.rrd'}: 3 photos, 2 levelled, 2 maps, 2 of them laid along 6 m\n"


def test_a_bag_becomes_a_file_of_its_name_here(tmp_path):
    (tmp_path / "bags").mkdir()
    replays.write_robot_bag(tmp_path / "bags" / "drive")
    done = mia("view", "bags/drive", "--json", cwd=tmp_path, **NO_SCREEN)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["out"] == "drive.rrd" and answer["counts"] == {"photos": 3}
    assert (tmp_path / "drive.rrd").is_file()


@pytest.mark.slow
def test_a_viewer_that_cannot_start_is_one_line(tmp_path):
    bag = replays.write_robot_bag(tmp_path / "drive")
    nobody = {"DISPLAY": ":77", "WAYLAND_DISPLAY": "", "RUST_LOG": "off", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = mia("view", str(bag), cwd=tmp_path, **nobody)
    assert done.returncode == 2 and done.stdout == ""
    assert "mia: the viewer was started but does not answer" in done.stderr and "--out FILE.rrd" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "give a replay's folder or a bag, or --live"),
        (("drive", "--live"), "give a replay's folder or a bag, or --live"),
        (("drive", "--seconds", "3"), "--namespace, --seconds: are for --live"),
        (("--live", "--start", "3"), "a robot's topics come as they come"),
        (("nowhere",), "there is no such bag"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, arguments, line):
    done = mia("view", *arguments, cwd=tmp_path, **NO_SCREEN)
    assert done.returncode == 2 and done.stdout == ""
    assert line in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("module", "content", "line"),
    [
        (
            "rerun",
            "raise ImportError('no rerun here')",
            "this needs rerun-sdk (no rerun here): pip install 'mia_ros[view]'",
        ),
        ("rerun", "__version__ = '0.19.1'", "rerun-sdk 0.19.1 is too old"),
        (
            "polars",
            "raise ImportError('no polars here')",
            "this needs polars (no polars here): pip install 'mia_ros[maps]'",
        ),
    ],
)
def test_a_part_that_is_missing_is_one_line(tmp_path, module, content, line):
    replay = replays.write_replay(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / f"{module}.py").write_text(content)
    search = f"{tmp_path / 'other'}:{sys.path[0] or '.'}"
    done = mia("view", str(replay), cwd=tmp_path, PYTHONPATH=search, **NO_SCREEN)
    assert done.returncode == 2
    assert line in done.stderr and len(done.stderr.splitlines()) == 1
