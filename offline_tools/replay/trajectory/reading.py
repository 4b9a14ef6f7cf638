# SPDX-License-Identifier: Apache-2.0
"""read_trajectory: the camera's way from whatever a recording says of its motion."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mia_ros.arrays import FloatArray, IntArray
from offline_tools.replay.trajectory import remarks
from offline_tools.replay.trajectory.gps_noise import Track, scatter, turns_along, weighting_sigma
from offline_tools.replay.trajectory.gps_track import SmoothTrack, smooth_track
from offline_tools.replay.trajectory.graph import Anchors, Solved, Steps, hold
from offline_tools.replay.trajectory.heading import course, imu_heading
from offline_tools.replay.trajectory.mounting import Gravities, carried, compose, levelled, lever, planar
from offline_tools.replay.trajectory.path import FixErrors, Trajectory, turned
from offline_tools.replay.trajectory.readings import Readings, read_motion
from offline_tools.simworld.frame import MAX_LATITUDE, LocalFrame

if TYPE_CHECKING:
    from mia_ros.replay import Note, ReplayTopics

#: An odometry of fewer readings, and fixes of fewer, are none.
_FEWEST = 3
#: Of what was read beyond the ends of the stretch, so much is kept, ns: images and other sensors do not begin together.
_BESIDE = 10**9
#: A way whose direction is less sure than this is worth a word, rad.
_UNSURE = math.radians(5)


def read_trajectory(
    bag: Path,
    topics: ReplayTopics,
    image_frame: str,
    start: int,
    stop: int,
    *,
    imu_to_camera: FloatArray | None = None,
    gravities: Gravities | None = None,
) -> Trajectory | None:
    """The way of the camera `image_frame` in the stretch start to stop (ns); None where nothing says how it moves.

    From odometry (or tf) and GPS, from GPS and the IMU's yaw, from the course of GPS, or from odometry alone,
    whatever there is, the first that there is. gravities: of the camera's images, where they are known; then the
    camera stands on a body that leans.
    """
    readings = read_motion(bag, topics, start, stop)
    whole = _whole(readings, image_frame.lstrip("/"), imu_to_camera, gravities)
    if whole is None or readings.span is None:
        return whole
    first, last = readings.span
    return whole.between(first - _BESIDE, last + _BESIDE)


def _whole(
    readings: Readings, image_frame: str, imu_to_camera: FloatArray | None, gravities: Gravities | None
) -> Trajectory | None:
    """The way with what was read beyond its ends."""
    way = _Way.of(readings, image_frame)
    fixes = _Fixes.of(readings)
    if way is not None and fixes is not None and (held := _held(readings, way, fixes, gravities)) is not None:
        return held
    if fixes is not None:
        return _followed(readings, image_frame, fixes, imu_to_camera, [] if way is None else way.notes)
    if way is None:
        return None
    return Trajectory(way.source, None, *way.of_camera(way.bodies, gravities), way.notes)


class _Way:
    """An odometry: stamps (N,), bodies (N, 3) in its axes."""

    def __init__(
        self, source: str, body: str, stamps: IntArray, rows: FloatArray, readings: Readings, image_frame: str
    ) -> None:
        self.source = source
        self.body = body
        self.stamps = stamps
        self.notes: list[Note] = remarks.of_readings(readings)
        self._image_frame = image_frame
        self._frames = readings.frames
        self._rotations, self._places = rows[:, :9].reshape(-1, 3, 3), rows[:, 9:]
        self.bodies = planar(self._rotations, self._places)
        found = carried(self._rotations, self._places, readings.frames, body, image_frame, stamps)
        if found is None:
            self.notes.append(remarks.camera_not_tied(body, image_frame))
        self._camera = np.zeros((len(stamps), 3)) if found is None else found

    @classmethod
    def of(cls, readings: Readings, image_frame: str) -> _Way | None:
        """By the odometry's messages, or else by tf."""
        if len(readings.odometry) >= _FEWEST:
            body = _body(readings, image_frame)
            return cls("odometry", body, readings.odometry.stamps, readings.odometry.rows, readings, image_frame)
        found = readings.frames.carrier(image_frame)
        if found is None or len(found[1]) < _FEWEST:
            return None
        return cls("tf", *found, readings, image_frame)

    def of_camera(self, bodies: FloatArray, gravities: Gravities | None) -> tuple[IntArray, FloatArray]:
        """Stamps and poses of the camera on bodies (N, 3) at the odometry's stamps."""
        if gravities is not None:
            inside = (gravities.stamps > self.stamps[0]) & (gravities.stamps < self.stamps[-1])
            stamps = np.union1d(self.stamps, gravities.stamps[inside])
            leaning = levelled(gravities, self._frames, self.body, self._image_frame, stamps)
            if leaning is not None:
                columns = [np.interp(stamps, self.stamps, column) for column in bodies.T]
                return stamps, compose(np.stack(columns, 1), leaning)
        return self.stamps, compose(bodies, self._camera)


