# SPDX-License-Identifier: Apache-2.0
"""Real recordings, from beginning to end."""

import math
from statistics import median

import pytest

from mia_ros.errors import ReplayError


def test_a_walk_on_a_pavement_is_replayed_with_nothing_said_but_the_engine(shared, replayed):
    frames, notes = replayed(shared / "data" / "bags" / "gopro_sidewalk_mcap", parameters={"base_frame": ""})
    assert [each.index for each in frames] == list(range(63))
    assert all(each.stepped is not None for each in frames)
    # The camera is carried by a walking man, about level.
    readings = [each.stepped.gravity.gravity for each in frames]
    assert abs(math.degrees(median(each.roll for each in readings))) < 10
    assert abs(math.degrees(median(each.pitch for each in readings))) < 30
    # 200 samples and 6 images a second.
    assert median(len(each.imu) for each in frames) == pytest.approx(33, abs=2)
    assert {key for key, note in notes.items() if note.level != "info"} == {"camera_info.nominal"}


def test_a_robot_without_a_camera_is_refused_with_what_it_has(shared, replayed):
    with pytest.raises(ReplayError, match=r"no camera.*/imu/data \(sensor_msgs/msg/Imu\)"):
        replayed(shared / "data" / "bags" / "jackal_25s_ros2_db3")
