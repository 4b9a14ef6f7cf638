# SPDX-License-Identifier: Apache-2.0
"""Photos that must not come into the data set: one for each reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from offline_tools.simworld.frame import LocalFrame

_COMPUTED = ("computed_geometry", "computed_altitude", "computed_compass_angle", "computed_rotation")


class Case(NamedTuple):
    """An answer, the stage that it fails (of the recipe `mia`; "outside": of the place), whether there is a photo."""

    answer: dict[str, Any]
    stage: str
    has_photo: bool = True


def failing(good: Mapping[str, Mapping[str, Any]], new_id: Callable[[], str]) -> dict[str, Case]:
    """Made from good ones by one change each."""
    models = list(good.values())
    required = "value_missing_filter:required_fields_filter"
    changes: list[tuple[str, dict[str, Any], bool]] = [
        (required, {}, False),
        (required, dict.fromkeys(_COMPUTED), True),
        (required, {"sfm_cluster": None}, True),
        ("date_filter", {"captured_at": 1_420_113_600_000}, True),
        ("value_in_list_filter:camera_model_filter", {"make": "Google", "model": "Pixel 4"}, True),
        ("value_in_list_filter:camera_type_filter", {"camera_type": "spherical", "camera_parameters": []}, True),
        ("angle_discrip_filter", {"compass_angle": (models[6]["computed_compass_angle"] + 40) % 360}, True),
        ("loc_discrip_filter", {"geometry": _moved(models[7]["computed_geometry"], 0.0, 8.0)}, True),
        ("value_range_filter:exif_filter", {"exif_orientation": 6}, True),
        ("outside", _elsewhere(models[9], 185.0), True),
    ]
    cases = {}
    for k, (stage, change, has_photo) in enumerate(changes):
        answer = {**models[k], "id": new_id(), **change}
        known = {name: value for name, value in answer.items() if value is not None}
        cases[answer["id"]] = Case(known, stage, has_photo)
    return cases


def _elsewhere(model: Mapping[str, Any], metres: float) -> dict[str, Any]:
    return {name: _moved(model[name], metres, metres) for name in ("geometry", "computed_geometry")}


def _moved(point: Mapping[str, Any], east: float, north: float) -> dict[str, Any]:
    lon, lat = point["coordinates"]
    there_lat, there_lon = LocalFrame(lat, lon).to_globe(east, north)
    return {"type": "Point", "coordinates": [float(there_lon), float(there_lat)]}
