# SPDX-License-Identifier: Apache-2.0
"""What a gallery shows: maps drawn by lot from a data set, with all that its folders know of them."""

from __future__ import annotations

import math
import random
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mia_ros.arrays import Array
from offline_tools.dataset.files import read_json
from offline_tools.dataset.layout import DUMP, SEMANTIC_MASK
from offline_tools.dataset.location import Location, is_location
from offline_tools.errors import DatasetError

_RECORD = "render.json"  # what the job that draws maps leaves beside them


@dataclass(frozen=True)
class Pose:
    """Where a map was drawn, in degrees; the heading is clockwise from north."""

    lat: float
    lon: float
    heading_deg: float


@dataclass(frozen=True)
class Entry:
    """One map of a gallery; what is None is not known."""

    id: str
    mask: Array  # (H, W, 9), 0 or 1
    location: str = ""
    pose: Pose | None = None
    visibility: Array | None = None  # (H, W), 0 where the ground can be seen
    photo: Path | None = None


def locations(root: Path) -> list[Location]:
    """The locations of a data set that hold maps; `root` may be one of them, or the folder above them."""
    if not root.is_dir():
        raise DatasetError(f"data set {root}: no such folder")
    folders = [root] if is_location(root) else sorted(folder for folder in root.iterdir() if is_location(folder))
    found = [location for folder in folders if (location := Location(folder, (SEMANTIC_MASK,))).ids]
    if not found:
        raise DatasetError(f"data set {root}: no map in it, want LOCATION/{SEMANTIC_MASK.folders[0]}/ID.npz")
    return found


def sample_entries(found: list[Location], n: int, seed: int, table: Path | None = None) -> list[Entry]:
    """`n` maps of some locations, or all where there are fewer, drawn by lot and in their order.

    Their poses stand in dump.json, or in the `table` that they were drawn from.
    """
    names = [(location, id_) for location in found for id_ in location.ids]
    chosen = sorted(random.Random(seed).sample(range(len(names)), min(n, len(names))))  # noqa: S311 - no secret
    drawn = [names[index] for index in chosen]
    listed = _of_table(table, {id_ for _, id_ in drawn}) if table is not None else {}
    return [_entry(location, id_, _of_dump(location, id_) or listed.get(id_)) for location, id_ in drawn]


def record_of(location: Location) -> dict[str, Any]:
    """How the maps of a location were drawn, as the job says that did it; empty where it does not."""
    path = location.folder / _RECORD
    found = read_json(path) if path.is_file() else {}
    return found if isinstance(found, dict) else {}


def _entry(location: Location, id_: str, pose: Pose | None) -> Entry:
    sample = location.sample(id_)
    return Entry(
        id=id_,
        mask=sample.semantic_mask(),
        location=location.name,
        pose=pose,
        visibility=None if sample.visibility_path is None else sample.visibility_mask(),
        photo=sample.image_path,
    )


def _of_dump(location: Location, id_: str) -> Pose | None:
    """None also where a map has no view there: it is shown without its pose then."""
    if not (location.folder / DUMP).is_file():
        return None
    with suppress(DatasetError):
        view = location.views.of(id_)
        if all(map(math.isfinite, (view.lat, view.lon, view.heading_deg))):
            return Pose(view.lat, view.lon, view.heading_deg)
    return None


def _of_table(path: Path, ids: set[str]) -> dict[str, Pose]:
    import polars as pl

    from offline_tools.dataset.poses import PoseTable

    found: dict[str, Pose] = {}
    for window in PoseTable(path).windows():
        rows = window.filter(pl.col("id").is_in(list(ids)) & pl.col("problem").is_null())
        for id_, *numbers in rows.select("id", "lat", "lon", "heading").iter_rows():
            found.setdefault(id_, Pose(*numbers))
        if len(found) == len(ids):
            break
    return found
