# SPDX-License-Identifier: Apache-2.0
"""Images at which replays differ most, with the maps of each."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
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
    with ExitStack() as stack:
        maps = [stack.enter_context(BagReader(each.folder / MAPS)) for each in replays] if unique else []
        return [_sight(replays, maps, merit, row, photo) for row, photo in _photos(replays[0], unique.values())]


def _apart(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for row in rows:
        if all(abs(row["stamp"] - other["stamp"]) > _APART * 1e9 for other in kept):
            kept.append(row)
        if len(kept) == _SHOWN:
            break
    return kept


def _sight(
    replays: Sequence[Replay], maps: Sequence[BagReader], merit: str, row: Mapping[str, Any], photo: str
) -> Sight:
    found = [each.frames.filter(pl.col("stamp") == row["stamp"]) for each in replays]
    values = [each[merit][0] if len(each) else None for each in found]
    pictures = [_map(bag, each) for bag, each in zip(maps, found, strict=True)]
    return Sight(f"image {row['index']}", merit, photo, pictures, values)


def _photos(replay: Replay, rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each row with its image; "" where the recording is gone: the maps are shown all the same."""
    path, topic = Path(replay.metrics["configuration"]["bag"]), replay.metrics["topics"]["image"]
    if not path.exists():
        yield from ((row, "") for row in rows)
        return
    with BagReader(path, salvage=True) as bag:
        yield from ((row, _photo(bag, topic, row["received"])) for row in rows)


def _photo(bag: BagReader, topic: str, received: int) -> str:
    try:
        frame = read_image(next(bag.messages([topic], received, received + 1)).message)
    except (MiaError, StopIteration):
        return ""
    height = round(frame.shape[0] * _PHOTO / frame.shape[1])
    return _uri(cv2.resize(frame, (_PHOTO, height), interpolation=cv2.INTER_AREA), ".jpg")


def _map(bag: BagReader, rows: pl.DataFrame) -> str:
    """Of the first row that has one."""
    for stamp, received in rows.filter(pl.col("problem") == "").select("stamp", "received").iter_rows():
        for message in bag.messages([SEMANTIC_MAP], received, received + 1):
            if read_stamp(message.message) == stamp:
                return _uri(read_semantic_map(message.message).image(), ".png")
    return ""


def _uri(picture: Array, suffix: str) -> str:
    _, data = cv2.imencode(suffix, np.ascontiguousarray(picture))
    kind = "jpeg" if suffix == ".jpg" else "png"
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode('ascii')}"
