# SPDX-License-Identifier: Apache-2.0
"""Drive: a way through a map, and all that sensors and truth say along it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray, IntArray
from mia_ros.gravity import Gravity
from offline_tools.osm.store import MapStore
from offline_tools.simworld.drive.body import attitudes
from offline_tools.simworld.drive.imu import GRADES, ImuReadings, imu_readings
from offline_tools.simworld.drive.motion import Motion
from offline_tools.simworld.drive.mounting import Mount, drawn_camera
from offline_tools.simworld.drive.path import Path, path_of
from offline_tools.simworld.drive.plan import DrivePlan
from offline_tools.simworld.drive.positioning import Fixes, Odometry, fixes, odometry
from offline_tools.simworld.drive.region import find_streets
from offline_tools.simworld.drive.route import Streets
from offline_tools.simworld.drive.speed import travelled
from offline_tools.simworld.drive.spline import UniformSpline
from offline_tools.simworld.drive.vehicles import VEHICLES, Vehicle
from offline_tools.simworld.frame import LocalFrame

#: Control values of the motion, s; the spline carries what is slower than some 25 Hz.
_KNOT = 0.01
#: The motion goes on so long beyond both ends, s: the spline's last pieces are straight.
_SPARE = 0.5
#: One generator for each subject, so that another IMU does not change the way.
_ROUTE, _SPEED, _BODY, _CAMERA, _IMU, _WHEELS, _SATELLITES, _DATE = range(8)


@dataclass(frozen=True, eq=False)
class Drive:
    """All of a drive. The world is `frame`'s: x east, y north, z up, metres, the ground at z = 0.

    Rotations take vectors of base_link, or of the camera's optical frame, to the world. `notes`: what is not as it
    should be. Truth for image i is the map drawn at lat[i], lon[i], heading_deg[i].
    """

    plan: DrivePlan
    frame: LocalFrame
    notes: tuple[str, ...]
    motion: Motion
    camera: Mount
    epoch: int  # ns: the stamp of time 0
    stamps: IntArray  # (N,) ns, of the images
    camera_positions: FloatArray  # (N, 3)
    camera_rotations: FloatArray  # (N, 3, 3) optical frame to world
    body_positions: FloatArray  # (N, 3)
    body_rotations: FloatArray  # (N, 3, 3)
    velocities: FloatArray  # (N, 3) of base_link, in the world
    lat: FloatArray  # (N,) degrees, of the camera
    lon: FloatArray
    heading_deg: FloatArray  # (N,) of the camera's optical axis on the ground, clockwise from north, 0 to 360
    imu: ImuReadings
    odometry: Odometry
    fixes: Fixes

    def __len__(self) -> int:
        """How many images there are."""
        return len(self.stamps)

    def gravity(self, image: int) -> Gravity:
        """Down in the camera's optical frame, at an image."""
        return Gravity.from_vector(-self.camera_rotations[image, 2])

    def poses(self) -> Iterator[tuple[FloatArray, FloatArray]]:
        """(position, rotation) of the camera at each image."""
        yield from zip(self.camera_positions, self.camera_rotations, strict=True)

    @property
    def imu_to_camera(self) -> FloatArray:
        """(3, 3): takes vectors from the IMU's axes to the camera's optical frame."""
        return np.asarray(self.camera.optical.T @ self.plan.imu.rotation)


def plan_drive(store: MapStore, plan: DrivePlan) -> Drive:
    """A drive on the streets of a map; a SimulationError where there are none."""
    vehicle = VEHICLES[plan.kind]
    cruise = plan.speed or vehicle.cruise
    length = cruise * 1.15 * plan.seconds + 20.0
    random = _random(plan, _ROUTE)
    streets, frame, notes = find_streets(store, plan, length, random)
    legs = streets.route(length, None if plan.start is None else np.zeros(2), random)
    path = path_of(legs, vehicle.corner)
    motion = _motion(path, streets, plan, cruise)
    return _sensed(motion, frame, plan, tuple(notes))


def _motion(path: Path, streets: Streets, plan: DrivePlan, cruise: float) -> Motion:
    """The body's spline: along the path, and tilted as the ground and the drive do it."""
    vehicle = VEHICLES[plan.kind]
    knots = np.arange(-round(_SPARE / _KNOT), round((plan.seconds + _SPARE) / _KNOT) + 1)
    times = np.asarray(knots * _KNOT, np.float64)
    crossroads = np.array([s for s, node in path.nodes if streets.degree(node) > 2])
    at = travelled(path, vehicle, cruise, times, crossroads, _random(plan, _SPEED))
    yaw = path.direction(at)
    tilt = attitudes(path, at, yaw, _KNOT, vehicle, _random(plan, _BODY))
    x, y = path.spline(at).T
    values = np.stack([x, y, tilt[:, 0], tilt[:, 1], tilt[:, 2], yaw + tilt[:, 3]], 1)
    return Motion(UniformSpline(values, float(times[0]), _KNOT))


def _sensed(motion: Motion, frame: LocalFrame, plan: DrivePlan, notes: tuple[str, ...]) -> Drive:
    """Everything that follows from the motion."""
    camera = plan.camera or _drawn_camera(VEHICLES[plan.kind], plan)
    epoch = _epoch(_random(plan, _DATE))
    times, stamps = _clock(plan, plan.image_hz, epoch)
    bodies = motion.rotation(times)
    cameras, positions = bodies @ camera.optical, motion.position_of(times, camera.position)
    lat, lon = frame.to_globe(positions[:, 0], positions[:, 1])
    return Drive(
        plan=plan,
        frame=frame,
        notes=notes,
        motion=motion,
        camera=camera,
        epoch=epoch,
        stamps=stamps,
        camera_positions=positions,
        camera_rotations=cameras,
        body_positions=motion.position(times),
        body_rotations=bodies,
        velocities=motion.velocity(times),
        lat=lat,
        lon=lon,
        heading_deg=np.degrees(np.arctan2(cameras[:, 0, 2], cameras[:, 1, 2])) % 360,
        imu=imu_readings(
            motion, *_clock(plan, plan.imu_hz, epoch), plan.imu, GRADES[plan.imu_grade], _random(plan, _IMU)
        ),
        odometry=odometry(motion, *_clock(plan, plan.odometry_hz, epoch), _random(plan, _WHEELS)),
        fixes=fixes(motion, *_clock(plan, plan.gps_hz, epoch), plan.gps_sigma, frame, _random(plan, _SATELLITES)),
    )


def _clock(plan: DrivePlan, rate: float, epoch: int) -> tuple[FloatArray, IntArray]:
    """Evenly spaced times (s) from 0 on, and their stamps (ns)."""
    count = max(1, math.floor(plan.seconds * rate + 1e-9))
    stamps = np.array([round(k * 1e9 / rate) for k in range(count)], np.int64)
    return np.asarray(stamps * 1e-9, np.float64), epoch + stamps


def _epoch(random: np.random.Generator) -> int:
    """Some day of 2023 or 2024, between 8 and 18 o'clock UTC: a recording does not say when it was simulated."""
    first = dt.datetime(2023, 1, 1, tzinfo=dt.timezone.utc)
    day, second = int(random.integers(0, 730)), int(random.integers(8 * 3600, 18 * 3600))
    return (int(first.timestamp()) + day * 86_400 + second) * 10**9


def _drawn_camera(vehicle: Vehicle, plan: DrivePlan) -> Mount:
    return drawn_camera(vehicle.camera_height, vehicle.camera_forward, _random(plan, _CAMERA))


def _random(plan: DrivePlan, subject: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([plan.seed, subject]))
