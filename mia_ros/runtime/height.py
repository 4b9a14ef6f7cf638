# SPDX-License-Identifier: Apache-2.0
"""The camera's height above the ground."""

from __future__ import annotations

from mia_ros.errors import TransformUnavailable
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.transforms import TransformBuffer

#: What a robot's camera can have, metres; outside it tf means something else.
_PLAUSIBLE = (0.05, 10.0)


class HeightSource:
    """The parameter `camera_height`, or tf to `base_frame`, which stands on the ground with z up."""

    def __init__(self, config: MapperConfig, transforms: TransformBuffer) -> None:
        self._given = config.camera_height
        self._base = config.base_frame
        self._transforms = transforms
        self._problem: str | None = None

    def at(self, stamp: int, image_frame: str) -> float | None:
        """Metres, or None where it is not known; `problem` then says why."""
        if self._given > 0:
            return self._given
        self._problem, height = self._looked_up(stamp, image_frame)
        return height

    def problem(self) -> str | None:
        """Why the height of the last image's camera is not known: one line for diagnostics."""
        return self._problem

    def _looked_up(self, stamp: int, image_frame: str) -> tuple[str | None, float | None]:
        if not self._base:
            return "camera_height: not given, and base_frame is empty; maps lie at the camera's height", None
        try:
            height = float(self._transforms.lookup(self._base, image_frame, stamp).translation[2])
        except TransformUnavailable as error:
            return f"camera_height: not given, and {error}; maps lie at the camera's height", None
        if not _PLAUSIBLE[0] <= height <= _PLAUSIBLE[1]:
            return (
                f"camera_height: by tf '{image_frame}' is {height:.2f} m above '{self._base}'; is that the ground?",
                None,
            )
        return None, height
