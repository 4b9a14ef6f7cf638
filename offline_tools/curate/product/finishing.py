# SPDX-License-Identifier: Apache-2.0
"""The end of a location: its samples are those with a picture and both masks, and dump.json tells of them alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from offline_tools.curate.places import Area
from offline_tools.curate.product.left_out import reasons
from offline_tools.curate.product.made import Made
from offline_tools.curate.product.poses import drives
from offline_tools.curate.tables import METADATA, read_table, write_table
from offline_tools.dataset import KINDS, SEMANTIC_MASK, VISIBILITY_MASK, LocationWriter
from offline_tools.dataset.files import make_folder, remove_parts
from offline_tools.dataset.layout import IMAGE, Kind, is_safe
from offline_tools.errors import DatasetError

_REASONS_SHOWN = 3


@dataclass(frozen=True)
class Finished:
    """photos: that gave a sample; samples: whole; removed: files that were of none; left_out: by reason."""

    photos: int
    samples: int
    removed: int
    left_out: Mapping[str, int] = field(default_factory=dict)


def finish_location(out: Path, location: str, area: Area, visible: bool = True) -> Finished:
    """Write dump.json and the table of processed photos, and remove pictures and masks that are of no whole sample.

    `visible`: whether visibility masks were drawn, so that a sample needs one.
    """
    made = Made(out, location)
    keyframes = read_table(made.keyframes, METADATA)
    views = _once(made.views()).filter(pl.col("id").is_in(keyframes["id"].implode()))
    maps = _once(made.maps())
    pictures = Pictures(made.folder, made.aside)
    whole = _whole(views, maps, pictures, visible)
    left_out = reasons(keyframes, views, maps, whole["view_id"])
    if whole.is_empty():
        raise DatasetError(f"{made.folder}: none of {len(keyframes)} photos became a sample: {_shown(left_out)}")
    photos = keyframes.filter(pl.col("id").is_in(whole["id"].implode()))
    left, bottom, right, top = area.bounds
    LocationWriter(out, location).dump(drives(whole, photos, ((left + right) / 2, (bottom + top) / 2)))
    write_table(made.processed, photos)
    kept = set(whole["view_id"])
    removed = pictures.tidy(kept, set(_good(views)["view_id"])) + _remove_masks(made.folder, kept)
    return Finished(len(photos), len(whole), removed, left_out)


class Pictures:
    """Those of a location. Without a map they are no sample, but are kept aside: another map may show their place."""

    def __init__(self, folder: Path, aside: Path) -> None:
        self.folder = folder
        self._aside = aside

    def bring_back(self, ids: Iterable[str]) -> None:
        """What was put aside and is wanted now."""
        for id_ in ids:
            there, kept = IMAGE.path(self.folder, id_), self._aside / f"{id_}.jpg"
            if not there.is_file() and kept.is_file():
                _move(kept, there)

    def tidy(self, kept: set[str], wanted: set[str]) -> int:
        """Leave those that are kept, and put aside the others that are wanted; how many were removed."""
        remove_parts(self.folder / IMAGE.folders[0])
        make_folder(self._aside)
        strays = sorted(_ids(IMAGE, self.folder) - kept)
        for id_ in strays:
            there = IMAGE.path(self.folder, id_)
            if id_ in wanted:
                _move(there, self._aside / f"{id_}.jpg")
            else:
                there.unlink(missing_ok=True)
        return len(set(strays) - wanted)


def _move(path: Path, target: Path) -> None:
    try:
        path.replace(target)
    except OSError as error:
        raise DatasetError(f"data set {path}: cannot be moved to {target}: {error.strerror}") from error


def _once(table: pl.DataFrame) -> pl.DataFrame:
    return table.unique("view_id", keep="first", maintain_order=True)


def _good(views: pl.DataFrame) -> pl.DataFrame:
    return views.filter(pl.col("problem").is_null())


def _whole(views: pl.DataFrame, maps: pl.DataFrame, pictures: Pictures, visible: bool) -> pl.DataFrame:
    drawn = _good(views).filter(pl.col("view_id").is_in(_good(maps)["view_id"].implode()))
    pictures.bring_back(drawn["view_id"])
    kinds = KINDS if visible else (IMAGE, SEMANTIC_MASK)
    there = set.intersection(*(_ids(kind, pictures.folder) for kind in kinds))
    return drawn.filter(pl.col("view_id").is_in(list(there)))


def _ids(kind: Kind, folder: Path) -> set[str]:
    return {id_ for id_, variant in kind.scan(folder).items() if variant == 0 and is_safe(id_)}


def _remove_masks(folder: Path, kept: set[str]) -> int:
    """Of an earlier run or another recipe, and what killed writers have left."""
    removed = 0
    for kind in (SEMANTIC_MASK, VISIBILITY_MASK):
        remove_parts(folder / kind.folders[0])
        strays = _ids(kind, folder) - kept
        for id_ in strays:
            kind.path(folder, id_).unlink(missing_ok=True)
        removed += len(strays)
    return removed


def _shown(left_out: Mapping[str, int]) -> str:
    counted: Iterable[str] = (f"{count} x {reason}" for reason, count in list(left_out.items())[:_REASONS_SHOWN])
    return "; ".join(counted)
