# SPDX-License-Identifier: Apache-2.0
"""The street space, from plot to plot, and the sidewalks that are mapped as lines of their own in it."""

from __future__ import annotations

from dataclasses import dataclass

from shapely import LineString, Point, Polygon, unary_union
from shapely.geometry.base import BaseGeometry
from shapely.ops import linemerge

from offline_tools.simworld.town.lines import Point as Place
from offline_tools.simworld.town.lines import lines_of, points_of, polygons_of
from offline_tools.simworld.town.network import Network, Road
from offline_tools.simworld.town.plan import Site
from offline_tools.simworld.town.streets import SERVICE
from offline_tools.simworld.town.threads import Thread, Threads

CORNER = 4.0  # metres; the radius of a sidewalk's way round a corner
MARGIN = 1.4  # metres from a sidewalk's middle to the plots
ISLAND = 1200.0  # m2; what roads enclose and is smaller has no sidewalk: a median, a roundabout's middle


@dataclass(frozen=True)
class StreetSpace:
    """`carriageway` is for vehicles, `reserve` reaches to the plots, `axis` ends in the middles of the sidewalks."""

    carriageway: BaseGeometry
    axis: BaseGeometry
    reserve: BaseGeometry


def street_space(network: Network) -> StreetSpace:
    """The space that the roads take."""
    roads = network.items
    carriageway = unary_union([road.shape.buffer(road.traits.half) for road in roads])
    wide = unary_union([road.shape.buffer(road.traits.half + road.traits.verge) for road in roads if _has_kerb(road)])
    axis = wide.buffer(CORNER).buffer(-CORNER)
    axis = unary_union([Polygon(part.exterior, _holes(part)) for part in polygons_of(axis)]).simplify(0.1)
    narrow = unary_union([road.shape.buffer(road.traits.half + 1.0) for road in roads if not _has_kerb(road)])
    return StreetSpace(carriageway, axis, unary_union([axis.buffer(MARGIN), narrow]))


def sidewalks_of(network: Network, space: StreetSpace, site: Site) -> Threads[Thread]:
    """The sidewalks that are mapped as lines, round corners and along the roads that have them."""
    zones = [zone for road in network.items if road.traits.mapping == "separate" for zone in _zones(road, network)]
    # Roads that end at a bend leave a wedge between their zones, which closing fills.
    wanted = unary_union(zones).buffer(1.5).buffer(-1.5).intersection(site.outline.buffer(-0.5))
    along = space.axis.boundary.intersection(wanted)
    merged = linemerge(lines_of(along)) if not isinstance(along, LineString) else along
    tags = {"highway": "footway", "footway": "sidewalk"}
    return Threads([Thread(points_of(line), dict(tags), line) for line in lines_of(merged, 8.0)])


def tag_sidewalks(network: Network) -> None:
    """Say on the roads what is known of their sidewalks."""
    for road in network.items:
        traits = road.traits
        if traits.mapping == "separate" and traits.sides != "no":
            road.tags["sidewalk"] = "separate"
        elif traits.mapping == "tagged" or (traits.mapping == "separate" and traits.sides == "no"):
            road.tags["sidewalk"] = traits.sides


def _has_kerb(road: Road) -> bool:
    return road.traits.highway not in SERVICE


def _holes(part: Polygon) -> list[BaseGeometry]:
    return [ring for ring in part.interiors if Polygon(ring).area > ISLAND]


def _zones(road: Road, network: Network) -> list[Polygon]:
    """The ground on which this road wants sidewalks."""
    reach = road.traits.half + road.traits.verge + CORNER + 0.7  # all the way round the corners
    sides = road.traits.sides
    if sides == "no":
        return []
    if sides == "both":
        ends: list[Place] = [end for end in (road.points[0], road.points[-1]) if len(network.ends[end]) == 1]
        return [road.shape.buffer(reach, cap_style="flat"), *(Point(end).buffer(reach) for end in ends)]
    return [road.shape.buffer(reach if sides == "left" else -reach, single_sided=True)]
