# SPDX-License-Identifier: Apache-2.0
"""Each object of a map through the rules of a style, in the order of the file."""

from __future__ import annotations

from offline_tools.osm.elements import Elements
from offline_tools.osm.scene.builder import ShapesBuilder
from offline_tools.osm.scene.crossings import draw_crossing_nodes
from offline_tools.osm.scene.joints import draw_joints
from offline_tools.osm.scene.outlines import Outline, origin_of, outlines_of
from offline_tools.osm.scene.roads import Road, draw_road, road_of
from offline_tools.osm.scene.sidewalks import Pavement
from offline_tools.osm.shapes import Shapes
from offline_tools.osm.style import Style


def compile_shapes(elements: Elements, style: Style, *, driving_side: str, infer_sidewalks: bool) -> Shapes:
    """Everything that `style` draws of `elements`.

    Joints are made over all the roads that are given: a road must not come without those that it meets.
    """
    origin = origin_of(elements)
    builder = ShapesBuilder(origin)
    pavement = Pavement(style.sidewalks, driving_side, infer_sidewalks)
    outlines = outlines_of(elements, origin)
    roads: list[Road] = []
    for outline in outlines:
        if style.is_hidden(outline.tags):
            continue
        _draw_building(builder, style, outline)
        row = style.road_of(outline.tags)
        if row is None:
            for feature in style.features_of(outline.tags):
                builder.paint(outline.lines, feature)
        elif (road := road_of(outline, row, style, pavement)) is not None:
            roads.append(road)
    draw_joints(builder, roads, style.borders)  # it shortens roads where they change their width
    for road in roads:
        draw_road(builder, road, style.borders)
    if style.crossing_nodes is not None:
        draw_crossing_nodes(builder, elements, outlines, roads, style.crossing_nodes)
    return builder.build()


def _draw_building(builder: ShapesBuilder, style: Style, outline: Outline) -> None:
    if style.buildings.holds(outline.tags):
        builder.paint(outline.lines, style.buildings)
