# SPDX-License-Identifier: Apache-2.0
"""Plots: what the streets enclose, less the street space; and what is needed to build on them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import LineString, Point, Polygon, unary_union
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, polylabel

from offline_tools.simworld.town.dice import Dice
from offline_tools.simworld.town.districts import District
from offline_tools.simworld.town.lines import Point as Place
from offline_tools.simworld.town.lines import points_of, polygons_of, ray
from offline_tools.simworld.town.network import Network, Road
from offline_tools.simworld.town.plan import Site
from offline_tools.simworld.town.sheet import Sheet, Tags
from offline_tools.simworld.town.sidewalks import StreetSpace
from offline_tools.simworld.town.streets import SERVICE
from offline_tools.simworld.town.threads import Thread, Threads

LANE_WIDTH = 5.0  # metres; maps draw a driveway as wide as that
RECENT = 80  # ways in that may lie on the plot that is being built on
LEAST = 150.0  # m2; on less nothing is built


@dataclass
class Plot:
    """The ground of a block: `ground` in all, and what buildings, gardens and car parks have `taken` of it."""

    ground: Polygon
    district: District
    taken: list[Polygon] = field(default_factory=list)

    @property
    def middle(self) -> Place:
        """The point that is farthest from the edge, to within a metre or two."""
        pole = polylabel(self.ground, 1.5)
        return pole.x, pole.y

    def fits(self, shape: Polygon, gap: float = 0.0) -> bool:
        """Whether a shape lies on the ground, `gap` metres from all that is built."""
        if not self.ground.contains(shape):
            return False
        # Neighbours that share a wall touch; a millimetre of rounding is no overlap.
        grown = shape.buffer(gap - 0.002, join_style="mitre")
        return not self.taken or not bool(shapely.intersects(np.array(self.taken), grown).any())

    def take(self, shape: Polygon, gap: float = 0.0) -> bool:
        """Take a shape if it fits."""
        if not self.fits(shape, gap):
            return False
        self.taken.append(shape)
        return True

    def free(self, gap: float) -> list[Polygon]:
        """What is left, `gap` metres from all that is built and from the edge; without slivers."""
        built = unary_union(self.taken).buffer(gap, join_style="mitre") if self.taken else Polygon()
        left = self.ground.buffer(-gap).difference(built)
        return polygons_of(left.buffer(-1.0).buffer(1.0, join_style="mitre").simplify(0.2), 60.0)


@dataclass
class Builder:
    """What is needed to build on a plot, and to join it to the streets."""

    network: Network
    walks: Threads[Thread]
    sheet: Sheet
    dice: Dice
    buildings: list[Polygon] = field(default_factory=list)
    ways_in: list[LineString] = field(default_factory=list)  # driveways, paths: nothing is planted on them

    def street_ahead(self, start: Place, towards: Place, reach: float) -> tuple[Road, Place] | None:
        """The street that is met first from a point, if something can join it there."""
        hits = self.network.hits(ray(start, towards, reach))
        if not hits or hits[0][0].traits.highway in SERVICE:
            return None
        road, point = hits[0]
        near_end = min(road.shape.project(Point(point)), road.shape.length - road.shape.project(Point(point))) < 5.0
        return None if road.ring or near_end else hits[0]

    def way_in(self, start: Place, towards: Place, reach: float) -> list[Place] | None:
        """From the street to a point behind its edge; nodes where it meets the road and sidewalks on the way."""
        hit = self.street_ahead(start, towards, reach)
        if hit is None:
            return None
        road, point = hit
        line = LineString([start, point])
        if self._blocked(line.buffer(LANE_WIDTH / 2, cap_style="flat")):
            return None
        self.ways_in.append(line)
        between = [walk.insert(place) for walk, place in self.walks.hits(line)]
        return [road.insert(point), *reversed(between), start]

    def path_in(self, start: Place, towards: Place, reach: float) -> list[Place] | None:
        """As `way_in`, for people on foot: it ends at the first sidewalk, if there is one."""
        hits = self.walks.hits(ray(start, towards, reach))
        if hits:
            walk, point = hits[0]
            line = LineString([start, point])
            if self._blocked(line):
                return None
            self.ways_in.append(line)
            return [walk.insert(point), start]
        return self.way_in(start, towards, reach)

    def _blocked(self, way: BaseGeometry) -> bool:
        """Whether a way would run through a building; it may start at a wall."""
        through = shapely.intersection(way, np.array(self.buildings, dtype=object))
        return bool((shapely.length(through) > 0.2).any())

    def build(self, plot: Plot, shape: Polygon, tags: Tags, gap: float = 0.0) -> bool:
        """Draw a building if it fits."""
        recent = np.array(self.ways_in[-RECENT:], dtype=object)
        if bool(shapely.dwithin(recent, shape, LANE_WIDTH / 2 - 0.1).any()) or not plot.take(shape, gap):
            return False
        self.buildings.append(shape)
        self.sheet.area(shape, tags)
        return True


def plots_of(network: Network, space: StreetSpace, site: Site, districts: list[District]) -> list[Plot]:
    """The plots of a town, in a stable order."""
    shapes = [road.shape for road in network.items if road.traits.highway not in SERVICE]
    linework = unary_union([*shapes, site.outline.exterior])
    ground = site.outline.buffer(-1.0)
    found: list[Plot] = []
    for face in sorted(polygonize(linework), key=lambda part: tuple(round(value, 1) for value in part.bounds)):
        open_ground = face.intersection(ground).difference(space.reserve).buffer(-2.0).buffer(2.0, join_style="mitre")
        district = min(districts, key=lambda item: _apart(item, face))
        pieces = polygons_of(open_ground.intersection(ground).difference(space.reserve).simplify(0.15), LEAST)
        found += [Plot(Polygon(points_of(piece.exterior)), district) for piece in pieces]
    return found


def _apart(district: District, face: BaseGeometry) -> tuple[float, int]:
    return round(district.outline.distance(face.representative_point()), 3), district.index
