# SPDX-License-Identifier: Apache-2.0
"""Crossings that a map has as a node of a road: a band from one edge of the road to the other."""

from __future__ import annotations

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.osm.elements import Elements
from offline_tools.osm.scene.builder import Pen, ShapesBuilder
from offline_tools.osm.scene.outlines import Outline
from offline_tools.osm.scene.roads import Road
from offline_tools.osm.style.model import CrossingNodes


def draw_crossing_nodes(
    builder: ShapesBuilder, elements: Elements, outlines: list[Outline], roads: list[Road], rule: CrossingNodes
) -> None:
    """Draw a band across each road at its crossing nodes, but where a way that is drawn crosses there."""
    nodes = elements.nodes
    crossings = {ref for ref, tags in zip(nodes.ids.tolist(), nodes.tags, strict=True) if rule.holds(tags)}
    crossings -= _drawn(outlines, rule)
    for road in roads:
        for index in np.flatnonzero(np.isin(road.refs, list(crossings))) if crossings else ():
            band = _across(road, int(index))
            if band is not None:
                builder.stroke([band], rule.channel, Pen(pixels=rule.pen))


def _drawn(outlines: list[Outline], rule: CrossingNodes) -> set[int]:
    """Nodes of the ways that draw their crossing themselves."""
    return {
        ref
        for outline in outlines
        if any(outline.tags.get(key) in values for key, values in rule.drawn_by.items())
        for ref in outline.refs.tolist()
    }


def _across(road: Road, index: int) -> FloatArray | None:
    """From the right edge of the road to the left one, square to its direction around a node."""
    before, after = road.points[max(index - 1, 0)], road.points[min(index + 1, len(road.points) - 1)]
    along = after - before
    length = float(np.hypot(*along))
    if length == 0:
        return None
    left = np.array([-along[1], along[0]]) / length * road.metre
    centre = road.points[index] + left * road.placement
    return np.stack([centre - left * road.width / 2, centre + left * road.width / 2])
