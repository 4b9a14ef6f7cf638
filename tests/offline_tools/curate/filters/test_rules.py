# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_tools.curate.filters import apply_recipe, load_recipe
from offline_tools.curate.filters.recipe import parse
from tests.offline_tools.curate.photos import photos

ANGLE, PLACE, DATE = "angle_discrip_filter", "loc_discrip_filter", "date_filter"
EXIF, REQUIRED = "value_range_filter:exif_filter", "value_missing_filter:required_fields_filter"
METRE = 1 / (math.radians(1) * 6_378_137)  # degrees of latitude


def alone(stage: str, *changes: dict, recipe: str = "mia") -> list[bool]:
    """Which of these photos one filter keeps."""
    rules = [rule for rule in load_recipe(recipe).filters if rule.name == stage]
    return kept_by(rules[0].model_dump(), *changes)


def kept_by(rule: dict, *changes: dict) -> list[bool]:
    recipe = parse({"name": "one", "filters": [rule]}, "test")
    kept = apply_recipe(recipe, photos(*changes))[0][1]
    return [str(number) in kept for number in range(len(changes))]


def headings(*pairs: tuple[float | None, float | None]) -> list[dict]:
    return [{"compass_angle": compass, "computed_compass_angle": computed} for compass, computed in pairs]


def test_headings_are_compared_around_the_circle() -> None:
    pairs = [(350.0, 9.0), (9.0, 350.0), (350.0, 11.0), (0.0, 360.0), (0.0, 180.0), (-170.0, 175.0), (700.0, 350.0)]
    assert alone(ANGLE, *headings(*pairs)) == [True, True, False, True, False, True, True]


def test_an_angle_of_20_degrees_is_too_much() -> None:
    assert alone(ANGLE, *headings((10.0, 30.0), (10.0, 29.999999), (30.0, 10.0), (355.0, 15.0))) == [
        False, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf])
def test_an_unknown_heading_is_not_kept(nothing: float | None) -> None:
    assert alone(ANGLE, *headings((nothing, 1.0), (1.0, nothing), (1.0, 1.0))) == [False, False, True]


@given(st.lists(st.tuples(st.floats(0, 360), st.floats(0, 360)), min_size=1, max_size=20))
def test_headings_agree_with_numpy_to_the_last_bit(pairs: list[tuple[float, float]]) -> None:
    compass, computed = np.array(pairs).T
    assert alone(ANGLE, *headings(*pairs)) == (np.abs((computed - compass + 180) % 360 - 180) < 20).tolist()


def moved(lon: float, lat: float, other_lon: float, other_lat: float) -> dict:
    measured = {"geometry.long": lon, "geometry.lat": lat}
    return {**measured, "computed_geometry.long": other_lon, "computed_geometry.lat": other_lat}


def test_three_metres_are_measured_on_the_sphere() -> None:
    there, far = 60 + 2.999 * METRE, 60 + 3.001 * METRE
    east = 2 * METRE  # at 60 degrees north, twice the degrees
    changes = [
        moved(5, 60, 5, there),
        moved(5, 60, 5, far),
        moved(5, 60, 5 + 2.999 * east, 60),
        moved(5, 60, 5 + 3.001 * east, 60),
    ]
    assert alone(PLACE, *changes) == [True, False, True, False]


def test_positions_on_both_sides_of_the_antimeridian_are_near() -> None:
    assert alone(PLACE, moved(180 - METRE, 0, METRE - 180, 0), moved(0, 0, 180, 0)) == [True, False]


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_an_unknown_position_is_not_kept(nothing: float | None) -> None:
    assert alone(PLACE, {"geometry.lat": nothing}, {"computed_geometry.long": nothing}, {}) == [False, False, True]


def test_the_first_of_january_2017_is_kept() -> None:
    times = [1_483_228_799_999, 1_483_228_800_000, None]
    assert alone(DATE, *({"captured_at": time} for time in times)) == [False, True, False]


def test_a_time_that_is_not_a_number_is_not_kept() -> None:
    assert alone(DATE, {"captured_at": math.nan}, {"captured_at": 1.6e12}) == [False, True]


def test_text_that_is_no_number_is_not_kept() -> None:
    values = ["", " 1 ", "1.0", "one", "6", None]
    assert alone(EXIF, *({"exif_orientation": value} for value in values)) == [False, True, True, False, False, False]


