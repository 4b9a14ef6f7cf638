# SPDX-License-Identifier: Apache-2.0
"""Pictures of a world. They need numpy, OpenCV and numba alone."""

from offline_tools.simworld.camera.sensor import Sensor
from offline_tools.simworld.camera.world_camera import Pose, WorldCamera, look_at

__all__ = ["Pose", "Sensor", "WorldCamera", "look_at"]
