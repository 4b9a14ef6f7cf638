# SPDX-License-Identifier: Apache-2.0
"""One photo through Mapper: its camera without a calibration, the sheet, the arrays, the record. For `mia map`."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mia_ros.arrays import UInt8Array
from mia_ros.camera import Camera
from mia_ros.cost_profile import CostProfile
from mia_ros.demo import view_panel
from mia_ros.errors import CameraError, GravityError
from mia_ros.exif import read_exif
from mia_ros.gravity import Gravity
from mia_ros.mapper import Mapper
from mia_ros.pictures import CAPTION, PANEL, panel, side_by_side, write_bytes
from mia_ros.rectify import View
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import CLASSES, NO_CLASS_COLOUR, NO_LABEL, UNOBSERVED_COLOUR

_LEGEND_WIDTH = 230
_INK = (40, 40, 40)


@dataclass(frozen=True)
class PhotoMap:
    """What Mapper made of a photo: the level view, the map, and the profile that its costs are for."""

    view: View
    bev: SemanticMap
    profile: CostProfile

    def sheet(self) -> UInt8Array:
        """The levelled photo, the map and the legend, BGR."""
        grid = self.bev.grid
        enlarged = cv2.resize(self.bev.image(), (PANEL, PANEL), interpolation=cv2.INTER_NEAREST)
        caption = f"map: {grid.depth:g} m ahead, {-grid.left:g} m to each side"
        return side_by_side(view_panel(self.view), panel(enlarged, caption), self._legend())

    def _legend(self) -> UInt8Array:
        canvas = np.full((PANEL + CAPTION, _LEGEND_WIDTH, 3), 255, np.uint8)
        for index, (name, colour, share) in enumerate(self._legend_entries()):
            top = CAPTION + 8 + 30 * index
            cv2.rectangle(canvas, (4, top), (24, top + 20), colour[::-1], -1)
            cv2.rectangle(canvas, (4, top), (24, top + 20), _INK, 1)
            text = f"{name} {share:.0%}"
            cv2.putText(canvas, text, (34, top + 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, _INK, 1, cv2.LINE_AA)
        return canvas

    def _legend_entries(self) -> list[tuple[str, tuple[int, int, int], float]]:
        """Name, RGB and share of all cells."""
        labels, observed = self.bev.labels(), self.bev.observed
        entries = [(entry.name, entry.colour, float((labels == i).mean())) for i, entry in enumerate(CLASSES)]
        no_class = float((observed & (labels == NO_LABEL)).mean())
        return [
            *entries,
            ("no class", NO_CLASS_COLOUR, no_class),
            ("not observed", UNOBSERVED_COLOUR, float((~observed).mean())),
        ]

    def save_arrays(self, path: Path) -> None:
        """As .npz: probabilities, observed, labels, costs; camera (of the view: fx fy cx cy), gravity (down vector)."""
        camera = self.view.camera
        content = io.BytesIO()
        np.savez_compressed(
            content,
            probabilities=self.bev.probabilities,
            observed=self.bev.observed,
            labels=self.bev.labels(),
            costs=self.bev.costs(self.profile),
            camera=np.array([camera.fx, camera.fy, camera.cx, camera.cy]),
            gravity=self.view.gravity.vector,
        )
        write_bytes(path, content.getvalue(), "npz")

    def record(self, mapper: Mapper) -> dict[str, Any]:
        """What was used and what came out, for programs."""
        camera, gravity, choice = self.view.camera, self.view.gravity, mapper.choice
        return {
            "engine": mapper.manifest.name,
            "engine_sha256": mapper.manifest.model_sha256,
            "backend": choice.backend.name,
            "backend_description": choice.backend.description,
            "backends_skipped": list(choice.reasons),
            "thresholds": list(self.bev.thresholds),
            "view_camera": {"fx": camera.fx, "fy": camera.fy, "cx": camera.cx, "cy": camera.cy},
            "gravity": [gravity.x, gravity.y, gravity.z],
            "camera_height": mapper.camera_height,
            "profile": self.profile.model_dump(),
            "valid": round(float(self.view.valid.mean()), 4),
            "shares": {name: round(share, 4) for name, _, share in self._legend_entries()},
        }


def camera_of_hfov(hfov_deg: float, width: int, height: int, rotate: int) -> Camera:
    """A pinhole of that horizontal field of view over frames of `width` x `height` as they arrive."""
    if not 1 <= hfov_deg <= 170:
        raise CameraError(f"hfov-deg: {hfov_deg}, want 1 to 170 degrees")
    return _centred(width / 2 / math.tan(math.radians(hfov_deg) / 2), width, height, rotate)


def camera_from_exif(data: bytes, width: int, height: int, rotate: int | None) -> tuple[Camera, str]:
    """From a photo file's content: the camera and in words where it is from. `rotate`: None takes the photo's own."""
    exif = read_exif(data)
    focal = exif.focal_pixels(width, height)
    if focal is None:
        raise CameraError("camera: the photo's EXIF tells no focal length; give --camera FILE or --hfov-deg ANGLE")
    turn = exif.rotate if rotate is None else rotate
    pixels, source = focal
    turned = f", turned by {turn} deg" if turn else ""
    return _centred(pixels, width, height, turn), f"{source}, so f = {pixels:.0f} px; no lens distortion{turned}"


def parse_gravity(text: str | None, roll_deg: float | None, pitch_deg: float | None) -> Gravity:
    """From "x,y,z" (down, in the camera optical frame) or from roll and pitch in degrees; level if none is given."""
    if text is None:
        return Gravity.from_roll_pitch(math.radians(roll_deg or 0.0), math.radians(pitch_deg or 0.0))
    if roll_deg is not None or pitch_deg is not None:
        raise GravityError("gravity: give either --gravity X,Y,Z or --roll-deg and --pitch-deg, not both")
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise GravityError(f"gravity: '{text}', want three numbers X,Y,Z") from error
    return Gravity.from_vector(values)


def _centred(focal: float, width: int, height: int, rotate: int) -> Camera:
    return Camera(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2).turned(rotate)
