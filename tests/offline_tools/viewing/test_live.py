# SPDX-License-Identifier: Apache-2.0
"""Real topics between two processes, in a domain of their own, as a file of Rerun that is read back."""

import signal
from importlib.util import find_spec

import pytest

from tests.mia_ros.nodes.ros_processes import Process, own_domain
from tests.offline_tools.viewing import replays
from tests.offline_tools.viewing.recordings import Recording
from tests.offline_tools.viewing.replays import STAMPS

pytestmark = pytest.mark.skipif(
    find_spec("rclpy") is None or find_spec("mia_ros.msg") is None, reason="the ROS interfaces are not built here"
)
PATIENCE = 60.0
RENAMED = ("/semantic_map", "/occupancy", "/camera/image_raw/compressed", "/camera/camera_info", "/bev_image")


def view(out, domain, folder, *options):
    return Process("-m", "mia_ros.cli", "view", "--live", "--out", str(out), *options, domain=domain, folder=folder)


def test_what_a_robot_publishes_is_shown(tmp_path):
    bag = replays.write_mapped_bag(tmp_path / "drive")
    out, domain = tmp_path / "live.rrd", own_domain()
    options = [part for name in RENAMED for part in ("--remap", f"{name}:=/robot{name}")]
    options += [part for name in RENAMED[:4] for part in ("--wait-for", f"/robot{name}")]
    with (
        view(out, domain, tmp_path, "--namespace", "robot", "--seconds", "120") as shown,
        Process("-m", "mia_ros.cli", "play", str(bag), *options, domain=domain, folder=tmp_path) as player,
    ):
        assert player.process.wait(PATIENCE) == 0, player.said()
        shown.process.send_signal(signal.SIGINT)
        assert shown.process.wait(PATIENCE) == 0, shown.said()
    recording = Recording(out)
    for path in ("/camera/image", "/map/labels", "/map/occupancy", "/world/map"):
        assert [row.stamp for row in recording.of(path)] == STAMPS, (path, shown.said())
    assert (recording.cells("/map/labels")[0][60:, 50:] == 0).all()
    assert len(recording.of("/camera/level")) == 3


def test_silence_is_no_success(tmp_path):
    with view(tmp_path / "live.rrd", own_domain(), tmp_path, "--seconds", "1") as shown:
        assert shown.process.wait(PATIENCE) == 2
    (line,) = shown.said().splitlines()
    assert line.startswith("mia: nothing came: waiting for a camera") and "/semantic_map" in line
    assert not list(tmp_path.glob("*.rrd*"))
