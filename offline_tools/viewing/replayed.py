# SPDX-License-Identifier: Apache-2.0
"""A replay in the viewer: a row of its table at a time, with its map and its photo."""

from __future__ import annotations

import contextlib
import math
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from mia_ros.bag import BagMessage, BagReader
from mia_ros.camera import Camera
from mia_ros.errors import BagError, CameraError, MiaError
from mia_ros.gravity import Gravity
from mia_ros.nodes.convert import read_image, read_occupancy, read_semantic_map, read_stamp
from offline_tools.viewing.about import about
from offline_tools.viewing.cameras import replayed_camera
from offline_tools.viewing.folder import ReplayFolder, Row, map_topics
from offline_tools.viewing.photos import Leveller, encoded_photo
from offline_tools.viewing.scene import Scene
from offline_tools.viewing.shapes import Place
from offline_tools.viewing.tally import Tally

#: Columns of the table, and where their numbers are plotted.
_NUMBERS = {
    "ms_decode": "times/decode",
    "ms_level": "times/level",
    "ms_network": "times/network",
    "ms_unpack": "times/unpack",
    "coverage": "shares/coverage",
    "valid_share": "shares/picture",
    "confidence": "shares/confidence",
    "agreement": "shares/agreement",
    "agreement_aligned": "shares/agreement_aligned",
    "flicker": "shares/flicker",
}
_ANGLES = {"roll": "attitude/roll", "pitch": "attitude/pitch", "gravity_sigma": "attitude/sigma"}
_CHECK = "check_"
_AHEAD = 100  # messages of the bag of maps that may come between one map and the next


def show_replay(folder: ReplayFolder, scene: Scene, tally: Tally, start: float, end: float | None) -> None:
    """Rows from `start` to `end`, seconds from the first."""
    scene.about(about(folder.metrics))
    with contextlib.ExitStack() as stack:
        bag = stack.enter_context(BagReader(folder.maps))
        maps = _Maps(bag, map_topics({topic.name: topic.type for topic in bag.topics.values()}, folder))
        photos = _open_photos(folder, stack, tally)
        for row in _stretch(folder.frames(), start, end):
            _Shown(row, scene, tally).all(maps, photos)


def has_poses(folder: ReplayFolder) -> bool:
    """Whether the replay knows where the camera was."""
    return bool(folder.metrics.get("trajectory"))


class _Shown:
    """One row, shown."""

    def __init__(self, row: Row, scene: Scene, tally: Tally) -> None:
        self._row = row
        self._place = place_of(row)
        self._scene = scene
        self._tally = tally

    def all(self, maps: _Maps, photos: _Photos | None) -> None:
        self._scene.at(self._row["stamp"], self._row["index"])
        self._scene.numbers(numbers_of(self._row))
        if self._place is not None:
            self._scene.pose(self._place)
        if problem := self._row.get("problem_line") or self._row.get("problem"):
            self._scene.line("WARN", str(problem))
        else:
            self._map(maps)
        if photos is not None:
            self._photo(photos)

    def _map(self, maps: _Maps) -> None:
        found = maps.of(self._row["stamp"])
        if "semantic_map" not in found:
            self._tally.wrong("maps", f"{self._row['stamp']} ns: the table says that there is a map, the bag has none")
            return
        semantic_map = read_semantic_map(found["semantic_map"])
        self._scene.semantic_map(semantic_map)
        self._tally.counts["maps"] += 1
        if "occupancy" in found:
            self._scene.occupancy(read_occupancy(found["occupancy"]).costs)
        if self._place is not None:
            self._scene.laid(semantic_map, self._place)
            self._tally.counts["placed"] += 1

    def _photo(self, photos: _Photos) -> None:
        try:
            message = photos.of(self._row["received"])
            if message is None:
                return
            self._scene.photo(encoded_photo(message))
            self._tally.counts["photos"] += 1
            if photos.leveller is not None and (gravity := gravity_of(self._row)) is not None:
                self._scene.level(photos.leveller(read_image(message), gravity))
                self._tally.counts["levelled"] += 1
        except MiaError as error:
            self._tally.wrong("photos", str(error))


