# SPDX-License-Identifier: Apache-2.0
import json
import math
from pathlib import Path

import numpy as np
import pytest

from offline_tools.curate import coverage as module
from offline_tools.curate.coverage import coverage
from offline_tools.errors import DatasetError


def test_coverage_equals_the_published(shared: Path) -> None:
    for place in json.loads((shared / "fixtures" / "filters" / "coverage_dev.json").read_text()).values():
        found = coverage(place["lon"], place["lat"])
        assert [found.rows, found.columns] == place["map_shape"]
        assert found.cells == place["occupied_cells"]
        assert found.area_km2 == pytest.approx(place["area_km2"], abs=1e-6)


def test_one_photo_covers_112_metres_each_way() -> None:
    found = coverage([8.5], [47.4])
    assert (found.rows, found.columns, found.cells) == (32, 32, 256)
    assert found.area_km2 == pytest.approx(0.112**2)


def test_a_place_counts_once_however_many_photos_it_has() -> None:
    assert coverage([8.5] * 1000, [47.4] * 1000).cells == 256


def test_strips_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    lon, lat = random.uniform(8.5, 8.53, 200), random.uniform(47.4, 47.42, 200)
    whole = coverage(lon, lat)
    monkeypatch.setattr(module, "_STRIP_CELLS", 5000)
    assert coverage(lon, lat) == whole


def test_no_photos_cover_nothing() -> None:
    assert coverage([], []).area_km2 == 0


@pytest.mark.parametrize(("lon", "lat"), [([math.nan], [47.0]), ([8.0], [91.0]), ([8.0, 8.1], [47.0])])
def test_bad_positions_are_refused(lon: list[float], lat: list[float]) -> None:
    with pytest.raises(DatasetError, match=r"^coverage: [^\n]+$"):
        coverage(lon, lat)


def test_photos_of_the_whole_world_are_no_place() -> None:
    with pytest.raises(DatasetError, match="place by place"):
        coverage([-70.0, 70.0], [-40.0, 60.0])
