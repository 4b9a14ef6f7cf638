# SPDX-License-Identifier: Apache-2.0
"""What is worth a word about a path: what is wrong or assumed, and what to do."""

from __future__ import annotations

import math

from mia_ros.arrays import IntArray
from mia_ros.replay import Note
from offline_tools.replay.trajectory.readings import Readings


def of_readings(readings: Readings) -> list[Note]:
    """Of messages that held nothing."""
    notes = []
    if readings.refused:
        line = f"{readings.refused} fixes or poses say that they are none, or hold no numbers; they were left out"
        notes.append(Note("trajectory.refused", "info", line))
    if readings.damaged:
        notes.append(Note("trajectory.damaged", "warn", f"the path ends early: {readings.damaged}"))
    return notes


def camera_not_tied(body: str, image_frame: str) -> Note:
    """Where the camera sits is not known."""
    line = (
        f"tf does not tie the camera '{image_frame}' to '{body}', or it looks straight down: it is taken to sit at its "
        f"origin and to look forward; publish a static transform from '{body}' to '{image_frame}'"
    )
    return Note("trajectory.camera", "warn", line)


def antenna_not_tied(body: str, antenna: str) -> Note:
    """Where the antenna sits is not known."""
    line = f"tf does not tie the antenna '{antenna}' to '{body}': it is taken to sit at its origin"
    return Note("trajectory.antenna", "info", line)


def no_overlap(fixes: IntArray, way: IntArray) -> Note:
    """GPS and odometry have nothing in common."""
    apart = max(int(way[0]) - int(fixes[-1]), int(fixes[0]) - int(way[-1]), 0) * 1e-9
    line = (
        f"GPS fixes and odometry lie {apart:.1f} s apart by their stamps, so that one cannot be held to the other: do "
        f"both have the same clock? GPS alone was used"
    )
    return Note("clocks.gps", "warn", line)


def of_jumps(jumps: IntArray, stamps: IntArray) -> list[Note]:
    """An odometry that was started anew."""
    if not len(jumps):
        return []
    first = (int(stamps[jumps[0]]) - int(stamps[0])) * 1e-9
    line = f"the odometry jumps {len(jumps)} times, first {first:.1f} s after its start; GPS alone ties it there"
    return [Note("odometry.jump", "warn", line)]


def heading_unsure(sigma: float) -> Note:
    """The way is short against the error of GPS."""
    known = f"known to {math.degrees(sigma):.0f} deg only" if sigma < math.pi / 2 else "not known"
    line = (
        f"the way is so short against the error of GPS that its direction is {known}; judge the aligned score, or "
        f"drive farther"
    )
    return Note("trajectory.heading", "warn", line)


def imu_yaw(offset: float, rms: float) -> Note:
    """How the IMU's yaw was used."""
    if math.isnan(rms):
        line = "it never moves fast enough for a course: the IMU's yaw is taken as it is, anticlockwise from east"
        return Note("trajectory.heading", "warn", line)
    line = (
        f"there is no odometry: the camera is taken to look, on average, where it goes; the IMU's yaw was turned by "
        f"{math.degrees(offset):.0f} deg for that, and the course strays {math.degrees(rms):.0f} deg rms about it"
    )
    return Note("trajectory.heading", "info" if abs(offset) < math.radians(30) else "warn", line)


def course_only(known: float, strays: bool) -> Note:
    """The heading is the course of GPS."""
    why = "the IMU's yaw contradicts the course of GPS" if strays else "nothing else says where the camera looks"
    line = f"{why}: it is taken to look where it goes, which is known for {known:.0%} of the time"
    return Note("trajectory.heading", "warn", line)
