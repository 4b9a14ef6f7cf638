# SPDX-License-Identifier: Apache-2.0
import dataclasses
import math

import numpy as np
import pytest

from mia_ros.bag import BagMessages, BagWriter
from mia_ros.errors import BagError
from mia_ros.nodes import convert
from offline_tools.replay.trajectory.readings import read_motion
from tests.offline_tools.replay.recordings import TOPICS

TOPICS = dataclasses.replace(TOPICS, imu="", tf=(), odometry="", fix="/fix", truth="")


def fixed(out, *changes):
    """A bag of fixes, one a second, each with a change made to it."""
    makes = BagMessages()
    with BagWriter(out) as bag:
        bag.add_topic("/fix", "sensor_msgs/msg/NavSatFix")
        for k, change in enumerate(changes):
            message = convert.fix_message(makes, (k + 1) * 10**9, "gps", (48.0, 11.0, 0.0), 0.5)
            change(message)
            bag.write("/fix", message, (k + 1) * 10**9)
    return read_motion(out, TOPICS, 0, 10**12)


def setting(name, value):
    return lambda message: setattr(message, name, value)


def test_a_fix_says_how_good_it_is(tmp_path):
    assert fixed(tmp_path / "bag", setting("altitude", 0.0)).fixes.rows.tolist() == [[48.0, 11.0, 0.5]]


@pytest.mark.parametrize(
    "change",
    [
        setting("position_covariance_type", 0),
        setting("position_covariance", np.full(9, math.nan)),
        setting("position_covariance", np.full(9, -1.0)),
    ],
)
def test_a_fix_that_does_not_is_taken_for_three_metres(tmp_path, change):
    assert fixed(tmp_path / "bag", change).fixes.rows[0, 2] == 3


def test_fixes_that_are_none_are_counted(tmp_path):
    def lost(message):
        message.status.status = -1

    def nowhere(message):
        message.latitude = message.longitude = 0.0

    found = fixed(tmp_path / "bag", lost, setting("latitude", math.nan), nowhere, setting("altitude", 0.0))
    assert len(found.fixes) == 1 and found.refused == 3


def test_a_bag_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BagError, match="there is no such bag"):
        read_motion(tmp_path / "bag", TOPICS, 0, 1)
