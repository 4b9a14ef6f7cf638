# SPDX-License-Identifier: Apache-2.0
"""Maps for the simulator: made towns with their notes beside them, and any other street map."""

from __future__ import annotations

import json
from pathlib import Path

from mia_ros.pictures import write_bytes
from offline_tools.errors import SimulationError
from offline_tools.osm import MapStore
from offline_tools.osm.sources.stream import Progress, silent
from offline_tools.simworld.town import Town, make_town


def write_town(seed: int, folder: Path) -> tuple[Town, Path]:
    """Make a town and write FOLDER/town-SEED.osm, with a .json of the same name that says where and how large."""
    town = make_town(seed)
    path = town.write(folder / f"town-{seed}.osm")
    notes = {
        "seed": seed,
        "name": town.name,
        "lat": town.lat,
        "lon": town.lon,
        "width": round(town.width, 1),
        "height": round(town.height, 1),
        "driving_side": town.driving_side,
    }
    write_bytes(path.with_suffix(".json"), f"{json.dumps(notes, indent=1)}\n".encode())
    return town, path


def open_map(path: Path, driving_side: str = "", progress: Progress = silent) -> MapStore:
    """The map; people drive on `driving_side`, or else where the notes beside a made town say, or else right."""
    return MapStore.open(path, driving_side=driving_side or _noted_side(path), progress=progress)


def _noted_side(path: Path) -> str:
    notes = path.with_suffix(".json")
    if path.suffix != ".osm" or not notes.is_file():
        return "right"
    try:
        side = json.loads(notes.read_bytes())["driving_side"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SimulationError(
            f"{notes}: want notes of a made town, with driving_side; or give --driving-side"
        ) from error
    return str(side)
