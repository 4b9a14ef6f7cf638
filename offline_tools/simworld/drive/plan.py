# SPDX-License-Identifier: Apache-2.0
"""DrivePlan: what is wanted of a drive."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from offline_tools.errors import SimulationError
from offline_tools.osm.style import STYLE_NAMES
from offline_tools.simworld.drive.imu import GRADES
from offline_tools.simworld.drive.mounting import Mount
from offline_tools.simworld.drive.vehicles import VEHICLES

#: Of a field, the smallest and the largest value.
_RANGES = {
    "seconds": (1.0, 7200.0),
    "speed": (0.2, 30.0),
    "image_hz": (0.1, 60.0),
    "imu_hz": (50.0, 400.0),
    "odometry_hz": (1.0, 200.0),
    "gps_hz": (0.1, 20.0),
    "gps_sigma": (0.0, 100.0),
}


@dataclass(frozen=True)
class DrivePlan:
    """A drive of `seconds` seconds; all that is random in it follows from `seed`.

    kind: of VEHICLES. start: latitude and longitude, None: anywhere. speed: m/s where nothing hinders, None: the
    kind's. camera: where it sits, None: drawn. imu_grade: of GRADES. gps_sigma: metres. style, infer_sidewalks: as the
    truth is drawn, for that says how wide roads are and where their sidewalks lie.
    """

    kind: str = "wheelchair"
    seconds: float = 60.0
    seed: int = 0
    start: tuple[float, float] | None = None
    speed: float | None = None
    camera: Mount | None = None
    imu: Mount = field(default_factory=lambda: Mount(x=0.1, z=0.35))
    image_hz: float = 10.0
    imu_hz: float = 200.0
    imu_grade: str = "industrial"
    odometry_hz: float = 50.0
    gps_hz: float = 5.0
    gps_sigma: float = 1.5
    style: str = "mia"
    infer_sidewalks: bool = True

    def __post_init__(self) -> None:
        for name, known in (("kind", VEHICLES), ("imu_grade", GRADES)):
            if getattr(self, name) not in known:
                raise SimulationError(f"{name} '{getattr(self, name)}' is not known: choose {', '.join(known)}")
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise SimulationError(f"{name} {value}: want a number from {low:g} to {high:g}")
        if self.seed < 0:
            raise SimulationError(f"seed {self.seed}: want 0 or more")
        if self.style not in STYLE_NAMES and not str(self.style).endswith((".yaml", ".yml")):
            raise SimulationError(f"style '{self.style}': choose {', '.join(STYLE_NAMES)}, or name a .yaml file")
        self._check_start()

    def _check_start(self) -> None:
        if self.start is None:
            return
        lat, lon = self.start
        if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 84 and abs(lon) <= 180):
            raise SimulationError(f"start {lat}, {lon}: want latitude (up to 84) and longitude in degrees")

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        return asdict(self)
