# SPDX-License-Identifier: Apache-2.0
"""Drives: a vehicle or a person follows the streets of a map, with camera poses, an IMU, odometry and GPS."""

from offline_tools.simworld.drive.drive import Drive, plan_drive
from offline_tools.simworld.drive.imu import GRADES, ImuGrade
from offline_tools.simworld.drive.messages import drive_messages, drive_topics
from offline_tools.simworld.drive.mounting import CAMERA_AXES, Mount
from offline_tools.simworld.drive.plan import DrivePlan
from offline_tools.simworld.drive.recording import record
from offline_tools.simworld.drive.vehicles import VEHICLES, Vehicle

__all__ = [
    "CAMERA_AXES",
    "GRADES",
    "VEHICLES",
    "Drive",
    "DrivePlan",
    "ImuGrade",
    "Mount",
    "Vehicle",
    "drive_messages",
    "drive_topics",
    "plan_drive",
    "record",
]
