# SPDX-License-Identifier: Apache-2.0
"""A world made by the simulator: a town at the corner of four tiles, drives through it, and photos that must fail."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import mercantile
import numpy as np
from shapely import Point, Polygon

from mia_ros.camera import Camera
from mia_ros.lens import Lens
from offline_tools.osm import MapStore
from offline_tools.simworld.drive import Drive, DrivePlan, Mount, plan_drive
from offline_tools.simworld.filming import drawing_of
from offline_tools.simworld.frame import LocalFrame
from offline_tools.simworld.pictures import Scenery, build_scenery, plain_sensor
from offline_tools.simworld.town import TownPlan, make_town
from tests.offline_tools.curate.world.failing import failing
from tests.offline_tools.curate.world.world import World

_CORNER = mercantile.bounds(8738, 5700, 14)  # its north-west corner is the middle of the town
_SIDE = 400.0  # metres
_PLACE = 165.0  # metres from the middle to the border of the place
_WIDTH, _HEIGHT = 320, 240
_PERSPECTIVE = Camera(_WIDTH, _HEIGHT, 230.0, 230.0, (_WIDTH - 1) / 2, (_HEIGHT - 1) / 2)
_K1, _K2 = -0.03, 0.004
_FISHEYE = Camera(
    _WIDTH, _HEIGHT, 150.0, 150.0, (_WIDTH - 1) / 2, (_HEIGHT - 1) / 2, Lens("equidistant", (_K1, _K2, 0.0, 0.0))
)
_FIRST = 1_622_541_600_000  # milliseconds since 1970: 1 June 2021, 10 o'clock


class _Sequence(NamedTuple):
    """A drive with one camera; share: of all photos."""

    kind: str
    share: float
    camera: Camera
    type: str
    make: str
    model: str

    @property
    def parameters(self) -> list[float]:
        """As OpenSfM has them."""
        bend = [_K1, _K2] if self.type == "fisheye" else [0, 0]
        return [self.camera.fx / max(self.camera.width, self.camera.height), *bend]


_SEQUENCES = (
    _Sequence("car", 0.4, _PERSPECTIVE, "perspective", "Apple", "iPhone 11"),
    _Sequence("pedestrian", 0.35, _PERSPECTIVE, "perspective", "Apple", "iPhone 13_Pro"),
    _Sequence("wheelchair", 0.25, _FISHEYE, "fisheye", "GoPro", "GoPro Max"),
)


class _Made(NamedTuple):
    world: World
    streets: bytes


def simulated_world(folder: Path, seed: int = 0, photos: int = 40) -> World:
    """`photos` (12 or more) that pass the recipe `mia`, and some that do not; FOLDER/town.osm is the map around them.

    It is made once in a process for each seed, in a few seconds.
    """
    world, streets = _made(seed, photos)
    path = Path(folder) / "town.osm"
    path.write_bytes(streets)
    return World(**{**vars(world), "streets": path})


@lru_cache(maxsize=4)
def _made(seed: int, photos: int) -> _Made:
    town = make_town(
        seed, TownPlan(width=_SIDE, height=_SIDE, lat=_CORNER.north, lon=_CORNER.west, driving_side="right")
    )
    with tempfile.TemporaryDirectory() as folder:
        path = town.write(Path(folder) / "town.osm")
        store = MapStore.open(path, driving_side="right", folder=Path(folder) / "store")
        return _Made(_filmed(town.name, store, seed, photos), path.read_bytes())


def _filmed(name: str, store: MapStore, seed: int, count: int) -> World:
    frame = LocalFrame(_CORNER.north, _CORNER.west)
    drives = [_drive(store, sequence, seed + k, count) for k, sequence in enumerate(_SEQUENCES)]
    scenery = build_scenery(
        drawing_of(store, drives[0].plan), frame.lat0, frame.lon0, _SIDE / 2, seed, weather="overcast"
    )
    dice = np.random.default_rng([seed, 2021])
    images: dict[str, dict[str, Any]] = {}
    pictures: dict[str, bytes] = {}
    for number, (sequence, drive) in enumerate(zip(_SEQUENCES, drives, strict=True)):
        for k, picture in enumerate(_pictures(scenery, sequence, drive, seed)):
            answer = _answer(_id(dice), number, sequence, drive, k, dice)
            images[answer["id"]] = answer
            pictures[answer["id"]] = picture
    return _with_rejected(name, _place(frame), images, pictures, lambda: _id(dice))


def _with_rejected(
    name: str,
    place: Polygon,
    images: dict[str, dict[str, Any]],
    pictures: dict[str, bytes],
    new_id: Callable[[], str],
) -> World:
    """The world of these photos, with some more that show the same but must not come into the data set."""
    inside = {id_: image for id_, image in images.items() if place.contains(Point(image["geometry"]["coordinates"]))}
    bad = failing(inside, new_id)
    outside = {id_: "outside" for id_ in images if id_ not in inside}
    picture = next(iter(pictures.values()))
    deleted = new_id()
    return World(
        name=name,
        polygon=place,
        images={**images, **{id_: case.answer for id_, case in bad.items()}},
        photos={**pictures, **{id_: picture for id_, case in bad.items() if case.has_photo}},
        rejected={**outside, **{id_: case.stage for id_, case in bad.items()}},
        deleted={deleted: {**next(iter(inside.values())), "id": deleted}},
    )


def _drive(store: MapStore, sequence: _Sequence, seed: int, count: int) -> Drive:
    """Photos a good three metres apart, away from the town's edge."""
    mount = Mount(x=0.3, z=1.5, pitch=0.06)
    seconds = max(2, round(count * sequence.share))
    plan = DrivePlan(sequence.kind, seconds, seed, speed=3.4, image_hz=1.0, imu_hz=50.0, camera=mount)
    return plan_drive(store, plan)


