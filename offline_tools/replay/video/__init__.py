# SPDX-License-Identifier: Apache-2.0
"""A replay as a video that browsers play: photo, levelled photo, map, and the maps along the way."""

from offline_tools.replay.video.film import write_video
from offline_tools.replay.video.plan import Report, VideoPlan

__all__ = ["Report", "VideoPlan", "write_video"]
