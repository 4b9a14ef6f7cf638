# SPDX-License-Identifier: Apache-2.0
"""Images at which replays differ most, with the maps of each."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import polars as pl

from mia_ros.arrays import Array
from mia_ros.bag import BagReader
from mia_ros.errors import MiaError
from mia_ros.nodes.convert import read_image, read_semantic_map, read_stamp
from offline_tools.compare.reading import Replay
from offline_tools.replay.parts import MAPS
from offline_tools.replay.recording import SEMANTIC_MAP

_SHOWN = 4
#: What is shown must be so far apart, s.
_APART = 2.0
_PHOTO = 400  # pixels across
#: What images differ in: the first column that all have.
_MERITS = ("agreement", "confidence")


class Sight(NamedTuple):
    """photo and maps as data URIs, "" where one is missing; values: of the column `merit`, of each replay."""

    title: str
    merit: str
    photo: str
    maps: list[str]
    values: list[float | None]


def sights_of(replays: Sequence[Replay]) -> list[Sight]:
    """Where the last differs most from the first, for better and for worse."""
    first, last = replays[0].frames, replays[-1].frames
    for merit in _MERITS:
        both = first.select("stamp", "index", "received", a=merit).join(last.select("stamp", b=merit), on="stamp")
        both = both.drop_nulls().with_columns(gap=pl.col("b") - pl.col("a")).sort("gap")
        if len(both):
            break
    else:
        return []
    rows = both.to_dicts()
    chosen = _apart(rows)[: _SHOWN // 2] + _apart(rows[::-1])[: _SHOWN // 2]
    unique = {row["stamp"]: row for row in chosen}
    return [_sight(replays, merit, row) for row in unique.values()]


def _apart(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for row in rows:
        if all(abs(row["stamp"] - other["stamp"]) > _APART * 1e9 for other in kept):
            kept.append(row)
        if len(kept) == _SHOWN:
            break
    return kept


def _sight(replays: Sequence[Replay], merit: str, row: Mapping[str, Any]) -> Sight:
    values = []
    for each in replays:
        found = each.frames.filter(pl.col("stamp") == row["stamp"])[merit]
        values.append(found[0] if len(found) else None)
    photo = _photo(replays[0], row)
    return Sight(f"image {row['index']}", merit, photo, [_map(each, row["stamp"]) for each in replays], values)


def _photo(replay: Replay, row: Mapping[str, Any]) -> str:
    path = Path(replay.metrics["bag"]["path"])
    try:
        with BagReader(path, salvage=True) as bag:
            message = next(bag.messages([replay.metrics["topics"]["image"]], row["received"], row["received"] + 1))
            frame = read_image(message.message)
    except (MiaError, StopIteration):
        return ""  # the recording may be gone: the maps are shown all the same
    height = round(frame.shape[0] * _PHOTO / frame.shape[1])
    return _uri(cv2.resize(frame, (_PHOTO, height), interpolation=cv2.INTER_AREA), ".jpg")


def _map(replay: Replay, stamp: int) -> str:
    found = replay.frames.filter((pl.col("stamp") == stamp) & (pl.col("problem") == ""))
    if not len(found):
        return ""
    received = int(found["received"][0])
    with BagReader(replay.folder / MAPS) as bag:
        for message in bag.messages([SEMANTIC_MAP], received, received + 1):
            if read_stamp(message.message) == stamp:
                return _uri(read_semantic_map(message.message).image(), ".png")
    return ""


def _uri(picture: Array, suffix: str) -> str:
    _, data = cv2.imencode(suffix, np.ascontiguousarray(picture))
    kind = "jpeg" if suffix == ".jpg" else "png"
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode('ascii')}"
