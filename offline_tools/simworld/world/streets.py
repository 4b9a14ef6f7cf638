# SPDX-License-Identifier: Apache-2.0
"""The streets of a part of a map: centre lines in local metres, widths, and where they meet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.osm.elements import Elements, Int64Array, Tags
from offline_tools.osm.frame import mercator
from offline_tools.osm.scene.outlines import DEGREES, Outline, origin_of, outlines_of
from offline_tools.osm.scene.roads import road_of
from offline_tools.osm.scene.sidewalks import Pavement
from offline_tools.osm.style import Style
from offline_tools.simworld.frame import LocalFrame

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Street:
    """A carriageway; `width` is that of the drawn map, metres."""

    line: FloatArray  # (n, 2) local metres
    refs: Int64Array
    width: float
    highway: str
    tags: Tags


@dataclass(frozen=True)
class Plan:
    """What a box of a map holds: all objects, and of these the streets; lines are in local metres."""

    objects: list[Outline]
    streets: list[Street]
    nodes: list[tuple[FloatArray, Tags]]  # places in local metres
    junctions: FloatArray  # (n, 3) x, y and the radius of where streets meet


def plan_of(
    elements: Elements, frame: LocalFrame, box: Box, style: Style, driving_side: str, infer_sidewalks: bool
) -> Plan:
    """All that reaches into the box."""
    origin = origin_of(elements)
    pavement = Pavement(style.sidewalks, driving_side, infer_sidewalks)
    scale, shift = frame.metres_per_degree, np.array(origin) - (frame.lon0, mercator(frame.lat0))
    objects, streets = [], []
    for outline in outlines_of(elements, origin):
        if style.is_hidden(outline.tags):
            continue
        lines = [(line + shift) * scale for line in outline.lines]
        row = style.road_of(outline.tags)
        road = road_of(outline, row, style, pavement) if row is not None else None
        if road is not None and row is not None and row.channel == "road" and not road.is_area:
            streets.append(Street(lines[0], road.refs, road.width, outline.tags.get("highway", ""), outline.tags))
        objects.append(Outline(outline.tags, lines, outline.refs, outline.metre))
    near = [thing for thing in objects if _touches(thing.lines, box)]
    x, y = frame.to_metres(elements.nodes.lat * DEGREES, elements.nodes.lon * DEGREES)
    inside = (x > box[0]) & (y > box[1]) & (x < box[2]) & (y < box[3])
    nodes = [(np.array([x[i], y[i]]), elements.nodes.tags[i]) for i in np.flatnonzero(inside)]
    return Plan(near, [street for street in streets if _touches([street.line], box)], nodes, _junctions(streets))


def _touches(lines: list[FloatArray], box: Box) -> bool:
    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    return bool(low[0] < box[2] and high[0] > box[0] and low[1] < box[3] and high[1] > box[1])


def _junctions(streets: list[Street]) -> FloatArray:
    """Nodes where more than two arms of streets meet."""
    arms: Counter[int] = Counter()
    widest: dict[int, tuple[float, float, float]] = {}
    for street in streets:
        last = len(street.refs) - 1
        for index, ref in enumerate(street.refs.tolist()):
            arms[ref] += 1 if index in (0, last) else 2
            before = widest.get(ref, (0.0, 0.0, 0.0))[2]
            widest[ref] = (float(street.line[index, 0]), float(street.line[index, 1]), max(before, street.width / 2))
    return np.array([widest[ref] for ref, count in arms.items() if count > 2], np.float64).reshape(-1, 3)