def _pictures(scenery: Scenery, sequence: _Sequence, drive: Drive, seed: int) -> list[bytes]:
    camera = scenery.camera(sequence.camera, plain_sensor(seed))
    x, y = scenery.frame.to_metres(drive.lat, drive.lon)
    places = np.column_stack([x, y, drive.camera_positions[:, 2]])
    pictures = [camera(place, turn) for place, turn in zip(places, drive.camera_rotations, strict=True)]
    return [cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes() for picture in pictures]


def _answer(
    id_: str, number: int, sequence: _Sequence, drive: Drive, k: int, dice: np.random.Generator
) -> dict[str, Any]:
    """What the server says of a photo; Mapillary's reconstruction is taken to be without error."""
    lat, lon, heading = float(drive.lat[k]), float(drive.lon[k]), float(drive.heading_deg[k])
    away, direction = dice.uniform(0, 2.5), dice.uniform(0, 2 * np.pi)
    gps_lat, gps_lon = LocalFrame(lat, lon).to_globe(away * np.sin(direction), away * np.cos(direction))
    world_to_camera, _ = cv2.Rodrigues(drive.camera_rotations[k].T)
    return {
        "id": id_,
        "height": _HEIGHT,
        "width": _WIDTH,
        "captured_at": _FIRST + number * 3_600_000 + k * 1000,
        "compass_angle": round(float(heading + dice.uniform(-15, 15)) % 360, 2),
        "geometry": {"type": "Point", "coordinates": [round(float(gps_lon), 12), round(float(gps_lat), 12)]},
        "altitude": round(float(drive.camera_positions[k, 2] + dice.normal(0, 2)), 3),
        "sequence": f"Sim{number}hXHxZknTX5w2HXE8qP",
        "creator": {"username": f"<b>walker</b> & {number}", "id": str(101_010_101_010_100 + number)},
        "is_pano": False,
        "camera_type": sequence.type,
        "camera_parameters": sequence.parameters,
        "make": sequence.make,
        "model": sequence.model,
        "exif_orientation": 1,
        "quality_score": round(float(dice.uniform(0.5, 0.95)), 5),
        "computed_geometry": {"type": "Point", "coordinates": [lon, lat]},
        "computed_altitude": float(drive.camera_positions[k, 2]),
        "computed_compass_angle": heading,
        "computed_rotation": world_to_camera[:, 0].tolist(),
        "sfm_cluster": {"id": str(511_129_849_910_000 + number), "url": f"https://cluster.example/{number}"},
    }


def _place(frame: LocalFrame) -> Polygon:
    """Eight corners."""
    turns = np.arange(8) * np.pi / 4 + np.pi / 8
    lat, lon = frame.to_globe(_PLACE * 1.08 * np.cos(turns), _PLACE * 1.08 * np.sin(turns))
    return Polygon(np.column_stack([lon, lat]))


def _id(dice: np.random.Generator) -> str:
    return str(int(dice.integers(10**14, 10**16)))