def numbers_of(row: Row) -> dict[str, float]:
    """The row's numbers by their paths in the plots; angles in degrees."""
    found = {path: row.get(column) for column, path in _NUMBERS.items()}
    found |= {f"checks/{name.removeprefix(_CHECK)}": row[name] for name in row if name.startswith(_CHECK)}
    angles = {path: row.get(column) for column, path in _ANGLES.items()}
    return {path: float(value) for path, value in found.items() if value is not None} | {
        path: math.degrees(value) for path, value in angles.items() if value is not None
    }


def place_of(row: Row) -> Place | None:
    """The pose of a row; None without one."""
    values = [row.get(f"pose_{name}") for name in Place._fields]
    found = [float(value) for value in values if value is not None and math.isfinite(value)]
    return Place(*found) if len(found) == len(values) else None


def gravity_of(row: Row) -> Gravity | None:
    """Down in the optical frame of the image as it arrived; None without it."""
    values = [row.get(f"gravity_{axis}") for axis in "xyz"]
    return None if None in values else Gravity.from_vector([float(value) for value in values if value is not None])


def _stretch(rows: Iterator[Row], start: float, end: float | None) -> Iterator[Row]:
    first: int | None = None
    for row in rows:
        first = row["stamp"] if first is None else first
        seconds = (row["stamp"] - first) * 1e-9
        if seconds >= start and (end is None or seconds < end):
            yield row


class _Maps:
    """Messages of the bag of maps by their stamps, asked for in their order."""

    def __init__(self, bag: BagReader, topics: tuple[str, str]) -> None:
        semantic_map, occupancy = topics
        self._kinds = {semantic_map: "semantic_map", **({occupancy: "occupancy"} if occupancy else {})}
        self._messages = bag.messages(self._kinds)
        self._ahead: OrderedDict[int, dict[str, Any]] = OrderedDict()

    def of(self, stamp: int) -> dict[str, Any]:
        """semantic_map and occupancy; what is not there is missing."""
        for _ in range(_AHEAD):
            if len(self._ahead.get(stamp, ())) == len(self._kinds):
                break
            found = next(self._messages, None)
            if found is None:
                break
            self._ahead.setdefault(read_stamp(found.message), {})[self._kinds[found.topic]] = found.message
        while len(self._ahead) > _AHEAD:
            self._ahead.popitem(last=False)
        return self._ahead.pop(stamp, {})


class _Photos:
    """Images of the replayed bag by when they were received, asked for in their order."""

    def __init__(self, bag: BagReader, topic: str, camera: Camera | None) -> None:
        self.leveller = None if camera is None else Leveller(camera)
        self._bag = bag
        self._topic = topic
        self._messages: Iterator[BagMessage] = iter(())
        self._next: BagMessage | None = None
        self._began = False

    def of(self, received: int) -> Any:
        """The message; None where the bag has none of then."""
        if not self._began:
            self._began, self._messages = True, self._bag.messages([self._topic], received)
            self._next = next(self._messages, None)
        while self._next is not None and self._next.received < received:
            self._next = next(self._messages, None)
        return None if self._next is None or self._next.received != received else self._next.message


def _open_photos(folder: ReplayFolder, stack: contextlib.ExitStack, tally: Tally) -> _Photos | None:
    """None, and a line that says why, where the photos are out of reach."""
    topic = folder.topic("image")
    if folder.bag is None or not topic:
        tally.once(f"no photos: the bag {folder.bag_name} is not there any more; the maps are shown without it")
        return None
    try:
        bag = stack.enter_context(BagReader(folder.bag, salvage=True))
    except BagError as error:
        tally.once(f"no photos: {error}")
        return None
    if topic not in bag.topics:
        tally.once(f"no photos: {folder.bag} has no topic {topic}; is it another bag than the one that was replayed?")
        return None
    return _Photos(bag, topic, _camera(folder, tally))


def _camera(folder: ReplayFolder, tally: Tally) -> Camera | None:
    try:
        return replayed_camera(folder.metrics)
    except CameraError as error:
        tally.once(f"no levelled photos: the replay's camera is not known: {error}")
        return None
