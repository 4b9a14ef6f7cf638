# SPDX-License-Identifier: Apache-2.0
import json
from importlib.util import find_spec

import cv2
import pytest

from tests.commands import mia, python
from tests.mia_ros.make_engine import make_engine


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("rclpy") is None or find_spec("mia_ros.msg") is None, reason="the ROS interfaces are not built here"
)
def test_a_simulated_drive_goes_through_the_mapper_node_and_every_map_has_its_image(tmp_path):
    engine = make_engine(tmp_path / "engine")
    answer = mia("demo", "--seconds", "4", "--engine", str(engine), "--out", "demo", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "UNTRAINED" in answer.stdout
    told = json.loads((tmp_path / "demo/live.json").read_text())
    assert told["maps"] >= 3  # of 40 images: the first come before gravity is known, a busy machine skips some
    assert told["maps_without_their_image"] == 0
    assert 0 <= told["iou"]["road"] <= 1
    assert cv2.imread(str(tmp_path / "demo/live.png")).shape[1] > 1500


#: A process that finds no ROS, as on a machine without it; it fails where ROS is imported all the same.
WITHOUT_ROS = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in ("rclpy", "tf2_msgs") else real(name, package)
from mia_ros.cli import main
try:
    main()
finally:
    assert "rclpy" not in sys.modules
"""


@pytest.mark.slow
def test_without_ros_the_drive_is_mapped_from_a_recording_and_it_says_so(tmp_path):
    """With the engine that comes with the package, which was trained on other towns."""
    options = ("demo", "--seconds", "3", "--out", "demo")
    answer = python("-c", WITHOUT_ROS, *options, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "no ROS 2 here (rclpy" in answer.stdout
    told = json.loads((tmp_path / "demo/recorded.json").read_text())
    assert "mapper_edge_sim" in answer.stdout and "it has never seen a real photo" in answer.stdout
    assert told["maps"] >= 15
    assert told["iou"]["road"] > 0.3
    assert cv2.imread(str(tmp_path / "demo/recorded.png")).shape[1] > 1500


def test_an_engine_that_is_missing_is_refused_before_anything_starts(tmp_path):
    answer = mia("demo", "--engine", "nowhere", "--out", "demo", cwd=tmp_path)
    assert answer.returncode == 2 and "nowhere" in answer.stderr
    assert not (tmp_path / "demo/town-7.osm").exists()
