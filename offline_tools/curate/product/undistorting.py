# SPDX-License-Identifier: Apache-2.0
"""A unit of work: some photos -> their pinhole pictures, and a table of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import polars as pl

from mia_ros.errors import MiaError
from offline_tools.curate.filters.columns import reading
from offline_tools.curate.product.poses import Photo, camera_in_world, heading_of, position_of
from offline_tools.curate.tables import METADATA, VIEWS, Schema, conform, write_table
from offline_tools.curate.undistortion import OpensfmCamera, PhotoJob, Taken, WrittenView
from offline_tools.curate.undistortion.job import undistort_file
from offline_tools.curate.undistortion.opensfm import SPHERICAL
from offline_tools.curate.undistortion.panorama import VIEWS as VIEWS_OF_A_PANORAMA
from offline_tools.curate.undistortion.picture import SIZE
from offline_tools.dataset.files import make_folder
from offline_tools.dataset.layout import IMAGE, checked_name, is_safe
from offline_tools.errors import DatasetError

#: The table that is written: VIEWS, and where each view was taken and looks, in degrees, clockwise from north.
POSED: Schema = {**VIEWS, "lat": pl.Float64, "lon": pl.Float64, "heading": pl.Float64}

NOT_THERE = "its file is not there"
PANORAMA = "a spherical photo; cut_panoramas is off"


@dataclass(frozen=True)
class UndistortUnit:
    """`count` rows of a table of METADATA from `first` on. Photos lie in `photos` as ID.jpg, and `table` is written."""

    rows: Path
    first: int
    count: int
    photos: Path
    out: Path
    location: str
    table: Path
    size: int = SIZE
    cut_panoramas: bool = False


def undistort_unit(unit: UndistortUnit) -> int:
    """How many pictures were written. A photo that cannot be used is a row that says why."""
    rows = _rows(unit)
    make_folder(_images(unit))
    found: dict[int, list[dict[str, Any]]] = {}
    with _one_thread():
        for place in _camera_by_camera(rows):
            found[place] = _views_of(rows.row(place, named=True), unit)
    views = [view for place in range(len(rows)) for view in found[place]]
    write_table(unit.table, pl.DataFrame(views, schema=dict(POSED)))
    return sum(view["problem"] is None for view in views)


def _rows(unit: UndistortUnit) -> pl.DataFrame:
    with reading(str(unit.rows)):
        found = pl.scan_parquet(unit.rows, glob=False).slice(unit.first, unit.count).collect()
    if len(found) != unit.count:
        raise DatasetError(f"{unit.rows}: has {len(found)} of the {unit.count} rows from {unit.first} on; run it anew")
    return conform(found, METADATA, str(unit.rows))


def _images(unit: UndistortUnit) -> Path:
    return unit.out / checked_name(unit.location, "location") / IMAGE.folders[0]


def _camera_by_camera(rows: pl.DataFrame) -> list[int]:
    """Places of the rows, photos of one camera after each other, as its map of pixels is made once then."""
    keyed = rows.select(
        "camera_type", pl.col("camera_parameters").list.eval(pl.element().cast(pl.String)).list.join(",")
    )
    return keyed.with_row_index().sort("camera_type", "camera_parameters", maintain_order=True)["index"].to_list()


def _views_of(photo: Photo, unit: UndistortUnit) -> list[dict[str, Any]]:
    try:
        rotation, (lat, lon) = camera_in_world(photo), position_of(photo)
        job = _job(photo, unit)
    except MiaError as error:
        return [_without(photo, str(error))]
    result = undistort_file(job)
    if result.problem:
        return [_without(photo, result.problem.removeprefix(f"{job.source}: "))]
    try:
        headings = [heading_of(rotation @ view.rotation) for view in result.views]
    except MiaError as error:
        return [_without(photo, str(error))]
    return [
        {**_row(photo["id"], view), "lat": lat, "lon": lon, "heading": heading}
        for view, heading in zip(result.views, headings, strict=True)
    ]


def _job(photo: Photo, unit: UndistortUnit) -> PhotoJob:
    id_ = photo["id"]
    if id_ is None or not is_safe(id_):
        raise DatasetError("its id is no plain name")
    source = unit.photos / f"{id_}.jpg"
    if not source.is_file():
        raise DatasetError(NOT_THERE)
    camera = OpensfmCamera.from_mapillary(photo["camera_type"], photo["camera_parameters"])
    names = [id_]
    if camera.projection == SPHERICAL:
        if not unit.cut_panoramas:
            raise DatasetError(PANORAMA)
        names = [f"{id_}_{number}" for number in range(VIEWS_OF_A_PANORAMA)]
    targets = tuple(_images(unit) / f"{name}{IMAGE.suffixes[0]}" for name in names)
    return PhotoJob(source, camera, targets, _taken(photo), unit.size)


def _taken(photo: Photo) -> Taken:
    width, height, orientation = photo["width"], photo["height"], photo["exif_orientation"]
    size = (width, height) if width is not None and height is not None else None
    if orientation is None:
        return Taken(size=size)
    return Taken(int(orientation) if float(orientation).is_integer() else 0, size)


def _row(id_: str, view: WrittenView) -> dict[str, Any]:
    return {
        "id": id_,
        "view_id": view.path.name.removesuffix(IMAGE.suffixes[0]),
        "width": view.camera.width,
        "height": view.camera.height,
        "focal": view.camera.fx,
        "covered": view.covered,
        "rotation": view.rotation.T.ravel().tolist(),
        "problem": None,
    }


def _without(photo: Photo, problem: str) -> dict[str, Any]:
    lat, lon = photo["computed_geometry.lat"], photo["computed_geometry.long"]
    nothing = dict.fromkeys(POSED)
    return {**nothing, "id": photo["id"], "view_id": photo["id"], "problem": problem, "lat": lat, "lon": lon}


@contextmanager
def _one_thread() -> Iterator[None]:
    """Units run beside each other, one on each core."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
