# SPDX-License-Identifier: Apache-2.0
"""What may go wrong around the mapper node: each fault shows in /diagnostics, and the node maps again after it."""

from importlib.util import find_spec

import pytest

from tests.mia_ros.make_engine import make_engine
from tests.mia_ros.nodes.ros_processes import Mapper, Robot, own_domain

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("rclpy") is None or find_spec("mia_ros.msg") is None, reason="the ROS interfaces are not built here"
    ),
]
OK, WARN, ERROR, STALE = range(4)
#: What is wrong; where it shows, how bad it is, and in which words; and whether maps must cease.
FAULTS = {
    "camera_info of another size": ({"info_size": [320, 240]}, "input", ERROR, "640 x 480", True),
    "broken pixels": ({"broken": True}, "input", ERROR, "data: 1000 bytes", True),
    "unknown encoding": ({"encoding": "purple8"}, "input", ERROR, "encoding: 'purple8' is not known", True),
    "empty image": ({"empty": True}, "input", ERROR, "the image is empty", True),
    "no images": ({"images": False}, "input", STALE, "no image", True),
    "black images": ({"picture": "black"}, "input", ERROR, "black", True),
    "white images": ({"picture": "white"}, "input", ERROR, "white", True),
    "covered lens": ({"picture": "grey"}, "input", ERROR, "smooth surface", True),
    "frozen camera": ({"picture": "frozen"}, "input", ERROR, "equal in every pixel", True),
    "late images": ({"image_age": 0.8}, "input", ERROR, "max_image_age", True),
    "images from the future": ({"image_age": -0.8}, "input", ERROR, "ahead of this node's clock", True),
    "stamps out of order": ({"order": "swapped"}, "output", WARN, "older than the one before", False),
    "no IMU": ({"imu": False}, "output", ERROR, "from the nearest IMU sample", True),
    "IMU of another clock": ({"imu_age": -3.0}, "gravity", ERROR, "from the nearest IMU sample", True),
    "IMU that says NaN": ({"imu_values": "nan"}, "output", ERROR, "from the nearest IMU sample", True),
    "no accelerometer": ({"imu_values": "no_accelerometer"}, "gravity", ERROR, "-1, no accelerometer", True),
    "quaternion of zeros": ({"imu_values": "zero_quaternion"}, "gravity", OK, "from accelerometer", False),
}


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    folder, domain = tmp_path_factory.mktemp("faults"), own_domain()
    engine = make_engine(folder / "engine")
    settings = {"timeout": 0.6, "frozen_after": 0.5}
    with Robot(domain, folder) as robot, Mapper(engine, domain, folder, **settings) as mapper:
        robot.listen(topic="occupancy", kind="nav_msgs/OccupancyGrid")
        robot.until_maps()
        yield robot, mapper


@pytest.fixture
def robot(processes):
    """A healthy robot whose mapper maps; at the end it must map again."""
    robot, mapper = processes
    yield robot
    robot.heal()
    robot.until_maps()
    robot.until_status("input", OK)
    assert mapper.process.poll() is None


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_and_maps_cease_where_they_must(robot, fault):
    change, name, level, text, cease = FAULTS[fault]
    robot.set(**change)
    robot.until_status(name, level, text)
    if cease:
        assert_silent(robot)
    else:
        robot.until_maps()


def assert_silent(robot):
    """The last word becomes a map that is unknown everywhere, and no other follows."""
    # On a busy machine images may fail to come just before: then a map of what was still under way may come in between.
    robot.until(is_silent, "an unknown map and then none")
    count = len(robot.stamps(topic="occupancy"))
    robot.until_diagnosed(4)
    assert len(robot.stamps(topic="occupancy")) == count


def is_silent(robot):
    count = len(robot.stamps(topic="occupancy"))
    robot.until_diagnosed(3)
    last = robot.raw_occupancy(topic="occupancy")["data"]
    return is_unknown(last) and len(robot.stamps(topic="occupancy")) == count


def is_unknown(data):
    return set(data) == {-1}


def test_the_unknown_map_has_the_stamp_of_the_last_image(robot):
    robot.until_maps()
    robot.set(images=False)
    robot.until_status("input", STALE)
    robot.until(lambda each: is_unknown(each.raw_occupancy(topic="occupancy")["data"]), "an unknown map")
    *_, before, last = robot.stamps(topic="occupancy")
    assert 0 <= last - before < 200_000_000


def test_a_subscriber_that_goes_away_does_no_harm(robot):
    robot.listen(topic="layers/road", kind="nav_msgs/OccupancyGrid")
    robot.until_maps(topic="layers/road")
    robot.deafen(topic="layers/road")
    robot.until_maps()


def test_camera_info_that_changes_with_the_images_is_followed(robot):
    robot.set(size=[320, 240])
    robot.until_maps()
    robot.until_status("input", OK)
