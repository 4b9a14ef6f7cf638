# SPDX-License-Identifier: Apache-2.0
"""A drive, filmed: the world around it, its frames and their true maps, as a rosbag2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mia_ros.arrays import UInt8Array
from mia_ros.camera import Camera
from mia_ros.semantic_map import SemanticMap
from offline_tools.osm import MapStore, load_style
from offline_tools.simworld.drive import Drive, DrivePlan, plan_drive, record
from offline_tools.simworld.pictures import build_scenery, plain_sensor
from offline_tools.simworld.truth import Drawing, Truth

#: A drive is cut into stretches that stay within so many metres of their middle, each with a world of its own: a town
#: of any size then takes the same memory. The worlds reach so much farther.
STRETCH, REACH = 160.0, 190.0

#: Called with images that are done, all of them, and the same again.
Report = Callable[[int, int, int], None]


@dataclass(frozen=True)
class FilmPlan:
    """How a drive is filmed and recorded. weather: one of the world's, "": as the seed has it."""

    drive: DrivePlan
    camera: Camera
    weather: str = ""
    storage: str = "mcap"
    images: str = "jpeg"


def film(store: MapStore, plan: FilmPlan, out: Path, report: Report = lambda *_: None) -> Drive:
    """Plan the drive, and write the bag `out`, which is there when it is whole."""
    drive = plan_drive(store, plan.drive)
    drawing = drawing_of(store, plan.drive)
    about = {
        "map": store.source.name,
        "map_digest": store.source.digest,
        "licence": store.licence,
        "driving_side": store.driving_side,
        "style": drawing.style.name,
        "style_digest": drawing.style.digest,
        "infer_sidewalks": drawing.infer_sidewalks,
        "weather": plan.weather or "drawn from the seed",
    }
    frames = frames_of(drive, drawing, plan, report)
    truth = truth_of(drive, drawing, plan.camera)
    record(drive, frames, truth, out, plan.camera, storage=plan.storage, images=plan.images, about=about)
    return drive


def drawing_of(store: MapStore, plan: DrivePlan) -> Drawing:
    """How the true maps of a drive are drawn."""
    return Drawing(store, load_style(plan.style), plan.infer_sidewalks)


def frames_of(drive: Drive, drawing: Drawing, plan: FilmPlan, report: Report = lambda *_: None) -> Iterator[UInt8Array]:
    """The camera's images, one after the other."""
    for stretch in stretches(drive):
        (west, east), (south, north) = _extent(drive, stretch)
        lat, lon = drive.frame.to_globe((west + east) / 2, (south + north) / 2)
        reach = max(east - west, north - south) / 2 + REACH
        scenery = build_scenery(drawing, float(lat), float(lon), reach, plan.drive.seed, plan.weather)
        camera = scenery.camera(plan.camera, plain_sensor(plan.drive.seed))
        x, y = scenery.frame.to_metres(drive.lat, drive.lon)
        for k in stretch:
            position = np.array([x[k], y[k], drive.camera_positions[k, 2]])
            yield camera(position, drive.camera_rotations[k])
            report(k + 1, len(drive), k + 1)


def truth_of(drive: Drive, drawing: Drawing, camera: Camera) -> Iterator[SemanticMap]:
    """The true map of each image."""
    truth = Truth(drawing, camera)
    for k, stamp in enumerate(drive.stamps.tolist()):
        pose = float(drive.lat[k]), float(drive.lon[k]), float(drive.heading_deg[k])
        yield truth(pose, drive.gravity(k), float(drive.camera_positions[k, 2]), stamp)


def stretches(drive: Drive) -> Iterator[range]:
    """Images in succession that lie near each other."""
    places = drive.camera_positions[:, :2]
    first = 0
    low = high = places[0]
    for k, place in enumerate(places):
        wider = np.minimum(low, place), np.maximum(high, place)
        if (wider[1] - wider[0] > 2 * STRETCH).any():
            yield range(first, k)
            first, wider = k, (place, place)
        low, high = wider
    yield range(first, len(places))


def _extent(drive: Drive, stretch: range) -> tuple[tuple[float, float], tuple[float, float]]:
    """Least and largest x, and y."""
    x, y = drive.camera_positions[stretch.start : stretch.stop, :2].T
    return (float(x.min()), float(x.max())), (float(y.min()), float(y.max()))
