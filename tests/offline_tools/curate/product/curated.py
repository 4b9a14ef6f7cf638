# SPDX-License-Identifier: Apache-2.0
"""A small curated data set with all that the stages leave, made without a map and without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely

from offline_tools.curate.filters import sift
from offline_tools.curate.places import Area
from offline_tools.curate.product.drawing import MAPS
from offline_tools.curate.product.finishing import finish_location
from offline_tools.curate.product.undistorting import UndistortUnit, undistort_unit
from offline_tools.curate.tables import METADATA, POINTS, write_table
from offline_tools.dataset import LocationWriter, write_split
from tests.offline_tools.curate.product.taken import LAT, LON, photo, table, write_photo

AREA_DEG = 0.004
SIDEWALK, BUILDING = 2, 4


def make_place(
    out: Path, name: str, rows: list[dict[str, Any]], undrawn: dict[str, str] | None = None, gone: int = 0
) -> None:
    """A location of these photos; `gone`: photos of the area that the server has no more."""
    folder, state = out / name, out / ".curate" / name
    for made in (folder, *(state / stage for stage in ("photos", "undistortion", "maps"))):
        made.mkdir(parents=True, exist_ok=True)
    area = Area.of_geometry(name, shapely.box(LON, LAT, LON + AREA_DEG, LAT + AREA_DEG), {"query": f"{name}, France"})
    (folder / "boundary_info.json").write_text(json.dumps(area.record()))
    points = [{**dict.fromkeys(POINTS), "id": row["id"]} for row in [*rows, *[{"id": f"99{i}"} for i in range(gone)]]]
    write_table(folder / "image_points.parquet", pl.DataFrame(points, schema=dict(POINTS)))
    write_table(folder / "image_metadata.parquet", table(*rows))
    sift("mia", folder / "image_metadata.parquet", folder / "image_metadata_filtered.parquet")
    kept = pl.read_parquet(folder / "image_metadata_filtered.parquet").select(*METADATA)
    write_table(state / "keyframes.parquet", kept)
    _fetch(state, kept["id"].to_list())
    plan = {"rows": state / "keyframes.parquet", "first": 0, "count": len(kept), "photos": state / "photos", "out": out}
    undistort_unit(UndistortUnit(**plan, location=name, table=state / "undistortion/000000.parquet", size=64))
    views = pl.read_parquet(state / "undistortion/000000.parquet").filter(pl.col("problem").is_null())
    _draw(out, name, views["view_id"].to_list(), undrawn or {})
    finish_location(out, name, area)


def make_curated(out: Path) -> list[str]:
    """Two locations and a split; the second has the first photo of the first, as areas may overlap."""
    first = [photo(str(number), **place(number)) for number in range(1, 7)]
    first[4]["camera_type"] = "spherical"
    first[5]["compass_angle"] = 200.0
    make_place(out, "paris", first, {"4": "nothing is mapped there"}, gone=2)
    second = [
        photo(str(number), **place(number), **{"creator.username": "ben", "creator.id": "22"}) for number in (1, 8)
    ]
    make_place(out, "lyon", second)
    write_split(out, {"train": {"paris": ["1", "2"]}, "val": {"paris": ["3"]}, "test": {"lyon": ["8"]}})
    return ["paris", "lyon"]


def place(number: int) -> dict[str, float]:
    """Of a photo, some metres from the last one."""
    lat, lon = LAT + 0.0002 * number, LON + 0.0003 * number
    return {"geometry.lat": lat, "geometry.long": lon, "computed_geometry.lat": lat, "computed_geometry.long": lon}


def _fetch(state: Path, ids: list[str]) -> None:
    """All but the photos whose number ends with 3 and is above 10."""
    lost = [id_ for id_ in ids if int(id_) > 10 and id_.endswith("3")]
    for id_ in set(ids) - set(lost):
        write_photo(state / "photos", id_, 64, 48)
    problems = [f"gone: photo {id_}" if id_ in lost else None for id_ in ids]
    fetched = pl.DataFrame({"id": ids, "problem": problems}, schema={"id": pl.String, "problem": pl.String})
    write_table(state / "photos/000000.parquet", fetched)


def _draw(out: Path, name: str, ids: list[str], undrawn: dict[str, str]) -> None:
    """Maps with sidewalk on the left quarter and a building on the upper half of the rest."""
    mask = np.zeros((224, 224, 9), bool)
    mask[:, :56, SIDEWALK] = True
    mask[:112, 56:, BUILDING] = True
    hidden = np.full((224, 224), 127, np.uint8)
    hidden[:112] = 0
    shares = [float(share) for share in mask.mean(axis=(0, 1))]
    writer = LocationWriter(out, name)
    rows = []
    for id_ in ids:
        problem = undrawn.get(id_)
        if problem is None:
            writer.semantic_mask(id_, mask)
            writer.visibility_mask(id_, hidden)
        drawn = {"shares": shares, "visible": 0.5} if problem is None else {}
        rows.append({**dict.fromkeys(MAPS), "view_id": id_, "problem": problem, **drawn})
    write_table(out / ".curate" / name / "maps/000000.parquet", pl.DataFrame(rows, schema=dict(MAPS)))
