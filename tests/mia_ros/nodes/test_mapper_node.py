# SPDX-License-Identifier: Apache-2.0
"""The mapper node on real topics, from another process."""

from importlib.util import find_spec

import pytest

from tests.mia_ros.make_engine import make_engine
from tests.mia_ros.nodes.ros_processes import Mapper, Robot, own_domain

pytestmark = pytest.mark.skipif(
    find_spec("rclpy") is None or find_spec("mia_ros.msg") is None, reason="the ROS interfaces are not built here"
)
OK, WARN, ERROR, STALE = range(4)


@pytest.fixture
def domain():
    return own_domain()


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return make_engine(tmp_path_factory.mktemp("engine") / "small")


@pytest.fixture
def robot(domain, tmp_path):
    with Robot(domain, tmp_path) as robot:
        yield robot


def test_maps_arrive_with_their_images_stamps_frames_and_axes(robot, domain, engine, tmp_path):
    with Mapper(engine, domain, tmp_path):
        for topic, kind in (
            ("image", "sensor_msgs/Image"),
            ("semantic_map", "mia_ros/BevSemanticMap"),
            ("occupancy", "nav_msgs/OccupancyGrid"),
            ("layers/road", "nav_msgs/OccupancyGrid"),
            ("bev_image", "sensor_msgs/Image"),
            ("/tf", "tf2_msgs/TFMessage"),
        ):
            robot.listen(topic=topic, kind=kind, best_effort=topic == "image")
        robot.until_maps(topic="bev_image")
        robot.set(images=False)
        robot.until_status("input", STALE)
        images = set(robot.stamps(topic="image"))
        for topic in ("semantic_map", "occupancy", "layers/road", "bev_image"):
            assert set(robot.stamps(topic=topic)) <= images
