# SPDX-License-Identifier: Apache-2.0
"""A walk east and then a stand, as a bag with fixes and an IMU that knows its orientation, but no odometry."""

import math

import numpy as np

from mia_ros.bag import BagMessages, BagWriter
from mia_ros.nodes import convert
from mia_ros.tilt_filter import ImuSample
from mia_ros.transform import Transform
from offline_tools.simworld.frame import LocalFrame

ORIGIN = LocalFrame(48.0, 11.0)
START = 1_700_000_000 * 10**9
TYPES = {"/fix": "sensor_msgs/msg/NavSatFix", "/imu": "sensor_msgs/msg/Imu", "/tf_static": "tf2_msgs/msg/TFMessage"}
#: Takes vectors of a camera that looks along an IMU's x axis to the IMU's axes.
AHEAD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def walk(out, seconds=20, stand=10, imu_yaw=0.0, spoilt=(), tied=True):
    """1.5 m/s; the IMU says `imu_yaw` (rad) while the camera looks east. spoilt: numbers of fixes that are none."""
    makes = BagMessages()
    with BagWriter(out) as bag:
        for name, kind in TYPES.items():
            bag.add_topic(name, kind, latched=name == "/tf_static")
        if tied:
            fixed = Transform("imu", "camera", START, AHEAD, np.zeros(3))
            bag.write("/tf_static", convert.transforms_message(makes, [fixed]), START)
        for k in range((seconds + stand) * 10):
            stamp = START + k * 10**8
            turn = (0.0, 0.0, math.sin(imu_yaw / 2), math.cos(imu_yaw / 2))
            sample = ImuSample(stamp, np.zeros(3), np.array([0.0, 0.0, 9.81]), turn)
            message = convert.imu_message(makes, sample, "imu")
            message.orientation_covariance[:] = np.eye(3).reshape(-1) * 1e-4
            bag.write("/imu", message, stamp)
            bag.write("/fix", _fix(makes, stamp, 1.5 * min(k / 10, seconds), spoilt=k in spoilt), stamp)
    return out


def _fix(makes, stamp, east, spoilt):
    lat, lon = ORIGIN.to_globe(east, 0.0)
    message = convert.fix_message(makes, stamp, "gps", (float(lat) + spoilt, float(lon), 0.0), 1.0)
    message.status.status = -1 if spoilt else 0
    return message
