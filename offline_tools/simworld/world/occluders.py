# SPDX-License-Identifier: Apache-2.0
"""What hides the ground and is in no map of it: trees, cars, people, poles, hedges and fences, each in its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely

from mia_ros.arrays import FloatArray
from offline_tools.simworld.world.appearance import Appearance, Colour
from offline_tools.simworld.world.ground_outlines import Geometry
from offline_tools.simworld.world.solids import SolidKind, SolidsBuilder
from offline_tools.simworld.world.sprites import CYCLISTS, PEOPLE, SIGNS, TREES
from offline_tools.simworld.world.streets import Box, Plan, Street

_CAR_COLOURS = (
    (235, 235, 235),
    (40, 40, 42),
    (120, 120, 120),
    (170, 175, 175),
    (40, 35, 130),
    (120, 60, 25),
    (60, 90, 40),
)
_PARKED_BESIDE = {"residential", "living_street", "unclassified", "tertiary", "secondary"}


@dataclass(frozen=True)
class Sprites:
    """Where in the world's tiles they start."""

    trees: int
    people: int
    poles: int
    cars: int
    barriers: int


@dataclass
class Occluders:
    """Puts occluders into a world; each is noted with its place, so that none stands in a camera's way."""

    builder: SolidsBuilder
    plan: Plan
    layers: dict[str, Geometry]
    box: Box
    appearance: Appearance
    sprites: Sprites
    dice: np.random.Generator
    noted: list[tuple[float, float, float, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        nothing = shapely.Polygon()
        self.road = shapely.union_all([self.layers.get(f"road_{kind}", nothing) for kind in "abc"])
        self.walk = shapely.union_all([self.layers.get(f"sidewalk_{kind}", nothing) for kind in "abc"])
        self.crossing = self.layers.get("crossing", nothing)
        self.building = self.layers.get("building", nothing)
        for shape in (self.road, self.walk, self.crossing, self.building):
            shapely.prepare(shape)

    def place_all(self, bays: FloatArray) -> None:
        """Everything, by the appearance's number of them."""
        self._trees()
        self._furniture()
        self._barriers()
        self._parked(bays)
        self._traffic()
        self._people()

    def table(self) -> FloatArray:
        """(n, 5): x, y, radius, first and one past the last solid."""
        return np.array(self.noted, np.float64).reshape(-1, 5)

    def _chance(self, share: float) -> bool:
        return bool(self.dice.random() < share * self.appearance.occluders)

    def _board(self, place: FloatArray, half: float, heights: tuple[float, float], tile: int, colour: Colour) -> None:
        first = self.builder.count
        self.builder.billboard((float(place[0]), float(place[1])), half, heights, tile, colour)
        self.noted.append((float(place[0]), float(place[1]), min(half, 0.8), first, self.builder.count))

    def _clear(self, places: FloatArray, margin: float, *, off_walk: bool = False) -> FloatArray:
        """The places that keep a distance from roads, crossings and buildings."""
        points = shapely.points(places)
        bad = shapely.dwithin(points, self.road, margin) | shapely.dwithin(points, self.building, margin)
        bad |= shapely.dwithin(points, self.crossing, margin)
        if off_walk:
            bad |= shapely.contains(self.walk, points)
        return places[~bad]

    def _trees(self) -> None:
        mapped = self._nodes("natural", {"tree"})
        for thing in self.plan.objects:
            if thing.tags.get("natural") == "tree_row":
                line = shapely.LineString(thing.lines[0])
                steps = np.arange(2, line.length, 7.5)
                mapped = np.concatenate([mapped, shapely.get_coordinates(line.interpolate(steps)).reshape(-1, 2)])
        for place in mapped[~shapely.dwithin(shapely.points(mapped), self.building, 0.6)]:
            self._tree(place)
        for place in self._scattered():
            self._tree(place)

    def _scattered(self) -> FloatArray:
        """In parks and gardens, and here and there in yards."""
        found = []
        for name, area in (("terrain", 140.0), ("park", 110.0)):
            shape = self.layers.get(name)
            if shape is not None and not shape.is_empty:
                found.append(self._inside(shape, int(min(shape.area / area * self.appearance.occluders, 1500))))
        low, high = self.box[:2], self.box[2:]
        count = int((high[0] - low[0]) * (high[1] - low[1]) / 1800 * self.appearance.occluders)
        yards = self.dice.uniform(low, high, (count, 2))
        return self._clear(np.concatenate([*found, yards]), 1.2, off_walk=True)

    def _inside(self, shape: Geometry, count: int) -> FloatArray:
        if shape.is_empty or count < 1:
            return np.empty((0, 2))
        low_x, low_y, high_x, high_y = shape.bounds
        tries = self.dice.uniform((low_x, low_y), (high_x, high_y), (min(count * 6, 20000), 2))
        shapely.prepare(shape)
        return tries[shapely.contains(shape, shapely.points(tries))][:count]

    def _tree(self, place: FloatArray) -> None:
        tall = float(self.dice.uniform(4.0, 13.0))
        kind = int(self.dice.integers(TREES - 1))
        half = tall * float(self.dice.uniform(0.28, 0.42) if kind < TREES - 3 else 0.22)
        tint = self.dice.uniform(0.7, 1.3)
        colour = self.appearance.foliage
        leaves = (colour[0] * tint, colour[1] * tint, colour[2] * tint * self.dice.uniform(0.8, 1.2))
        self._board(place, half, (0.0, tall), self.sprites.trees + kind, leaves)

    def _furniture(self) -> None:
        grey = (200.0,) * 3
        for place in self._nodes("highway", {"street_lamp"}):
            self._board(place, 1.2, (0.0, float(self.dice.uniform(5, 9))), self.sprites.poles, grey)
        lamps, signs = self._along(26.0, 0.45), self._along(45.0, 0.6)
        for place in lamps[self.dice.random(len(lamps)) < 0.5 * self.appearance.occluders]:
            tile = self.sprites.poles + int(self.dice.integers(2))
            self._board(place, 1.2, (0.0, float(self.dice.uniform(5, 9))), tile, grey)
        for place in signs[self.dice.random(len(signs)) < 0.4 * self.appearance.occluders]:
            sign = self.sprites.poles + 2 + int(self.dice.integers(SIGNS))
            self._board(place, 0.4, (0.0, float(self.dice.uniform(2.2, 3.0))), sign, grey)

    def _along(self, step: float, beside: float) -> FloatArray:
        """Places beside the carriageways, that far from their edge."""
        places = [np.empty((0, 2))]
        for street in self.plan.streets:
            for s in np.arange(self.dice.uniform(3, step), _length(street.line), step * self.dice.uniform(0.7, 1.3)):
                at, along = _at(street.line, float(s))
                side = float(self.dice.choice([-1, 1])) * (street.width / 2 + beside)
                places.append((at + side * np.array([-along[1], along[0]]))[None])
        return self._clear(np.concatenate(places), 0.25)

    def _barriers(self) -> None:
        for thing in self.plan.objects:
            kind = thing.tags.get("barrier")
            if kind in ("hedge", "wall", "fence", "retaining_wall", "city_wall") and len(thing.lines[0]) > 1:
                line = shapely.LineString(thing.lines[0]).difference(self.road)
                for part in shapely.get_parts(line.difference(self.crossing)):
                    self._barrier(shapely.get_coordinates(part), kind)

    def _barrier(self, line: FloatArray, kind: str) -> None:
        tile = {"hedge": 0, "fence": 2 + int(self.dice.integers(2))}.get(kind, 1)
        tall = float(self.dice.uniform(0.8, 1.7))
        colour = self.appearance.foliage if kind == "hedge" else (float(self.dice.uniform(60, 210)),) * 3
        solid = SolidKind.FENCE if kind == "fence" else SolidKind.PANEL
        for ends in pairwise(line):
            half = 0.35 if kind == "hedge" else 0.1 if kind != "fence" else 0.0
            self._box(np.stack(ends), half, (0.0, tall), colour, self.sprites.barriers + tile, solid)

    def _box(
        self,
        axis: FloatArray,
        half: float,
        heights: tuple[float, float],
        colour: Colour,
        tile: int,
        kind: SolidKind = SolidKind.PANEL,
    ) -> None:
        along = axis[1] - axis[0]
        length = float(np.hypot(*along))
        if length < 0.05:
            return
        scales = (1 / 1.5, 1 / (heights[1] - heights[0]))
        if half == 0:
            self.builder.wall(axis, (*heights, heights[1]), colour, tile, scales, kind)
            return
        corners = _corners(axis, half)
        for index in range(4):
            ends = np.stack([corners[index], corners[(index + 1) % 4]])
            self.builder.wall(ends, (*heights, heights[1]), colour, tile, scales, kind)
        self.builder.face(corners, np.array([0.0, 0.0, heights[1]]), colour, tile, 0.6)

    def _parked(self, bays: FloatArray) -> None:
        for x, y, heading in bays:
            if self._chance(0.5):
                self._car(np.array([x, y]), heading + (np.pi if self.dice.random() < 0.5 else 0.0))
        for street in self.plan.streets:
            if street.highway in _PARKED_BESIDE and street.width > 6.5:
                self._row(street, float(self.dice.uniform(0.1, 0.85)))

    def _row(self, street: Street, share: float) -> None:
        for side in (-1.0, 1.0):
            for s in np.arange(4.0, _length(street.line) - 4, 6.2):
                if self._chance(share):
                    at, along = _at(street.line, float(s))
                    place = at + side * (street.width / 2 - 1.15) * np.array([-along[1], along[0]])
                    if self._free_road(place, 3.2):
                        self._car(place, float(np.arctan2(along[1], along[0])) + (np.pi if side > 0 else 0.0))

    def _free_road(self, place: FloatArray, margin: float) -> bool:
        meetings = self.plan.junctions
        if len(meetings) and (np.hypot(*(meetings[:, :2] - place).T) < meetings[:, 2] + 5).any():
            return False
        point = shapely.Point(*place)
        near = shapely.dwithin(point, self.crossing, margin) or shapely.dwithin(point, self.building, 1.0)
        return bool(shapely.contains(self.road, point)) and not near

    def _traffic(self) -> None:
        for street in self.plan.streets:
            if street.width < 5:
                continue
            count = self.dice.poisson(_length(street.line) / 110 * self.appearance.occluders)
            for s in self.dice.uniform(0, _length(street.line), count):
                at, along = _at(street.line, float(s))
                side = float(self.dice.choice([-1, 1]))
                place = at + side * street.width * 0.2 * np.array([-along[1], along[0]])
                if not self._free_road(place, 1.0):
                    continue
                if self.dice.random() < 0.2:
                    rider = self.sprites.people + PEOPLE + int(self.dice.integers(CYCLISTS))
                    self._board(place, 0.75, (0.0, 1.75), rider, (200.0,) * 3)
                else:
                    self._car(place, float(np.arctan2(along[1], along[0])) + (np.pi if side > 0 else 0.0))

    def _car(self, place: FloatArray, heading: float) -> None:
        """Two boxes: body and cabin."""
        first = self.builder.count
        ahead = np.array([np.cos(heading), np.sin(heading)])
        colour = tuple(float(part) for part in _CAR_COLOURS[int(self.dice.integers(len(_CAR_COLOURS)))])
        if self.dice.random() < 0.3:
            colour = tuple((float(self.dice.uniform(40, 130)) + self.dice.uniform(-35, 70, 3)).clip(15, 230).tolist())
        length, width = float(self.dice.uniform(3.7, 4.7)), float(self.dice.uniform(1.65, 1.85))
        van = self.dice.random() < 0.15
        waist, roof = (1.15, 2.2) if van else (0.85, float(self.dice.uniform(1.38, 1.7)))
        body = np.stack([place - ahead * length / 2, place + ahead * length / 2])
        back, front = (0.48, 0.36) if van else (float(self.dice.uniform(0.3, 0.46)), 0.2)
        cabin = np.stack([place - ahead * length * back, place + ahead * length * front])
        tint = (colour[0], colour[1], colour[2])
        self._car_box(body, width / 2, (0.0, waist), tint, (0, 2))
        self._car_box(cabin, width / 2 - 0.1, (waist, roof), tint, (1, 3))
        self.noted.append((float(place[0]), float(place[1]), length / 2, first, self.builder.count))

    def _car_box(
        self, axis: FloatArray, half: float, heights: tuple[float, float], colour: Colour, tiles: tuple[int, int]
    ) -> None:
        corners = _corners(axis, half)
        for index in range(4):
            ends = np.stack([corners[index], corners[(index + 1) % 4]])
            length = float(np.hypot(*(ends[1] - ends[0])))
            tile = self.sprites.cars + tiles[index % 2]
            self.builder.wall(ends, (*heights, heights[1]), colour, tile, (1 / length, 1 / (heights[1] - heights[0])))
        self.builder.face(corners, np.array([0.0, 0.0, heights[1]]), colour, self.sprites.cars + 4, 0.3)

    def _people(self) -> None:
        count = int(min(self.walk.area / 260 * self.appearance.occluders, 700))
        for place in self._clear(self._inside(self.walk, count), 0.3):
            self._person(place)
        for place in self._inside(self.crossing, count // 25):
            self._person(place)

    def _person(self, place: FloatArray) -> None:
        tall = float(self.dice.uniform(1.5, 1.9)) if self.dice.random() < 0.88 else float(self.dice.uniform(1.0, 1.4))
        tile = self.sprites.people + int(self.dice.integers(PEOPLE))
        self._board(place, tall / 5.2, (0.0, tall), tile, (200.0,) * 3)

    def _nodes(self, key: str, values: set[str]) -> FloatArray:
        return np.array([place for place, tags in self.plan.nodes if tags.get(key) in values]).reshape(-1, 2)


def _corners(axis: FloatArray, half: float) -> FloatArray:
    """Of a rectangle about an axis, anticlockwise from the right of its start."""
    along = (axis[1] - axis[0]) / max(float(np.hypot(*(axis[1] - axis[0]))), 1e-6)
    left = half * np.array([-along[1], along[0]])
    return np.stack([axis[0] - left, axis[1] - left, axis[1] + left, axis[0] + left])


def _length(line: FloatArray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def _at(line: FloatArray, s: float) -> tuple[FloatArray, FloatArray]:
    """Point and direction at a distance along a line."""
    steps = np.diff(line, axis=0)
    lengths = np.hypot(*steps.T)
    ends = np.cumsum(lengths)
    k = min(int(np.searchsorted(ends, s)), len(steps) - 1)
    along = steps[k] / max(lengths[k], 1e-9)
    return line[k] + along * (s - (ends[k] - lengths[k])), along
