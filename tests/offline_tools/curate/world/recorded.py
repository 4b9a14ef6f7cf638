# SPDX-License-Identifier: Apache-2.0
"""A world of real answers and photos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import shapely

from tests.offline_tools.curate.world.world import World

_GRAPH = "data/mapillary_api/josm_mapillary_v4/graph"
_SEQUENCE = "data/photos/mapillary_seq_l27kwlcx3fjh7t6w9ccvic"
_PLACES = "data/osm_api/osmnx_cache_raw"


def recorded_world(shared: Path) -> World:
    """Photos of one sequence with a fisheye camera in Florianopolis, answers for two photos of a phone in Colorado,
    and three places of Nominatim."""
    images = {image["id"]: image for image in (*_sequence(shared), *_answers(shared))}
    files = sorted((shared / _SEQUENCE / "images").glob("*.jpg"))
    sequence = shapely.MultiPoint([image["geometry"]["coordinates"] for image in _sequence(shared)])
    return World(
        name="Florianopolis",
        polygon=sequence.convex_hull.buffer(5e-4).simplify(5e-5),
        images=images,
        photos={path.stem: path.read_bytes() for path in files if path.stem in images},
        places=tuple(_places(shared)),
    )


def _answers(shared: Path) -> list[dict[str, Any]]:
    """As they came, but for URLs that lead nowhere; what the server did not say then is made up."""
    names = ("311799370533334", "135511895288847")
    answers = [json.loads((shared / _GRAPH / f"{name}.json").read_text()) for name in names]
    more = {"creator": {"username": "recorded", "id": "5"}, "is_pano": False}
    return [{**{k: v for k, v in answer.items() if not k.startswith("thumb_")}, **more} for answer in answers]


def _sequence(shared: Path) -> list[dict[str, Any]]:
    """The sequence's own table, in the words of the API."""
    table = json.loads((shared / _SEQUENCE / "metadata.json").read_text())
    return [_answer(row) for rows in table.values() for row in rows]


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [row["lon"], row["lat"]]}
    kept = ("altitude", "camera_type", "camera_parameters", "width", "height", "make", "model", "quality_score")
    return {
        "id": row["image_id"],
        "sequence": row["seq_id"],
        "captured_at": row["captured_at_ms"],
        "geometry": point,
        "computed_geometry": point,
        "computed_altitude": row["altitude"],
        "computed_rotation": row["computed_rotation"],
        "compass_angle": 0.0,
        "is_pano": False,
        "creator": {"username": "recorded", "id": "6"},
        "sfm_cluster": {"id": "8", "url": "https://cluster.example/8"},
        "exif_orientation": 1,
        **{name: row[name] for name in kept},
    }


def _places(shared: Path) -> list[dict[str, Any]]:
    files = sorted((shared / _PLACES).glob("nominatim_*_polygon.json"))
    return [place for path in files for place in json.loads(path.read_text())]