def test_required_fields_have_a_value_of_any_type() -> None:
    changes = [{"thumb_2048_url": None}, {"computed_geometry.coordinates": None}, {"sfm_cluster.id": None}, {}]
    assert alone(REQUIRED, *changes) == [False, False, False, True]
    assert alone(REQUIRED, {"sfm_cluster.id": math.nan}, {"sfm_cluster.id": 5.0}) == [False, True]


def test_a_column_without_any_value_keeps_nothing() -> None:
    assert alone(EXIF, {"exif_orientation": None}) == [False]


def test_models_are_compared_exactly() -> None:
    models = ["iphone11", "iPhone11", "iphone11prox", "smg930v", "sm-g930v", None]
    stage = "value_in_list_filter:camera_model_filter"
    assert alone(stage, *({"model": model} for model in models)) == [True, False, False, False, True, False]


def test_an_accuracy_counts_where_it_is_known() -> None:
    rule = {"kind": "between", "name": "gps", "column": "gps_accuracy_m", "highest": 5, "unknown": "keep"}
    assert kept_by(rule, *({"gps_accuracy_m": value} for value in (5.0, 5.1, None, math.nan))) == [
        True,
        False,
        True,
        True,
    ]
    assert kept_by(rule, {}) == [True]


def drive(*looks: float | None, sequence: str = "a", step: float = 4.0) -> list[dict]:
    """Photos on the way north, with headings."""
    return [
        {
            "sequence": sequence, "captured_at": 1_600_000_000_000 + 1000 * number, "computed_compass_angle": look,
            "computed_geometry.lat": 48 + number * step * METRE,
        }
        for number, look in enumerate(looks)
    ]  # fmt: skip


TRACK = {"kind": "track_gap", "name": "track", "below_deg": 30}


def test_a_heading_that_leaves_the_track_is_not_kept() -> None:
    assert kept_by(TRACK, *drive(0, 2, 358, 80, 1, 0, 0, 0)) == [True, True, True, False, True, True, True, True]


def test_a_camera_that_looks_sideways_all_the_way_is_kept() -> None:
    assert all(kept_by(TRACK, *drive(90, 92, 88, 91)))


def test_the_track_follows_the_time_and_not_the_table() -> None:
    photos_ = drive(0, 0, 0, 90, 0, 0, 0, 0)
    assert kept_by(TRACK, *photos_[::-1]) == [True] * 4 + [False] + [True] * 3


def test_sequences_have_tracks_of_their_own() -> None:
    rows = [row for pair in zip(drive(0, 0, 0), drive(90, 90, 90, sequence="b"), strict=True) for row in pair]
    assert all(kept_by(TRACK, *rows))


def test_a_photo_that_stands_has_no_track() -> None:
    assert kept_by(TRACK, *drive(0, 0, 0, step=0.1)) == [False] * 3
    assert kept_by(TRACK, *drive(None, 0, 0)) == [False, True, True]


def test_a_photo_of_no_sequence_has_no_track() -> None:
    rows = [{**row, "sequence": None} for row in drive(0, 0)]
    assert kept_by(TRACK, *rows, *drive(0, 0)) == [False, False, True, True]


def test_a_track_goes_over_the_antimeridian() -> None:
    lons = [180 - 8 * METRE, 180 - 4 * METRE, -180, 4 * METRE - 180]
    rows = [
        {
            "computed_geometry.lat": 0.0,
            "computed_geometry.long": lon,
            "computed_compass_angle": 90.0,
            "captured_at": time,
        }
        for time, lon in enumerate(lons)
    ]
    # A track that went around the Earth the other way would turn by 180 degrees in the middle.
    assert all(kept_by(TRACK, *rows))


def test_strict_keeps_a_part_of_what_mia_keeps() -> None:
    table = pl.concat(
        [
            photos(*drive(0, 0, 0, 0)).with_columns(
                compass_angle=pl.lit(0.0), quality_score=pl.Series([0.5, 0.49, None, 1.0])
            )
        ]
    )
    table = table.with_columns(pl.col("computed_geometry.lat").alias("geometry.lat"))
    assert apply_recipe("mia", table)[-1][1] == ["0", "1", "2", "3"]
    assert apply_recipe("strict", table)[-1] == ("heading_against_track", ["0", "3"])
