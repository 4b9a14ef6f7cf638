# SPDX-License-Identifier: Apache-2.0
"""How maps agreed with the truth: line by line, and at the end as a picture and as numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

import cv2
import numpy as np

from mia_ros.agreement import Agreement
from mia_ros.arrays import UInt8Array
from mia_ros.demonstration.plan import DemoPlan
from mia_ros.engine.manifest import EngineManifest
from mia_ros.pictures import PANEL, panel, side_by_side, write_bytes, write_image
from mia_ros.semantic_map import SemanticMap

_ROWS = 4  # moments in the picture


class Moment(NamedTuple):
    """What was there at one stamp."""

    frame: UInt8Array
    found: SemanticMap
    truth: SemanticMap


@dataclass
class Album:
    """All maps against their truth, and some moments to show. ages: of maps when they came out, seconds."""

    expected: int  # maps
    agreement: Agreement = field(default_factory=Agreement)
    ages: list[float] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)

    def add(self, moment: Moment) -> None:
        """One more map."""
        self.agreement.add(moment.found, moment.truth)
        if self.agreement.maps >= 3 + len(self.moments) * self.expected / _ROWS * 0.9 and len(self.moments) < _ROWS:
            self.moments.append(moment)

    def line(self) -> str:
        """How it stands."""
        scores = {name: value for name, value in self.agreement.iou().items() if value is not None}
        best = ", ".join(f"{name} {scores[name]:.2f}" for name in ("road", "sidewalk") if name in scores)
        return f"{1e3 * median(self.ages[-20:]):.0f} ms after the image; IoU with the truth so far: {best}"

    def told(self, manifest: EngineManifest) -> dict[str, Any]:
        """Numbers for JSON."""
        return {
            "engine": manifest.name,
            "training": manifest.training,
            "maps": self.agreement.maps,
            "image_age_ms": {
                "median": round(1e3 * median(self.ages), 1),
                "95 %": round(1e3 * float(np.quantile(self.ages, 0.95)), 1),
            },
            "iou": {name: None if v is None else round(v, 4) for name, v in self.agreement.iou().items()},
            "average_road_sidewalk": self.agreement.road_and_sidewalk(),
        }


def write(plan: DemoPlan, name: str, album: Album, told: dict[str, Any]) -> None:
    """OUT/NAME.png and OUT/NAME.json."""
    write_image(plan.out / f"{name}.png", np.vstack([_row(moment) for moment in album.moments]))
    write_bytes(plan.out / f"{name}.json", f"{json.dumps(told, indent=1)}\n".encode())


def _row(moment: Moment) -> UInt8Array:
    scale = PANEL / max(moment.frame.shape[:2])
    frame = cv2.resize(moment.frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    maps = [
        cv2.resize(each.image(), (PANEL, PANEL), interpolation=cv2.INTER_NEAREST)
        for each in (moment.found, moment.truth)
    ]
    return side_by_side(
        panel(np.asarray(frame, np.uint8), "camera"),
        panel(np.asarray(maps[0], np.uint8), "the mapper's map, 50 m ahead"),
        panel(np.asarray(maps[1], np.uint8), "the true map"),
    )
