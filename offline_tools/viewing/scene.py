# SPDX-License-Identifier: Apache-2.0
"""Scene: what is logged to Rerun, under which path.

camera/image, camera/level     the photo; the photo as the network sees it, with its horizon
map/labels                     the classes, by their colours
map/layers/CLASS               each class's probability, 0 to 255
map/occupancy                  costs, as planners get them
map/unobserved                 a veil over the layers
world/map, world/laid/N        the newest map on the ground, and those that stay along the path
world/path/N, world/camera     pieces of the path, and where the camera looks
numbers/...                    what is measured; log: what went wrong; about: what this is
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mia_ros.arrays import Int8Array, UInt8Array
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import CLASS_NAMES, CLASSES, NO_CLASS_COLOUR, UNOBSERVED_COLOUR
from offline_tools.viewing.parts import rerun
from offline_tools.viewing.photos import Encoded, Levelled, as_jpeg
from offline_tools.viewing.shapes import Patch, Place, ground_patch

#: The timelines: the images' stamps, and their numbers.
STAMP, FRAME = "stamp", "frame"
NUMBERS = "numbers"
#: A map stays on the ground after so many metres, or radians.
_LAID_EVERY_M, _LAID_EVERY_RAD = 5.0, math.radians(30)
#: A jump of the pose, metres, that is no driving.
_JUMP_M = 20.0
#: Newer maps lie over older ones, by metres: what a screen does not confuse from afar.
_STEP_UP = 0.01
#: Frames that may wait in memory for the disk, or the viewer.
_FLUSH_EVERY = 100
#: Points of the path in one piece; a piece is logged anew with each of them.
_PIECE = 64
_NO_CLASS, _UNOBSERVED, _UNKNOWN_COST = 6, 7, 255
_PATH_COLOUR = (255, 140, 0)
#: Neither the black nor the white of probabilities and costs.
_UNKNOWN_COLOUR = (94, 94, 140)


class Scene:
    """Logs to a Rerun recording stream. Call `at` before what belongs to a frame."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._rr = rerun()
        self._piece: list[Place] = []
        self._pieces = 0
        self._laid: Place | None = None
        self._layers = 0
        self._frames = 0
        self.metres = 0.0
        self._static()

    def at(self, stamp: int, frame: int) -> None:
        """What follows is of the image with this stamp, ns, and number."""
        self._frames += 1
        if self._frames % _FLUSH_EVERY == 0:
            self._stream.flush()
        self._stream.set_time(STAMP, timestamp=np.datetime64(stamp, "ns"))
        self._stream.set_time(FRAME, sequence=frame)

    def about(self, markdown: str) -> None:
        """What all this is."""
        self._log("about", self._rr.TextDocument(markdown, media_type="text/markdown"), static=True)

    def photo(self, photo: Encoded) -> None:
        """The camera's photo."""
        self._log("camera/image", self._encoded(photo))

    def level(self, levelled: Levelled) -> None:
        """The levelled photo; walls must stand upright, and what is far away lie on the line."""
        self._log("camera/level", self._encoded(as_jpeg(levelled.picture)))
        row, width = levelled.horizon, levelled.picture.shape[1]
        thin = self._rr.Radius.ui_points(1.0)
        line = self._rr.LineStrips2D([[(0, row), (width, row)]], colors=[_PATH_COLOUR], radii=[thin])
        self._log("camera/level/horizon", line)

    def semantic_map(self, found: SemanticMap) -> None:
        """Labels, the six layers, and where nothing was observed."""
        labels = np.minimum(found.labels(), np.uint8(_NO_CLASS))
        labels[~found.observed] = _UNOBSERVED
        self._log("map/labels", self._rr.SegmentationImage(labels))
        self._log("map/unobserved", self._rr.SegmentationImage((~found.observed).astype(np.uint8), opacity=1.0))
        for name, layer in zip(CLASS_NAMES, layers_of(found), strict=True):
            self._log(f"map/layers/{name}", self._rr.Image(layer, color_model="L"))

    def occupancy(self, costs: Int8Array) -> None:
        """(rows, columns): -1 unknown, 0 free to 100 lethal."""
        self._log("map/occupancy", self._rr.SegmentationImage(costs.view(np.uint8)))

    def pose(self, place: Place) -> None:
        """Where the camera is; the path grows."""
        if self._piece and self._piece[-1].distance(place) < _JUMP_M:
            self.metres += self._piece[-1].distance(place)
        else:
            self._begin_piece([])
        self._piece.append(place)
        height = _STEP_UP * (self._layers + 3)
        strip = [(each.x, each.y, height) for each in self._piece]
        line = self._rr.LineStrips3D([strip], radii=[0.15], colors=[_PATH_COLOUR])
        self._log(f"world/path/{self._pieces:05d}", line)
        self._log("world/camera", self._arrow(place, height + 0.1))
        if len(self._piece) == _PIECE:
            self._begin_piece([place])

    def laid(self, found: SemanticMap, place: Place) -> None:
        """The map where it was made; now and then it stays there."""
        self._log("world/map", self._mesh(ground_patch(found, place, _STEP_UP * (self._layers + 1))))
        if self._laid is None or self._is_on(place, self._laid):
            self._laid = place
            self._layers += 1
            # A path of its own for each: what nobody logs again stays in sight.
            patch = ground_patch(found, place, _STEP_UP * self._layers)
            self._log(f"world/laid/{self._layers:05d}", self._mesh(patch))

    def numbers(self, values: Mapping[str, float]) -> None:
        """Paths below `numbers`, and values; what is not finite is left out."""
        for name, value in values.items():
            if math.isfinite(value):
                self._log(f"{NUMBERS}/{name}", self._rr.Scalars(float(value)))

    def line(self, level: str, text: str) -> None:
        """One line of the log; level INFO, WARN or ERROR."""
        self._log("log", self._rr.TextLog(text, level=level))

    def _begin_piece(self, points: list[Place]) -> None:
        self._piece = points
        self._pieces += 1

    def _arrow(self, place: Place, height: float) -> Any:
        ahead = (3 * math.cos(place.yaw), 3 * math.sin(place.yaw), 0.0)
        return self._rr.Arrows3D(
            vectors=[ahead], origins=[(place.x, place.y, height)], radii=[0.3], colors=[_PATH_COLOUR]
        )

    def _is_on(self, place: Place, before: Place) -> bool:
        return place.distance(before) >= _LAID_EVERY_M or place.turn(before) >= _LAID_EVERY_RAD

    def _static(self) -> None:
        rr = self._rr
        classes = [(index, each.name, each.colour) for index, each in enumerate(CLASSES)]
        classes += [(_NO_CLASS, "no class", NO_CLASS_COLOUR), (_UNOBSERVED, "not observed", UNOBSERVED_COLOUR)]
        self._log("map/labels", rr.AnnotationContext(classes), static=True)
        veil = [(0, "observed", (0, 0, 0, 0)), (1, "not observed", (*_UNKNOWN_COLOUR, 255))]
        self._log("map/unobserved", rr.AnnotationContext(veil), static=True)
        self._log("map/occupancy", rr.AnnotationContext(_cost_classes()), static=True)
        self._log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)

    def _mesh(self, patch: Patch) -> Any:
        return self._rr.Mesh3D(
            vertex_positions=patch.corners, triangle_indices=patch.triangles, vertex_colors=patch.colours
        )

    def _encoded(self, picture: Encoded) -> Any:
        return self._rr.EncodedImage(contents=picture.data, media_type=picture.kind)

    def _log(self, path: str, what: Any, *, static: bool = False) -> None:
        self._stream.log(path, what, static=static)


def layers_of(found: SemanticMap) -> UInt8Array:
    """(6, rows, columns): probabilities as 0 to 255, 0 where nothing was observed."""
    seen = np.where(found.observed, found.probabilities, np.float32(0))  # elsewhere it may hold anything, NaN included
    return np.asarray(np.rint(seen * 255), np.uint8)


def _cost_classes() -> list[tuple[int, str, tuple[int, int, int]]]:
    """Free is white, lethal black, and unknown neither."""
    names = {0: "free", 100: "lethal"}
    shades = [round(255 * (100 - cost) / 100) for cost in range(101)]
    costs = [(cost, names.get(cost, f"cost {cost}"), (shade, shade, shade)) for cost, shade in enumerate(shades)]
    return [*costs, (_UNKNOWN_COST, "unknown", _UNKNOWN_COLOUR)]
