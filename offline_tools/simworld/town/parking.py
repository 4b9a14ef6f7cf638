# SPDX-License-Identifier: Apache-2.0
"""Car parks with their aisles, and alleys behind the houses."""

from __future__ import annotations

from shapely import LineString

from offline_tools.simworld.town.blocks import Builder, Plot
from offline_tools.simworld.town.fronts import has_street, line_up
from offline_tools.simworld.town.lines import Corner, direction, distance, points_of

AISLE = 16.0  # metres from aisle to aisle: the aisle and two rows of cars
_REACH = 24.0


def car_park(builder: Builder, plot: Plot, corner: Corner, width: float, depth: float) -> bool:
    """A car park behind a front, joined to the street, with an aisle for every two rows of cars."""
    ground = corner.box(1.0, 0.5, width - 1.0, depth)
    outward = (-corner.inward[0], -corner.inward[1])
    gate = corner.at(width / 2, 0.5)
    if not plot.fits(ground, 1.5) or builder.street_ahead(gate, outward, _REACH) is None:
        return False
    entrance = builder.way_in(gate, outward, _REACH)
    if entrance is None:
        return False
    plot.taken.append(ground)
    surface = builder.dice.pick(("asphalt", "asphalt", "paving_stones", "gravel"))
    builder.sheet.area(ground, {"amenity": "parking", "parking": "surface", "surface": surface})
    count = max(int((depth - 1) // AISLE), 1)
    first = (depth + 0.5) / 2 - AISLE * (count - 1) / 2
    stations = [first + AISLE * index for index in range(count)]
    spine = [*entrance, *(corner.at(width / 2, y) for y in stations)]
    builder.sheet.line(spine, {"highway": "service"})
    for y in stations:
        aisle = [corner.at(4.0, y), corner.at(width / 2, y), corner.at(width - 4.0, y)]
        builder.sheet.line(aisle, {"highway": "service", "service": "parking_aisle"})
    return True


def car_parks(builder: Builder, plot: Plot, most: int, deep: tuple[float, float] = (17.0, 22.0)) -> int:
    """Up to `most` car parks along the streets of a plot; how many there is room for."""
    made = 0

    def place(corner: Corner, width: float) -> bool:
        nonlocal made
        if made >= most or not has_street(builder, corner, width):
            return False
        made += (done := car_park(builder, plot, corner, width, builder.dice.between(*deep)))
        return done

    line_up(plot, 20, 42, builder.dice, place)
    return made


def alley(builder: Builder, plot: Plot) -> bool:
    """A service road down the middle of a block, from street to street."""
    corners = points_of(plot.ground.minimum_rotated_rectangle.exterior)
    a, b, c = corners[:3]
    along = direction(a, b) if distance(a, b) > distance(b, c) else direction(b, c)
    if min(distance(a, b), distance(b, c)) < 45:
        return False
    middle = plot.ground.centroid
    start = (middle.x, middle.y)
    reach = max(distance(a, b), distance(b, c)) / 2 + 25
    hits = [builder.street_ahead(start, way, reach) for way in (along, (-along[0], -along[1]))]
    if hits[0] is None or hits[1] is None:
        return False
    ends = [hits[0][1], hits[1][1]]
    line = LineString(ends)
    if line.intersection(plot.ground).length < 0.6 * line.length:
        return False
    for road, end in (hits[0], hits[1]):
        road.insert(end)
    between = [walk.insert(place) for walk, place in builder.walks.hits(line)]
    builder.sheet.line([ends[0], *between, ends[1]], {"highway": "service", "service": "alley"})
    builder.ways_in.append(line)
    plot.taken.append(line.buffer(3.3, cap_style="flat"))
    return True
