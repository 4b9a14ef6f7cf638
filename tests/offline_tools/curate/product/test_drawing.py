# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from offline_tools.curate.product.drawing import MAPS, DrawUnit, draw_unit, outside
from offline_tools.curate.product.undistorting import POSED
from offline_tools.curate.tables import read_table, write_table
from offline_tools.dataset.files import read_array
from offline_tools.errors import DatasetError
from offline_tools.osm import MapStore, load_style, render, visibility
from offline_tools.rendering.job import OUTSIDE
from offline_tools.rendering.worker import PARTLY, DrawTask
from tests.offline_tools.curate.product.taken import LAT, LON, photo, table
from tests.offline_tools.osm.sources.xml_maps import square, way, write
from tests.offline_tools.rendering.places import make_town


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MapStore:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return MapStore.open(make_town(tmp_path))


def task_of(folder: Path, store: MapStore, **changes: object) -> DrawTask:
    plan = {"store": store.folder, "out": folder / "out", "location": "place", "style": load_style("mia")}
    plan |= {"infer_sidewalks": True, "driving_side": "right", "size": (224, 224), "resolution": 0.5}
    return DrawTask(**{**plan, "visibility": True, "partial": False, "compress": True, **changes})


def write_views(folder: Path, *rows: dict[str, object]) -> Path:
    path = folder / "views.parquet"
    full = [{**dict.fromkeys(POSED), "lat": LAT, "lon": LON, "heading": 30.0, **row} for row in rows]
    write_table(path, pl.DataFrame(full, schema=dict(POSED)))
    return path


def test_maps_are_those_of_the_renderer_at_the_views_pose(tmp_path: Path, store: MapStore) -> None:
    views = write_views(tmp_path, {"id": "1", "view_id": "1"})
    assert draw_unit(DrawUnit(views, task_of(tmp_path, store), tmp_path / "maps.parquet")) == 1
    mask = render(store, LAT, LON, 30.0, style=load_style("mia"), infer_sidewalks=True)
    np.testing.assert_array_equal(read_array(tmp_path / "out/place/semantic_masks/1.npz"), mask)
    np.testing.assert_array_equal(read_array(tmp_path / "out/place/flood_fill/1.npz"), visibility(mask[..., 4]))


def test_table_has_the_share_of_each_channel(tmp_path: Path, store: MapStore) -> None:
    views = write_views(tmp_path, {"id": "1", "view_id": "1"})
    draw_unit(DrawUnit(views, task_of(tmp_path, store), tmp_path / "maps.parquet"))
    row = read_table(tmp_path / "maps.parquet", MAPS).row(0, named=True)
    mask = read_array(tmp_path / "out/place/semantic_masks/1.npz")
    hidden = read_array(tmp_path / "out/place/flood_fill/1.npz")
    assert row["shares"] == pytest.approx([float(mask[..., channel].mean()) for channel in range(9)])
    assert row["visible"] == pytest.approx(float((hidden == 0).mean()))


def test_views_without_a_map_say_why_and_the_others_are_drawn(tmp_path: Path, store: MapStore) -> None:
    rows = [
        {"id": "1", "view_id": "1", "lat": 10.0},
        {"id": "2", "view_id": "2"},
        {"id": "3", "view_id": "3", "problem": "no photo"},
        {"id": "4", "view_id": "4", "lat": None},
    ]
    views = write_views(tmp_path, *rows)
    assert draw_unit(DrawUnit(views, task_of(tmp_path, store), tmp_path / "maps.parquet")) == 1
    found = read_table(tmp_path / "maps.parquet", MAPS)
    assert found["view_id"].to_list() == ["1", "2", "4"]
    assert found["problem"].to_list()[:2] == [OUTSIDE, None]
    assert found["problem"].to_list()[2].startswith("TypeError")


def test_windows_that_reach_out_of_a_declared_map_are_not_drawn(tmp_path: Path, store: MapStore) -> None:
    west, south, _, _ = store.bounds
    assert store.bounds_declared
    views = write_views(tmp_path, {"id": "1", "view_id": "1", "lat": south + 1e-5, "lon": west + 1e-5})
    draw_unit(DrawUnit(views, task_of(tmp_path, store), tmp_path / "maps.parquet"))
    assert read_table(tmp_path / "maps.parquet", MAPS)["problem"].item() == PARTLY


def test_such_windows_are_drawn_where_they_are_wanted(tmp_path: Path, store: MapStore) -> None:
    west, south, _, _ = store.bounds
    views = write_views(tmp_path, {"id": "1", "view_id": "1", "lat": south + 1e-5, "lon": west + 1e-5})
    assert draw_unit(DrawUnit(views, task_of(tmp_path, store, partial=True), tmp_path / "maps.parquet")) == 1


def test_without_visibility_no_such_mask_is_written(tmp_path: Path, store: MapStore) -> None:
    views = write_views(tmp_path, {"id": "1", "view_id": "1"})
    draw_unit(DrawUnit(views, task_of(tmp_path, store, visibility=False), tmp_path / "maps.parquet"))
    assert read_table(tmp_path / "maps.parquet", MAPS)["visible"].item() is None
    assert not (tmp_path / "out/place/flood_fill").exists()


def test_a_full_disk_ends_the_work(tmp_path: Path, store: MapStore) -> None:
    """/dev/full takes nothing; a link to it stands where the new file's bytes go."""
    masks = tmp_path / "out/place/semantic_masks"
    masks.mkdir(parents=True)
    (masks / f".1.npz.{os.getpid()}.part").symlink_to("/dev/full")
    views = write_views(tmp_path, {"id": "1", "view_id": "1"})
    with pytest.raises(DatasetError, match="No space left on device"):
        draw_unit(DrawUnit(views, task_of(tmp_path, store), tmp_path / "maps.parquet"))
    assert not (tmp_path / "maps.parquet").exists()


def test_another_map_in_the_same_folder_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that lives on may meet the folder again with what a later run has put there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    views = write_views(tmp_path, {"id": "1", "view_id": "1"})
    masks = []
    for tags in ({"landuse": "meadow"}, {"leisure": "park"}):
        ground = (*square(90, 2.0, 48.0, 0.01), way(190, [90, 91, 92, 93, 90], tags))
        store = MapStore.open(write(tmp_path / "town.osm", *ground), folder=tmp_path / "map")
        draw_unit(DrawUnit(views, task_of(tmp_path, store), tmp_path / "maps.parquet"))
        masks.append(read_array(tmp_path / "out/place/semantic_masks/1.npz"))
    assert not np.array_equal(*masks)


def test_a_table_of_views_without_poses_is_refused(tmp_path: Path, store: MapStore) -> None:
    path = tmp_path / "views.parquet"
    pl.DataFrame({"id": ["1"], "view_id": ["1"]}).write_parquet(path)
    with pytest.raises(DatasetError, match="no column 'width'"):
        draw_unit(DrawUnit(path, task_of(tmp_path, store), tmp_path / "maps.parquet"))


def test_photos_outside_the_map_are_counted(store: MapStore) -> None:
    rows = [photo("1"), photo("2"), photo("3", **{"computed_geometry.lat": 10.0})]
    assert outside(table(*rows), store) == 1


def test_a_map_of_another_place_is_refused_with_the_count(store: MapStore) -> None:
    rows = [photo(str(number), **{"computed_geometry.lat": 10.0}) for number in range(3)]
    with pytest.raises(DatasetError, match=r"town.osm covers latitudes .*; 3 of 4 photos lie outside: give a map"):
        outside(table(*rows, photo("9")), store)
