# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest
from pyproj import Geod

from offline_tools.curate.keyframes import keyframes, select
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.photos import photos

ORIGIN = (2.0, 48.0)
WGS84 = Geod(ellps="WGS84")


def at(metres: float, altitude: float | None = 0.0, **change: object) -> dict:
    """A photo so far north of the origin, the farther the later."""
    lat = WGS84.fwd(*ORIGIN, 0, metres)[1]
    place = {"computed_geometry.long": ORIGIN[0], "computed_geometry.lat": lat, "computed_altitude": altitude}
    return {**place, "captured_at": 1_600_000_000_000 + round(100 * metres), **change}


def ids_of(sequences: dict[str, list[str]]) -> list[str]:
    return [id_ for ids in sequences.values() for id_ in ids]


@pytest.fixture(scope="module")
def published(shared) -> dict:
    return json.loads((shared / "fixtures" / "fpv" / "keyframes_dev.json").read_text())


@pytest.fixture(scope="module")
def filtered(shared, published) -> pl.DataFrame:
    table = pl.read_parquet(shared / "fixtures" / "filters" / "metadata_dev.parquet")
    return table.filter(pl.col("id").is_in(ids_of(published["input_order"])))


def test_key_frames_are_those_of_the_published_code(published, filtered) -> None:
    expected = ids_of(published["kept"])
    assert keyframes(filtered, origin=tuple(published["projection_center_lonlat"])) == expected
    assert keyframes(filtered) == expected


def test_the_order_of_the_table_does_not_matter(published, filtered) -> None:
    shuffled = filtered.sample(fraction=1, shuffle=True, seed=4)
    assert keyframes(shuffled) == ids_of(published["kept"])


def test_a_table_in_a_file_gives_the_same(filtered, tmp_path) -> None:
    filtered.write_parquet(tmp_path / "table.parquet")
    assert keyframes(tmp_path / "table.parquet") == keyframes(filtered)


def test_a_photo_is_kept_four_metres_after_the_last_one() -> None:
    table = photos(*(at(metres) for metres in (0, 3.99, 4.01, 5, 8.02, 20)))
    assert keyframes(table, ORIGIN) == ["0", "2", "4", "5"]


def test_the_path_counts_and_not_the_distance() -> None:
    table = photos(*(at(metres, captured_at=time) for time, metres in enumerate((0, 1.5, 0, 1.5, 0))))
    assert keyframes(table, ORIGIN) == ["0", "3"]


def test_the_path_goes_up_too() -> None:
    assert keyframes(photos(at(0), at(3, 2.5), at(3.01, 2.5)), ORIGIN) == ["0"]
    assert keyframes(photos(at(0), at(3, 2.7)), ORIGIN) == ["0", "1"]


def test_photos_of_one_time_stay_in_the_order_of_the_table() -> None:
    table = photos(*(at(metres, captured_at=5) for metres in (9, 0, 1, 7)), at(20, captured_at=4))
    assert keyframes(table, ORIGIN) == ["4", "0", "1", "3"]


def test_photos_without_a_time_come_last() -> None:
    assert keyframes(photos(at(50, captured_at=None), at(0), at(10)), ORIGIN) == ["1", "2", "0"]


def test_sequences_are_apart_and_in_the_order_of_their_names() -> None:
    table = photos(at(0, sequence="b"), at(1, sequence="B"), at(2, sequence="a"), at(9, sequence="b"))
    assert keyframes(table, ORIGIN) == ["1", "2", "0", "3"]


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_nothing_is_kept_behind_a_photo_without_altitude(nothing: float | None) -> None:
    table = photos(at(0), at(5), at(10, nothing), at(15), at(20), at(0, sequence="b"))
    selection = select(table, ORIGIN)
    assert selection.rows.tolist() == [0, 1, 5]
    assert selection.cut_short == 1


def test_a_first_photo_without_altitude_is_the_only_one() -> None:
    assert keyframes(photos(at(0, None), at(5), at(10)), ORIGIN) == ["0"]


def test_a_sequence_that_leaves_50_km_is_left_out() -> None:
    table = photos(at(0), at(50_001), at(0, sequence="b"), at(49_990, sequence="b"))
    selection = select(table, ORIGIN)
    assert (selection.rows.tolist(), selection.sequences, selection.too_far) == ([2, 3], 2, 1)


def test_a_sequence_with_a_photo_without_position_is_left_out() -> None:
    table = photos(at(0), at(9, **{"computed_geometry.lat": None}), at(0, sequence="b"))
    assert select(table, ORIGIN).rows.tolist() == [2]


def test_photos_of_no_sequence_are_counted() -> None:
    selection = select(photos(at(0), at(9, sequence=None)), ORIGIN)
    assert (selection.rows.tolist(), selection.without_sequence) == ([0], 1)


def test_the_centre_is_found_over_the_antimeridian() -> None:
    lons = [179.9999, -179.9999]
    rows = [at(number, **{"computed_geometry.long": lon}) for number, lon in enumerate(lons)]
    assert keyframes(photos(*rows)) == ["0", "1"]


def test_a_walk_of_many_sequences_agrees_with_geodesics() -> None:
    random = np.random.default_rng(3)
    rows, expected = [], []
    for sequence in range(20):
        path = math.inf
        lon, lat = ORIGIN
        for time in range(30):
            metres, course = random.uniform(0.2, 3), random.uniform(0, 360)
            path += metres
            lon, lat, _ = WGS84.fwd(lon, lat, course, metres)
            place = {"computed_geometry.long": lon, "computed_geometry.lat": lat, "computed_altitude": 0.0}
            rows.append({**place, "sequence": f"{sequence:02}", "captured_at": time})
            if path >= 4:
                expected.append(str(len(rows) - 1))
                path = 0.0
    assert keyframes(photos(*rows)) == expected


def test_nothing_kept_at_all_is_a_mistake() -> None:
    with pytest.raises(DatasetError, match="more than 50 km from the origin, longitude 48, latitude 2; is the origin"):
        keyframes(photos(at(0)), origin=(48.0, 2.0))
    with pytest.raises(DatasetError, match="no row has a sequence"):
        keyframes(photos(at(0, sequence=None)), ORIGIN)
    with pytest.raises(DatasetError, match="no row has a position"):
        keyframes(photos(at(0, **{"computed_geometry.lat": None})))


def test_bad_input_is_named() -> None:
    table = photos(at(0))
    with pytest.raises(DatasetError, match=r"origin \(40.44, -99.99\): want longitude and latitude, in this order"):
        keyframes(table, (40.44, -99.99))
    with pytest.raises(DatasetError, match="a spacing of 0 m"):
        keyframes(table, spacing_m=0)
    with pytest.raises(DatasetError, match="no column 'computed_altitude'"):
        keyframes(table.drop("computed_altitude"))
    with pytest.raises(DatasetError, match="the table has no rows"):
        keyframes(table.clear())
