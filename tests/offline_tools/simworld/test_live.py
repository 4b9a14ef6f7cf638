# SPDX-License-Identifier: Apache-2.0
import random
import threading
from importlib.util import find_spec
from itertools import islice

import pytest

from mia_ros import Camera
from mia_ros.bag import BagReader
from offline_tools.errors import SimulationError
from offline_tools.simworld.drive import DrivePlan
from offline_tools.simworld.filming import FilmPlan, film
from offline_tools.simworld.live import LiveDrive
from tests.commands import mia
from tests.offline_tools.simworld.drive.maps import TOWN, write_map

PLAN = FilmPlan(DrivePlan(seconds=1, image_hz=4), Camera(64, 48, 40.0, 40.0, 31.5, 23.5), weather="overcast")


def filming_threads():
    return [thread for thread in threading.enumerate() if thread.name == "filming"]


def test_what_is_played_live_is_what_would_be_recorded(town, tmp_path):
    film(town, PLAN, tmp_path / "bag")
    drive = LiveDrive(town, PLAN)
    with BagReader(tmp_path / "bag") as bag:
        assert {name: topic.type for name, topic in bag.topics.items()} == {
            name: topic.type for name, topic in drive.topics.items()
        }
        assert list(drive.raw()) == list(bag.raw())
        assert drive.fields("sensor_msgs/msg/Imu") == bag.fields("sensor_msgs/msg/Imu")


def test_a_part_of_the_topics_and_of_the_time(town):
    drive = LiveDrive(town, PLAN)
    first, last = drive.start + 200_000_000, drive.start + 600_000_000
    found = list(drive.raw(["/imu/data"], first, last))
    assert {each.topic for each in found} == {"/imu/data"}
    assert len(found) == 80 and all(first <= each.received < last for each in found)


def test_who_stops_listening_leaves_no_thread(town):
    messages = LiveDrive(town, PLAN).raw()
    assert len(list(islice(messages, 3))) == 3
    assert len(filming_threads()) == 1
    messages.close()
    assert filming_threads() == []


def test_what_goes_wrong_while_filming_is_raised_where_it_is_played(town):
    drive = LiveDrive(town, FilmPlan(PLAN.drive, PLAN.camera, weather="frogs"))
    with pytest.raises(SimulationError, match="weather 'frogs'"):
        list(drive.raw())
    assert filming_threads() == []


@pytest.mark.slow
@pytest.mark.skipif(find_spec("rclpy") is None, reason="rclpy is not installed")
def test_the_command_publishes_a_drive(tmp_path):
    write_map(tmp_path, TOWN)
    domain = {"ROS_DOMAIN_ID": str(random.randint(1, 101)), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}  # noqa: S311
    options = ("--seconds", "1", "--fps", "5", "--width", "64", "--height", "48", "--rate", "4")
    answer = mia("simulate", "live", "--map", "map.osm", *options, cwd=tmp_path, **domain)
    assert answer.returncode == 0, answer.stderr
    lines = dict(line.split() for line in answer.stdout.splitlines() if line.startswith("  /"))
    assert (lines["/imu/data"], lines["/camera/camera_info"]) == ("200", "5")
