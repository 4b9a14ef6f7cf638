# SPDX-License-Identifier: Apache-2.0
"""Follower: shows messages as they come, from a bag or from a robot."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from mia_ros.camera import Camera
from mia_ros.errors import MiaError, TransformUnavailable
from mia_ros.gravity import Gravity
from mia_ros.nodes.convert import (
    read_camera,
    read_image,
    read_occupancy,
    read_semantic_map,
    read_stamp,
    read_transforms,
)
from mia_ros.runtime.transforms import TransformBuffer
from mia_ros.semantic_map import SemanticMap
from offline_tools.viewing.photos import Leveller, encoded_photo
from offline_tools.viewing.scene import Scene
from offline_tools.viewing.shapes import Place
from offline_tools.viewing.tally import Tally

#: Frames that stand still, best first: odometry does not jump.
_WORLDS = ("odom", "map", "world")
_PHOTOS, _MAPS, _NUMBERS = 30, 30, 2_000  # that are remembered
_LATEST_TRANSFORM = 500_000_000  # ns by which a transform may come after its map
_TIMES = " (ms, median / 95 %)"
T = TypeVar("T")


class _Waiting(NamedTuple):
    """A map whose place in the world is not known yet."""

    stamp: int
    frame_id: str
    semantic_map: SemanticMap


class Follower:
    """Give each message to the method of its kind. What is wrong with one is a line of the log, and the next comes."""

    def __init__(self, scene: Scene, tally: Tally) -> None:
        self._scene = scene
        self._tally = tally
        self._frames: OrderedDict[int, int] = OrderedDict()
        self._photos: OrderedDict[int, Any] = OrderedDict()
        self._waiting: deque[_Waiting] = deque()
        self._transforms = TransformBuffer()
        self._camera: Camera | None = None
        self._leveller: Leveller | None = None
        self._count = 0
        self._now = 0

    def image(self, message: Any, received: int) -> None:
        """Image or CompressedImage; without a stamp it has that of its receipt, ns."""
        stamp = read_stamp(message) or received
        self._at(stamp)
        self._try(lambda: self._scene.photo(encoded_photo(message)), "photos")
        _keep(self._photos, stamp, message, _PHOTOS)

    def camera_info(self, message: Any) -> None:
        """CameraInfo; one that is wrong is said once."""
        try:
            camera = read_camera(message)
        except MiaError as error:
            self._tally.once(f"no levelled photos: camera_info: {error}")
            return
        if camera != self._camera:
            self._camera, self._leveller = camera, Leveller(camera)

    def semantic_map(self, message: Any) -> None:
        """BevSemanticMap."""
        stamp = read_stamp(message)
        self._at(stamp)
        self._try(lambda: self._map(message, stamp), "maps")
        photo = self._photos.get(stamp)
        if photo is not None and self._leveller is not None:
            leveller, down = self._leveller, message.gravity
            gravity = Gravity.from_vector([down.x, down.y, down.z])
            self._try(lambda: self._scene.level(leveller(read_image(photo), gravity)), "levelled")
        self._place()

    def occupancy(self, message: Any) -> None:
        """OccupancyGrid of costs."""
        self._at(read_stamp(message))
        self._try(lambda: self._scene.occupancy(read_occupancy(message).costs), "occupancy")

    def transforms(self, message: Any, *, static: bool) -> None:
        """TFMessage."""
        try:
            for each in read_transforms(message):
                self._transforms.add(each, static)
        except MiaError as error:
            self._tally.once(str(error))
        self._place()

    def diagnostics(self, message: Any) -> None:
        """DiagnosticArray: the mapper's stage times, and what it complains of."""
        self._scene.at(read_stamp(message), max(self._count - 1, 0))
        for status in message.status:
            times = {item.key.removesuffix(_TIMES): item.value for item in status.values if item.key.endswith(_TIMES)}
            self._scene.numbers({f"times/{name}": _first_number(value) for name, value in times.items()})

    def finish(self) -> None:
        """Place what still waits, as well as it can be."""
        self._place(last=True)

    def _map(self, message: Any, stamp: int) -> None:
        found = read_semantic_map(message)
        self._scene.semantic_map(found)
        sigma = float(message.gravity_sigma)
        down = message.gravity
        gravity = Gravity.from_vector([down.x, down.y, down.z])
        confidence = found.confidence()[found.observed]
        self._scene.numbers(
            {
                "shares/coverage": float(found.observed.mean()),
                "shares/confidence": float(confidence.mean()) if len(confidence) else math.nan,
                "attitude/roll": math.degrees(gravity.roll),
                "attitude/pitch": math.degrees(gravity.pitch),
                "attitude/sigma": math.degrees(sigma),
            }
        )
        self._waiting.append(_Waiting(stamp, message.header.frame_id, found))

    def _place(self, *, last: bool = False) -> None:
        """Those maps that tf has a place for by now; those that waited too long get none."""
        while self._waiting:
            first = self._waiting[0]
            world = self._world()
            ready = world is not None and self._transforms.reaches(world, first.frame_id, first.stamp)
            late = self._now - first.stamp > _LATEST_TRANSFORM or len(self._waiting) > _MAPS
            if not (ready or late or last):
                return
            self._waiting.popleft()
            if world is not None:
                self._placed(first, world)

    def _placed(self, waiting: _Waiting, world: str) -> None:
        try:
            link = self._transforms.lookup(world, waiting.frame_id, waiting.stamp)
        except TransformUnavailable as error:
            self._tally.wrong("placed", str(error))
            return
        (c, s), (x, y) = link.rotation[:2, 0], link.translation[:2]
        self._scene.at(waiting.stamp, self._frames.get(waiting.stamp, self._count))
        place = Place(float(x), float(y), math.atan2(s, c))
        self._scene.pose(place)
        self._scene.laid(waiting.semantic_map, place)
        self._tally.counts["placed"] += 1

    def _world(self) -> str | None:
        """The frame that stands still."""
        known = self._transforms.frames()
        return next((name for name in _WORLDS if name in known), None)

    def _at(self, stamp: int) -> None:
        """Images and maps of one stamp are one frame."""
        if stamp not in self._frames:
            _keep(self._frames, stamp, self._count, _NUMBERS)
            self._count += 1
        self._now = stamp
        self._scene.at(stamp, self._frames[stamp])

    def _try(self, show: Callable[[], None], what: str) -> None:
        try:
            show()
        except MiaError as error:
            self._scene.line("WARN", str(error))
            self._tally.wrong(what, str(error))
        else:
            self._tally.counts[what] += 1


def _keep(where: OrderedDict[int, T], stamp: int, value: T, most: int) -> None:
    where[stamp] = value
    if len(where) > most:
        where.popitem(last=False)


def _first_number(text: str) -> float:
    try:
        return float(text.split("/", maxsplit=1)[0])
    except ValueError:
        return math.nan
