# SPDX-License-Identifier: Apache-2.0
"""The camera's way through a recording: from odometry, transforms, GPS and the IMU, whatever there is of them."""

from offline_tools.replay.trajectory.mounting import Gravities
from offline_tools.replay.trajectory.path import Correction, FixErrors, GroundPose, Shift, Trajectory
from offline_tools.replay.trajectory.reading import read_trajectory

__all__ = ["Correction", "FixErrors", "Gravities", "GroundPose", "Shift", "Trajectory", "read_trajectory"]
