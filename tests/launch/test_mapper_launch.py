# SPDX-License-Identifier: Apache-2.0
"""mapper.launch.py by the real launch, where it is installed: as ROS finds it, after colcon build."""

import os
import random
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from mia_ros import Camera
from mia_ros.bag import BagWriter
from mia_ros.nodes.convert import camera_info_message, compressed_image_message
from tests.commands import mia

INSTALLED = [Path(prefix) for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)]
PARTS = ("lib/mia_ros/mapper", "share/mia_ros/launch/mapper.launch.py", "share/mia_ros/config/mapper.yaml")
pytestmark = [
    # A folder of the name launch can be seen from here in any case; launch_ros cannot.
    pytest.mark.skipif(find_spec("launch_ros") is None, reason="ROS's launch_ros is not installed"),
    pytest.mark.skipif(
        not any(all((prefix / part).exists() for part in PARTS) for prefix in INSTALLED),
        reason="mia_ros is not built by colcon, or its workspace is not sourced",
    ),
]
STAMPS = range(10**9, 5 * 10**9, 10**8)
CAMERA = Camera(320, 240, 200.0, 200.0, 159.5, 119.5)
#: `ros2 launch mia_ros mapper.launch.py NAME:=VALUE ...`, where only launch_ros is there.
LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare
path = PathJoinSubstitution([FindPackageShare("mia_ros"), "launch", "mapper.launch.py"])
given = [tuple(text.split(":=", 1)) for text in sys.argv[1:]]
service = LaunchService()
source = PythonLaunchDescriptionSource(path)
service.include_launch_description(LaunchDescription([IncludeLaunchDescription(source, launch_arguments=given)]))
sys.exit(service.run())
"""
#: Prints the first map that knows something.
LISTENER = """
import sys, time
import rclpy
from nav_msgs.msg import OccupancyGrid
rclpy.init(args=[])
node = rclpy.create_node("listener")
found = []
def note(grid):
    if max(grid.data) >= 0:
        found.append(grid)
node.create_subscription(OccupancyGrid, "/front/occupancy", note, 10)
deadline = time.monotonic() + 60
while not found and time.monotonic() < deadline:
    rclpy.spin_once(node, timeout_sec=0.1)
stamp = found[0].header.stamp
print(stamp.sec * 10**9 + stamp.nanosec, found[0].header.frame_id, len(found[0].data))
"""
PARAMETERS = """
/**/mapper:
  ros__parameters:
    gravity_source: fixed
    camera_height: 1.2
"""


@pytest.fixture
def domain() -> dict[str, str]:
    return {"ROS_DOMAIN_ID": str(random.randint(1, 101)), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}  # noqa: S311


@pytest.fixture
def bag(tmp_path) -> Path:
    """Four seconds of frames, no two alike."""
    noise = np.random.default_rng(0)
    with BagWriter(tmp_path / "bag") as out:
        out.add_topic("/camera/image_raw/compressed", "sensor_msgs/msg/CompressedImage")
        out.add_topic("/camera/camera_info", "sensor_msgs/msg/CameraInfo")
        for stamp in STAMPS:
            frame = noise.integers(0, 256, (CAMERA.height, CAMERA.width, 3), dtype=np.uint8)
            picture = compressed_image_message(out.messages, frame, stamp, "camera", form="jpeg")
            out.write("/camera/camera_info", camera_info_message(out.messages, CAMERA, stamp, "camera"), stamp)
            out.write("/camera/image_raw/compressed", picture, stamp)
    return tmp_path / "bag"


def start(code: str, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    environment = {**os.environ, **settings}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], env=environment, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_the_launched_mapper_maps_what_is_played(tmp_path, bag, domain):
    make_engine = pytest.importorskip("tests.mia_ros.make_engine", reason="needs onnx").make_engine
    (tmp_path / "parameters.yaml").write_text(PARAMETERS)
    launched = start(
        LAUNCH,
        f"engine:={make_engine(tmp_path / 'engine')}",
        f"params_file:={tmp_path / 'parameters.yaml'}",
        *("image:=/camera/image_raw", "image_transport:=compressed", "camera_info:=/camera/camera_info"),
        *("namespace:=front", "use_sim_time:=true"),
        **domain,
    )
    listener = start(LISTENER, **domain)
    try:
        waits = "/camera/image_raw/compressed"
        played = mia("play", str(bag), "--wait-for", waits, "--wait-s", "60", cwd=tmp_path, **domain)
        heard = listener.communicate(timeout=90)[0]
    finally:
        listener.kill()
        launched.send_signal(signal.SIGINT)
        said = launched.communicate(timeout=30)[0]
    assert played.returncode == 0, played.stderr + said
    stamp, frame, cells = heard.split()
    assert int(stamp) in STAMPS
    assert (frame, cells) == ("camera_bev", "10000")
    assert "process has finished cleanly" in said
