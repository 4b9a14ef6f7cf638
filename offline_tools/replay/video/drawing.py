# SPDX-License-Identifier: Apache-2.0
"""One frame of the video, from what a row of the table, the bag and the maps say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from mia_ros.arrays import UInt8Array
from mia_ros.camera import Camera
from mia_ros.errors import MiaError
from mia_ros.gravity import Gravity
from mia_ros.semantic_map import SemanticMap
from mia_ros.warp_fast import FastWarp
from offline_tools.replay.video.ground import RESOLUTION, Ground
from offline_tools.replay.video.layout import (
    FACTS,
    GROUND,
    INK,
    LEVEL,
    MAP,
    MARK,
    PHOTO,
    SOFT,
    empty_frame,
    put,
    say,
    shortened,
    write,
)

if TYPE_CHECKING:
    from offline_tools.replay.trajectory import GroundPose

_SCALE_M = 20


class Shot(NamedTuple):
    """A row of the table, its image as it arrived, and that image levelled; the last two may be missing."""

    row: Mapping[str, Any]
    frame: UInt8Array | None
    level: UInt8Array | None


class Leveller:
    """The levelled picture, without the network's padding, from the frame at the size that it has in the video."""

    def __init__(self, camera: Camera | None) -> None:
        self._camera = camera
        if camera is not None:
            scale = min(1.0, LEVEL.width / max(camera.width, camera.height))
            width, height = (max(1, round(side * scale)) for side in (camera.width, camera.height))
            small = camera.scaled(width / camera.width, height / camera.height, width, height)
            self._small, self._warp = small, FastWarp(small, width, height)

    def __call__(self, frame: UInt8Array | None, row: Mapping[str, Any]) -> UInt8Array | None:
        """Of a frame as it arrives; None where camera or gravity is not known."""
        if self._camera is None or frame is None or row.get("gravity_x") is None:
            return None
        try:
            self._camera.check_frame(frame)
            gravity = Gravity.from_vector([row["gravity_x"], row["gravity_y"], row["gravity_z"]])
        except MiaError:
            return None  # the row says what is wrong with this image
        shrunk = np.asarray(cv2.resize(frame, self._small.frame_size, interpolation=cv2.INTER_AREA), np.uint8)
        return self._warp(shrunk, gravity.turned(self._small.rotate))[0]


class Painter:
    """Draws frame after frame; remembers only the ground."""

    def __init__(self, title: str, seconds: float, start: int, no_trajectory: str) -> None:
        self.ground = Ground()
        self._title = title
        self._seconds = seconds
        self._start = start
        self._no_trajectory = no_trajectory
        self._last: GroundPose | None = None

    def pass_by(self, found: SemanticMap | None, pose: GroundPose | None) -> None:
        """Take a map and a pose in without drawing."""
        if found is not None and pose is not None:
            self.ground.lay(found, found.image(), pose)
        self._go_to(pose)

    def __call__(self, shot: Shot, found: SemanticMap | None, pose: GroundPose | None) -> UInt8Array:
        """(HEIGHT, WIDTH, 3) BGR."""
        colours = None if found is None else found.image()
        if found is not None and colours is not None and pose is not None:
            self.ground.lay(found, colours, pose)
        self._go_to(pose)
        frame = empty_frame()
        self._draw_title(frame, shot.row)
        _draw_pictures(frame, shot, colours)
        _draw_facts(frame, shot.row)
        self._draw_ground(frame)
        return frame

    def _go_to(self, pose: GroundPose | None) -> None:
        if pose is not None:
            self._last = pose
            self.ground.pass_by(pose)

    def _draw_title(self, frame: UInt8Array, row: Mapping[str, Any]) -> None:
        at = (int(row["stamp"]) - self._start) * 1e-9
        write(frame, shortened(self._title, 90), (10, 24), 0.55)
        write(frame, f"{_clock(at)} / {_clock(self._seconds)}", (1090, 24), 0.55)
        if problem := row.get("problem"):
            write(frame, f"NO MAP: {problem}", (880, 24), 0.55, MARK)

    def _draw_ground(self, frame: UInt8Array) -> None:
        if self._last is None:
            say(frame, GROUND, "no path", f"{self._no_trajectory}, so maps cannot be laid along the way")
            return
        picture = self.ground.around(self._last, GROUND.width, GROUND.height)
        frame[GROUND.y : GROUND.y + GROUND.height, GROUND.x : GROUND.x + GROUND.width] = picture
        x, y = GROUND.x + 14, GROUND.y + GROUND.height - 14
        cv2.line(frame, (x, y), (x + round(_SCALE_M / RESOLUTION), y), INK, 2)
        write(frame, f"{_SCALE_M} m", (x, y - 8), 0.42)


def _draw_pictures(frame: UInt8Array, shot: Shot, colours: UInt8Array | None) -> None:
    """Photo, levelled photo and map, or what is there instead."""
    problem = str(shot.row.get("problem_line") or "")
    if shot.frame is None:
        say(frame, PHOTO, "no picture", problem or "this image cannot be read")
    else:
        put(frame, PHOTO, shot.frame)
    if shot.level is None:
        say(frame, LEVEL, "not levelled", "the camera or gravity is not known at this image")
    else:
        put(frame, LEVEL, shot.level)
    if colours is None:
        say(frame, MAP, "no map", problem or "it is missing in maps/")
    else:
        put(frame, MAP, colours, nearest=True)
        _draw_camera(frame)


def _draw_camera(frame: UInt8Array) -> None:
    """Where the camera stands in the map: below its middle, looking up."""
    x, y = MAP.x + MAP.width // 2, MAP.y + MAP.height
    points = np.array([[x, y - 12], [x - 7, y - 1], [x + 7, y - 1]], np.int32).reshape(-1, 1, 2)
    cv2.fillPoly(frame, [points], INK, cv2.LINE_AA)


def _draw_facts(frame: UInt8Array, row: Mapping[str, Any]) -> None:
    for number, (name, value) in enumerate(_facts(row)):
        y = FACTS.y + 16 + 22 * number
        write(frame, name, (FACTS.x, y), 0.45, SOFT)
        write(frame, value, (FACTS.x + 130, y), 0.45)


def _facts(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    roll, pitch = row.get("roll"), row.get("pitch")
    angles = (
        "" if roll is None or pitch is None else f"roll {math.degrees(roll):+.1f}, pitch {math.degrees(pitch):+.1f} deg"
    )
    stages = [row.get(f"ms_{stage}") for stage in ("decode", "level", "network", "unpack")]
    times = [float(value) for value in stages if value is not None and math.isfinite(value)]
    shares = {
        "coverage": row.get("coverage"),
        "confidence": row.get("confidence"),
        "flicker": row.get("flicker"),
    }
    agreement = row.get("agreement")
    found = [
        ("gravity", angles and f"{angles} ({row.get('gravity_source') or 'unknown'})"),
        *((name, f"{value:.0%}" if _is_number(value) else "") for name, value in shares.items()),
        ("time", f"{sum(times):.0f} ms, beside others" if times else ""),
        ("agreement", f"IoU {agreement:.2f} with the truth" if _is_number(agreement) else ""),
    ]
    return [(name, value) for name, value in found if value]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(seconds, 0.0), 60)
    return f"{int(minutes):02d}:{rest:04.1f}"