class _Fixes:
    """In the plane of a frame whose origin is the first of them."""

    def __init__(self, stamps: IntArray, rows: FloatArray) -> None:
        self.stamps = stamps
        self.frame = LocalFrame(float(rows[0, 0]), float(rows[0, 1]))
        self.place = np.stack(self.frame.to_metres(rows[:, 0], rows[:, 1]), 1)
        self.stated = rows[:, 2]

    @classmethod
    def of(cls, readings: Readings) -> _Fixes | None:
        """None where there are too few."""
        rows = readings.fixes.rows
        there = (np.abs(rows[:, 0]) <= MAX_LATITUDE) & (np.abs(rows[:, 1]) <= 180)
        return cls(readings.fixes.stamps[there], rows[there]) if there.sum() >= _FEWEST else None

    @property
    def origin(self) -> tuple[float, float]:
        return self.frame.lat0, self.frame.lon0


def _body(readings: Readings, image_frame: str) -> str:
    """The frame that the odometry's poses are of: as it says, or a usual name where that is not in tf."""
    names = (readings.body, "base_link", "base_footprint")
    tied = [name for name in names if name and readings.frames.connected(name, image_frame)]
    return tied[0] if tied else readings.body or "base_link"


def _held(readings: Readings, way: _Way, fixes: _Fixes, gravities: Gravities | None) -> Trajectory | None:
    """Odometry held to the fixes; None where they do not overlap in time."""
    inside = (fixes.stamps >= way.stamps[0]) & (fixes.stamps <= way.stamps[-1])
    if inside.sum() < _FEWEST:
        way.notes.append(remarks.no_overlap(fixes.stamps, way.stamps))
        return None
    stamps, place, stated = fixes.stamps[inside], fixes.place[inside], fixes.stated[inside]
    arm = lever(readings.frames, way.body, readings.antenna, int(stamps[0]))
    levers = np.broadcast_to(np.zeros(2) if arm is None else arm, place.shape)
    notes = way.notes + ([remarks.antenna_not_tied(way.body, readings.antenna)] if arm is None else [])
    steps = Steps.of(way.stamps, way.bodies)
    solved = _solve(way, steps, stamps, place, stated, levers)
    notes += remarks.of_jumps(steps.jumps, way.stamps)
    if solved.yaw_sigma > _UNSURE:
        notes.append(remarks.heading_unsure(solved.yaw_sigma))
    camera_stamps, poses = way.of_camera(solved.poses, gravities)
    return Trajectory(
        source=f"{way.source} held to GPS",
        origin=fixes.origin,
        stamps=camera_stamps,
        poses=poses,
        notes=notes,
        fixes=FixErrors(stamps, solved.away),
        yaw_sigma=solved.yaw_sigma,
    )


def _solve(
    way: _Way, steps: Steps, stamps: IntArray, place: FloatArray, stated: FloatArray, levers: FloatArray
) -> Solved:
    node = (np.searchsorted(way.stamps, stamps, side="right") - 1).clip(0, len(way.stamps) - 2)
    share = (stamps - way.stamps[node]) / (way.stamps[node + 1] - way.stamps[node])
    between = way.bodies[node] + (way.bodies[node + 1] - way.bodies[node]) * share[:, None]
    track = Track(stamps, place, between[:, :2] + turned(levers, between[:, 2]))
    spread = scatter(track, stated)
    anchors = Anchors(node, share, place, weighting_sigma(spread, stamps), spread, levers)
    return hold(steps, anchors, _beginning(way, track, float(np.median(spread)), levers))


def _beginning(way: _Way, track: Track, sigma: float, levers: FloatArray) -> FloatArray:
    """(N, 3): the odometry's yaw turned as the fixes say, at the fixes themselves."""
    yaw = way.bodies[:, 2] + np.interp(way.stamps, *turns_along(track, sigma))
    place = [np.interp(way.stamps, track.stamps, track.place[:, axis]) for axis in (0, 1)]
    return np.column_stack([np.stack(place, 1) - turned(levers[0], yaw), yaw])


def _followed(
    readings: Readings, image_frame: str, fixes: _Fixes, imu_to_camera: FloatArray | None, said: list[Note]
) -> Trajectory:
    """GPS, with the IMU's yaw where it has one that fits, else with the course."""
    track = smooth_track(fixes.stamps, fixes.place, fixes.stated)
    notes = said or remarks.of_readings(readings)
    heading = imu_heading(readings, image_frame, track, imu_to_camera)
    if heading is not None:
        source, yaw = "GPS and the IMU's yaw", heading.yaw
        notes.append(remarks.imu_yaw(heading.offset, heading.rms))
    else:
        source, yaw = "GPS course", course(track)
        notes.append(remarks.course_only(float(np.isfinite(yaw).mean()), len(readings.orientations) > 0))
    return Trajectory(
        source=source,
        origin=fixes.origin,
        stamps=track.stamps,
        poses=np.column_stack([track.place, yaw]),
        notes=notes,
        fixes=_errors(fixes, track),
    )


def _errors(fixes: _Fixes, track: SmoothTrack) -> FixErrors:
    way = np.stack([np.interp(fixes.stamps, track.stamps, track.place[:, axis]) for axis in (0, 1)], 1)
    return FixErrors(fixes.stamps, fixes.place - way)
