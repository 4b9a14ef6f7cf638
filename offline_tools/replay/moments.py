# SPDX-License-Identifier: Apache-2.0
"""Which images of a replay are shown on its page, and their pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from mia_ros.arrays import UInt8Array
from mia_ros.bag import BagReader
from mia_ros.camera import Camera
from mia_ros.errors import MiaError
from mia_ros.gravity import Gravity
from mia_ros.lens import Lens
from mia_ros.nodes.convert import read_image, read_semantic_map, read_stamp
from mia_ros.rectify import Rectifier, View
from mia_ros.semantic_map import SemanticMap
from offline_tools.replay.parts import MAPS
from offline_tools.replay.plan import JobPlan
from offline_tools.replay.recording import SEMANTIC_MAP
from offline_tools.replay.report import Picture, picture_of

#: What images are ordered by: the first column that has numbers.
_MERITS = ("agreement", "confidence", "coverage")
#: Images that are shown of each end, and of the middle.
_EACH = 2
#: Images that are shown must be so far apart, s.
_APART = 2.0


class Moment(NamedTuple):
    """A row of the table, and why it is shown."""

    row: int
    why: str


def pictures_of(plan: JobPlan, facts: Mapping[str, Any], frames: pl.DataFrame) -> list[Picture]:
    """Best, typical and worst images with their maps; and where images have no map, one of those."""
    # Each is opened once: of a damaged recording that alone takes as long as reading it.
    with BagReader(plan.replay.bag, salvage=True) as recorded, BagReader(plan.out / MAPS) as maps:
        bags = _Bags(recorded, str(facts["topics"]["image"]), maps)
        camera = camera_of(facts["camera"])
        return [_picture(bags, camera, frames.row(each.row, named=True), each.why) for each in moments(frames)]


def moments(frames: pl.DataFrame) -> list[Moment]:
    """Which images; none twice, and none close to another of its kind."""
    merit = next((name for name in _MERITS if frames[name].drop_nulls().len()), None)
    chosen: list[Moment] = []
    if merit is not None:
        ranked = frames.with_row_index("row").filter(pl.col(merit).is_not_null()).sort(merit, descending=True)
        rows, stamps = ranked["row"].to_list(), ranked["stamp"].to_list()
        middle = sorted(range(len(rows)), key=lambda k: abs(k - len(rows) // 2))
        orders = {"best": range(len(rows)), "typical": middle, "worst": range(len(rows) - 1, -1, -1)}
        for why, order in orders.items():
            picked = islice(_apart(order, stamps), _EACH)
            taken = {moment.row for moment in chosen}
            chosen += [Moment(rows[k], f"{why} {merit}") for k in picked if rows[k] not in taken]
    lost = np.flatnonzero((frames["problem"] != "").to_numpy())
    if len(lost):
        chosen.append(Moment(int(lost[len(lost) // 2]), "no map"))
    return chosen


def camera_of(record: Mapping[str, Any] | None) -> Camera | None:
    """The camera that the maps' stage wrote down."""
    if record is None:
        return None
    lens = Lens(record["lens"]["model"], tuple(record["lens"]["coefficients"]))
    intrinsics = {name: record[name] for name in ("width", "height", "fx", "fy", "cx", "cy", "rotate")}
    return Camera(**intrinsics, lens=lens)


def _apart(order: Sequence[int] | range, stamps: Sequence[int]) -> Iterator[int]:
    """Those of an order that are not close in time to one before them."""
    kept: list[int] = []
    for k in order:
        if all(abs(stamps[k] - stamp) > _APART * 1e9 for stamp in kept):
            kept.append(stamps[k])
            yield k


class _Bags(NamedTuple):
    """The recording, where its images are, and the maps."""

    recorded: BagReader
    topic: str
    maps: BagReader

    def frame(self, row: Mapping[str, Any]) -> UInt8Array | None:
        message = next(self.recorded.messages([self.topic], row["received"], row["received"] + 1), None)
        try:
            return None if message is None else read_image(message.message)
        except MiaError:
            return None  # the table says what is wrong with it

    def map(self, row: Mapping[str, Any]) -> SemanticMap | None:
        if row["problem"]:
            return None
        for message in self.maps.messages([SEMANTIC_MAP], row["received"], row["received"] + 1):
            if read_stamp(message.message) == row["stamp"]:
                return read_semantic_map(message.message)
        return None


def _picture(bags: _Bags, camera: Camera | None, row: Mapping[str, Any], why: str) -> Picture:
    frame, found = bags.frame(row), bags.map(row)
    seconds = (row["stamp"] - row["received"]) * 1e-9
    said = [f"image {row['index']}", row["problem_line"] or ""]
    said += [f"{name} {row[name]:.2f}" for name in _MERITS if row[name] is not None]
    if abs(seconds) > 1:
        said.append(f"stamp {seconds:+.1f} s from its receipt")
    return picture_of(why, ", ".join(each for each in said if each), frame, _level(frame, camera, row), found)


def _level(frame: UInt8Array | None, camera: Camera | None, row: Mapping[str, Any]) -> View | None:
    down = [row[f"gravity_{axis}"] for axis in "xyz"]
    if frame is None or camera is None or None in down:
        return None
    try:
        return Rectifier(camera)(frame, Gravity.from_vector(down).turned(camera.rotate))
    except MiaError:
        return None  # the table says why there is no map
