# SPDX-License-Identifier: Apache-2.0
"""The layers of the ground, from the lowest to the highest: where several hold, the highest is seen.

Terrain lies under parking, that under sidewalks, those under roads, those under crossings, as in the drawn maps.
Streets and sidewalks have three layers each, so that neighbouring streets can look different.
"""

from __future__ import annotations

LAYERS = (
    "base",  # what no shape of the map covers: yards
    "terrain",
    "park",
    "bare",  # soil, sand, fields, playgrounds
    "train",
    "water",
    "parking",
    "parking_paint",
    "sidewalk_a",
    "sidewalk_b",
    "sidewalk_c",
    "kerb",
    "road_a",
    "road_b",
    "road_c",
    "repair",
    "paint",  # lane markings
    "paint_yellow",
    "crossing",  # a crossing's part on the sidewalk: a dropped kerb
    "crossing_road",  # its part on the road
    "crossing_paint",
    "manhole",
    "building",
)
LAYER_INDEX = {name: index for index, name in enumerate(LAYERS)}

#: What a layer is to a map; one that is missing here has no class.
CLASS_OF_LAYER = {
    "terrain": "terrain",
    "bare": "terrain",
    "parking": "parking",
    "parking_paint": "parking",
    "sidewalk_a": "sidewalk",
    "sidewalk_b": "sidewalk",
    "sidewalk_c": "sidewalk",
    "kerb": "sidewalk",
    "road_a": "road",
    "road_b": "road",
    "road_c": "road",
    "repair": "road",
    "paint": "road",
    "paint_yellow": "road",
    "crossing": "crossing",
    "crossing_road": "crossing",
    "crossing_paint": "crossing",
    "building": "building",
}
