# SPDX-License-Identifier: Apache-2.0
"""What drives: how fast, how smoothly, how high its camera is, and how its body moves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Vehicle:
    """Metres, seconds, radians. Angles and heights named `_rms` are root mean squares."""

    on_roads: bool
    cruise: float
    acceleration: float
    braking: float
    lateral: float  # largest acceleration across, m/s^2
    turning: float  # largest yaw rate, rad/s
    corner: float  # scale on which corners are rounded
    keep_side: float  # how far beside the middle of a footway it keeps
    length: float
    slope_rms: float
    bumps: tuple[float, float]  # wavelengths of the surface's unevenness
    bump_tilt_rms: float
    bump_height_rms: float
    kerb_tilt: float
    squat: float  # radians of pitch per m/s^2 along
    lean: float  # radians of roll per m/s^2 across
    suspension: tuple[float, float]  # Hz and damping ratio
    step: float  # length of a step; 0 for what has wheels
    camera_height: tuple[float, float]
    camera_forward: tuple[float, float]


VEHICLES = {
    "wheelchair": Vehicle(
        on_roads=False,
        cruise=1.3,
        acceleration=0.6,
        braking=0.8,
        lateral=0.7,
        turning=0.8,
        corner=0.5,
        keep_side=0.3,
        length=1.1,
        slope_rms=0.025,
        bumps=(0.3, 1.2),
        bump_tilt_rms=0.005,
        bump_height_rms=0.0015,
        kerb_tilt=0.06,
        squat=0.012,
        lean=0.006,
        suspension=(4.0, 0.6),
        step=0.0,
        camera_height=(0.6, 1.4),
        camera_forward=(0.1, 0.5),
    ),
    "sidewalk_robot": Vehicle(
        on_roads=False,
        cruise=1.5,
        acceleration=0.8,
        braking=1.0,
        lateral=1.0,
        turning=1.2,
        corner=0.4,
        keep_side=0.3,
        length=0.7,
        slope_rms=0.025,
        bumps=(0.3, 1.0),
        bump_tilt_rms=0.005,
        bump_height_rms=0.0015,
        kerb_tilt=0.09,
        squat=0.015,
        lean=0.006,
        suspension=(4.5, 0.6),
        step=0.0,
        camera_height=(0.6, 1.0),
        camera_forward=(0.1, 0.35),
    ),
    "pedestrian": Vehicle(
        on_roads=False,
        cruise=1.4,
        acceleration=1.0,
        braking=1.2,
        lateral=1.2,
        turning=1.6,
        corner=0.4,
        keep_side=0.35,
        length=0.4,
        slope_rms=0.02,
        bumps=(2.0, 6.0),
        bump_tilt_rms=0.012,
        bump_height_rms=0.004,
        kerb_tilt=0.02,
        squat=0.008,
        lean=0.0,
        suspension=(2.5, 0.7),
        step=0.75,
        camera_height=(1.3, 1.8),
        camera_forward=(0.05, 0.2),
    ),
    "car": Vehicle(
        on_roads=True,
        cruise=8.0,
        acceleration=1.5,
        braking=2.0,
        lateral=1.8,
        turning=0.7,
        corner=2.5,
        keep_side=0.0,
        length=4.2,
        slope_rms=0.02,
        bumps=(2.5, 12.0),
        bump_tilt_rms=0.005,
        bump_height_rms=0.006,
        kerb_tilt=0.0,
        squat=0.008,
        lean=0.008,
        suspension=(1.4, 0.35),
        step=0.0,
        camera_height=(1.2, 2.2),
        camera_forward=(0.5, 1.8),
    ),
}
