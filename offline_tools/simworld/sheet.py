# SPDX-License-Identifier: Apache-2.0
"""A contact sheet: frames over seeds and weathers, each with the true map of what lies before its camera."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from mia_ros.arrays import UInt8Array
from mia_ros.pictures import write_bytes
from offline_tools.errors import SimulationError
from offline_tools.osm import MapStore, load_style
from offline_tools.simworld.maps import open_map, write_town
from offline_tools.simworld.pictures import WEATHERS, build_scenery, drawn_sensor
from offline_tools.simworld.scout import Scout
from offline_tools.simworld.spots import district_of
from offline_tools.simworld.truth import Drawing, Truth

FRAMES, ACROSS = 48, 6
TOWNS = 8
#: Pixels of a frame on the sheet, of the true map beside it, and between.
_WIDTH, _HEIGHT, _MAP, _GAP = 320, 240, 160, 6
_WITHIN, _REACH = 90.0, 220.0
_PAPER = 32

#: Called with frames that are done, all of them, and the same again.
Report = Callable[[int, int, int], None]


def write_sheet(out: Path, maps: list[Path], seed: int, style: str, report: Report = lambda *_: None) -> None:
    """Draw the sheet as a PNG; without maps, of towns that are made for it."""
    if out.suffix.lower() != ".png":
        raise SimulationError(f"out {out}: want a file name that ends in .png")
    cells = []
    with tempfile.TemporaryDirectory() as scratch:
        stores = [open_map(path) for path in maps] or list(_towns(seed, Path(scratch)))
        for k in range(FRAMES):
            drawing = Drawing(stores[k % len(stores)], load_style(style), infer_sidewalks=True)
            cells.append(sheet_cell(drawing, seed + k, WEATHERS[k % len(WEATHERS)]))
            report(k + 1, FRAMES, k + 1)
    rows = [np.hstack(cells[k : k + ACROSS]) for k in range(0, FRAMES, ACROSS)]
    _, data = cv2.imencode(".png", np.vstack(rows))
    write_bytes(out, data.tobytes())


def sheet_cell(drawing: Drawing, seed: int, weather: str) -> UInt8Array:
    """A frame of a world, and its true map: (240 + 6, 320 + 160 + 12, 3) BGR."""
    random = np.random.default_rng([seed, 48])
    district = district_of(drawing.store, drawing.style.name, drawing.infer_sidewalks, random)
    centre = district.centre(random)
    lat, lon = (float(value) for value in district.frame.to_globe(*centre))
    scenery = build_scenery(drawing, lat, lon, _REACH, seed, weather)
    shot, _ = Scout(drawing, district.around(centre, _WITHIN), centre).shot(random)
    picture = scenery.camera(shot.camera, drawn_sensor(random))(shot.position(scenery.frame), shot.rotation)
    truth = Truth(drawing, shot.camera)((shot.lat, shot.lon, shot.heading_deg), shot.gravity, shot.height)
    cell = np.full((_HEIGHT + _GAP, _WIDTH + _MAP + 2 * _GAP, 3), _PAPER, np.uint8)
    _paste(cell, picture, 0, _WIDTH, _HEIGHT, cv2.INTER_AREA)
    _paste(cell, truth.image(), _WIDTH + _GAP, _MAP, _MAP, cv2.INTER_NEAREST)
    return cell


def _paste(cell: UInt8Array, picture: UInt8Array, left: int, width: int, height: int, how: int) -> None:
    """Scaled to fit, in the middle of its place."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    small = cv2.resize(picture, (round(picture.shape[1] * scale), round(picture.shape[0] * scale)), interpolation=how)
    top, first = (height - small.shape[0]) // 2, left + (width - small.shape[1]) // 2
    cell[top : top + small.shape[0], first : first + small.shape[1]] = small


def _towns(seed: int, folder: Path) -> Iterator[MapStore]:
    for number in range(seed, seed + TOWNS):
        _, path = write_town(number, folder)
        yield open_map(path)
