# SPDX-License-Identifier: Apache-2.0
"""From the name of a place to a data set, against real servers on loopback with all their faults."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import cv2
import polars as pl
import pytest

from mia_ros.errors import MiaError
from offline_tools.dataset import Dataset
from offline_tools.errors import DatasetError
from offline_tools.osm.sources.locking import locked
from tests.commands import mia
from tests.offline_tools.curate.jobs import Town, configuration, files_of, run, street_server
from tests.offline_tools.curate.world import Faults, Logged, Served, serve
from tests.offline_tools.curate.world.server import TOKEN


def ids(path: Path) -> list[str]:
    return pl.read_parquet(path, columns=["id"])["id"].to_list()


def about_photos(served: Served, first: int = 0) -> list[Logged]:
    """Requests for what is known of photos; those for a fresh address alone are not among them."""
    return [entry for entry in served.log[first:] if "camera_type" in entry.query]


def copied(curated: Path, folder: Path) -> Path:
    shutil.copytree(curated / "data", folder / "data")
    return folder


def test_all_stages_leave_what_the_world_is(town: Town, curated: Path) -> None:
    """Faults deleted a photo that tiles still show; what the recipe must refuse is known by how it was made."""
    world, folder = town.world, curated / "data/town"
    outside = {id_ for id_, stage in world.rejected.items() if id_ not in ids(folder / "image_points.parquet")}
    assert set(ids(folder / "image_points.parquet")) == ({*world.images, *world.deleted} - outside)
    assert set(ids(folder / "image_metadata.parquet")) == set(world.images) - outside
    assert sorted(ids(folder / "image_metadata_filtered.parquet")) == sorted(world.good)
    frames = ids(curated / "data/.curate/town/keyframes.parquet")
    assert sorted(ids(folder / "image_metadata_filtered_processed.parquet")) == sorted(frames)
    data = Dataset.open(curated / "data")
    assert sorted(data.ids("town")) == sorted(frames) and len(frames) > 30
    split = json.loads((curated / "data/split.json").read_text())
    train, val = (set(map(str, split[part]["town"])) for part in ("train", "val"))
    assert train and val and not train & val and train | val <= set(frames)


def test_each_id_is_there_once(curated: Path) -> None:
    found = ids(curated / "data/town/image_points.parquet")
    tiles = pl.read_parquet(sorted((curated / "data/.curate/town/tiles").glob("*.parquet")))
    assert len(found) == len(set(found)) and len(tiles) > tiles["id"].n_unique()


def test_maps_of_the_samples_are_of_their_streets(curated: Path) -> None:
    """All photos were taken on roads or sidewalks of the town."""
    data = Dataset.open(curated / "data")
    for id_ in data.ids("town"):
        mask = data.sample("town", id_).semantic_mask()
        assert mask[108:116, 108:116, :3].any()


def test_no_file_holds_the_token(curated: Path, town: Town) -> None:
    forms = {TOKEN, quote(TOKEN), quote(TOKEN, safe=""), quote_plus(TOKEN), TOKEN.split("|")[2]}
    for path in [path for folder in (curated, town.folder) for path in folder.rglob("*")]:
        data = path.read_bytes() if path.is_file() else b""
        assert not any(form.encode() in data or form in str(path) for form in forms), path


def test_no_state_of_a_finished_job_is_a_journal_or_a_part(curated: Path) -> None:
    names = [path.name for path in curated.rglob("*")]
    assert not [name for name in names if name.endswith((".jsonl", ".part"))]


def test_a_finished_job_asks_nothing_and_writes_nothing(curated: Path, town: Town, tmp_path: Path) -> None:
    copied(curated, tmp_path)
    before = files_of(tmp_path / "data")
    with serve(town.world) as served:
        done = run(tmp_path, town, served)
        assert not done.done and not served.log
    assert files_of(tmp_path / "data") == before


def test_faults_change_nothing_in_the_data_set(curated: Path, town: Town, tmp_path: Path) -> None:
    """Tables with addresses of photos differ, as the port of the server is another. A place has the same parts."""
    faults = Faults.all(share=0.0, expired=0.0)
    with serve(town.world, faults) as served:
        run(tmp_path, town, served)
        assert max(Counter(entry.path for entry in about_photos(served)).values()) == 1
    calm, stormy = files_of(tmp_path / "data/town"), files_of(curated / "data/town")
    pictures = [name for name in calm if name.endswith((".jpg", ".npz")) or name == "dump.json"]
    assert pictures and all(calm[name] == stormy[name] for name in pictures) and calm.keys() == stormy.keys()


def test_another_recipe_asks_for_nothing_that_is_known(curated: Path, town: Town, tmp_path: Path) -> None:
    copied(curated, tmp_path)
    said: list[str] = []
    before = set(ids(tmp_path / "data/.curate/town/keyframes.parquet"))
    with serve(town.world) as served:
        done = run(tmp_path, town, served, said, recipe="mia_rural")
        assert not about_photos(served)
        assert not [entry for entry in served.log if entry.path.rsplit("/", 1)[1].removesuffix(".jpg") in before]
    assert done.done[:2] == ["town/filters", "town/keyframes"] and "town/filters is done anew" in said[0].replace(
        ": ", "/"
    )
    assert len(said) == len({line.split(" is done anew")[0] for line in said}) <= 7
    assert len(ids(tmp_path / "data/town/image_metadata_filtered.parquet")) > len(before)


def test_a_larger_place_asks_for_the_new_photos_alone(town: Town, tmp_path: Path) -> None:
    left, bottom, right, top = town.world.polygon.bounds
    small = {"name": "town", "bounds": [left, bottom, (left + right) / 2, top], "osm": str(town.streets)}
    large = {**small, "bounds": [left, bottom, right, top]}
    with serve(town.world) as served:
        run(tmp_path, town, served, locations=[small])
        first = len(served.log)
        known = set(ids(tmp_path / "data/town/image_points.parquet"))
        run(tmp_path, town, served, locations=[large])
        asked = {entry.path.strip("/") for entry in about_photos(served, first)}
        everything = set(ids(tmp_path / "data/town/image_points.parquet"))
        assert known < everything and asked == everything - known
        assert not [path for path in served.paths() if path.startswith("/14/") and served.paths()[path] > 1]


def test_photos_that_are_not_kept_are_gone_and_fetched_again_when_they_are_needed(town: Town, tmp_path: Path) -> None:
    with serve(town.world) as served:
        run(tmp_path, town, served, keep_photos=False)
        assert not list((tmp_path / "data/.curate/town/photos").glob("*.jpg"))
        first = len(served.log)
        assert not run(tmp_path, town, served, keep_photos=False).done and len(served.log) == first
        run(tmp_path, town, served, keep_photos=False, undistortion={"size": 96})
        assert {entry.path.split("/")[1] for entry in served.log[first:]} == {"photo"}
    pictures = (tmp_path / "data/town/images").glob("*.jpg")
    assert {max(cv2.imread(str(path)).shape) for path in pictures} == {96}


def test_a_photo_that_was_deleted_meanwhile_is_a_line_and_not_the_end(town: Town, tmp_path: Path) -> None:
    with serve(town.world) as served:
        for stage in ("places", "tiles", "metadata", "filters", "keyframes"):
            run(tmp_path, town, served, only=stage)
        port = int(served.url.rsplit(":", 1)[1])
    lost = ids(tmp_path / "data/.curate/town/keyframes.parquet")[0]
    fewer = {id_: photo for id_, photo in town.world.photos.items() if id_ != lost}
    with serve(replace(town.world, photos=fewer), port=port) as served:
        done = run(tmp_path, town, served)
    assert done.counts["town/photos"]["problems"] == {"deleted": 1}
    assert lost not in ids(tmp_path / "data/town/image_metadata_filtered_processed.parquet")


def test_one_stage_alone_needs_those_before_it(town: Town, tmp_path: Path) -> None:
    with serve(town.world) as served:
        with pytest.raises(DatasetError, match="^town: filters needs the stage metadata, which is not finished"):
            run(tmp_path, town, served, only="filters")
        assert run(tmp_path, town, served, only="places").done == ["town/places"]
        with pytest.raises(DatasetError, match="did you mean places"):
            run(tmp_path, town, served, only="place")


def test_a_second_job_is_refused(town: Town, tmp_path: Path) -> None:
    state = tmp_path / "data/.curate"
    state.mkdir(parents=True)
    with serve(town.world) as served, locked(state / "lock"), pytest.raises(DatasetError, match="another job curates"):
        run(tmp_path, town, served)


def test_samples_of_others_are_not_touched(town: Town, tmp_path: Path) -> None:
    picture = tmp_path / "data/town/images/1_undistorted.jpg"
    picture.parent.mkdir(parents=True)
    picture.touch()
    with serve(town.world) as served, pytest.raises(DatasetError, match="holds samples that 'mia curate' did not make"):
        run(tmp_path, town, served)
    assert picture.exists()


def test_the_street_map_may_come_from_the_api_and_is_asked_for_once(town: Town, tmp_path: Path) -> None:
    place = {"name": "town", "query": town.world.name, "osm": "api"}
    with serve(town.world) as served, street_server(town.streets) as (url, asked):
        services = {**configuration(town, served.url)["services"], "osm_api": url}
        run(tmp_path, town, served, locations=[place], services=services)
        run(tmp_path, town, served, locations=[place], services=services, maps={"style": "navigation"})
        assert len(asked) == 1
    path, _, box = asked[0].partition("?bbox=")
    west, south, east, north = map(float, box.split(","))
    places = [town.world.images[id_]["computed_geometry"]["coordinates"] for id_ in town.world.good]
    assert path == "/api/0.6/map" and (east - west) * (north - south) < 2e-4
    assert all(west + 0.003 < lon < east - 0.003 and south + 0.002 < lat < north - 0.002 for lon, lat in places)


def test_a_token_that_is_refused_ends_the_job_at_once(town: Town, tmp_path: Path) -> None:
    with serve(town.world, Faults(bad_token=True)) as served:
        with pytest.raises(DatasetError, match="check the access token") as caught:
            run(tmp_path, town, served)
        assert TOKEN not in str(caught.value) and len(served.log) < 30


def test_a_place_that_does_not_exist_is_named(town: Town, tmp_path: Path) -> None:
    with serve(town.world) as served, pytest.raises(DatasetError, match="no place 'Atlantis'"):
        run(tmp_path, town, served, locations=[{"name": "town", "query": "Atlantis", "osm": str(town.streets)}])


def test_a_map_of_another_place_is_refused_with_how_many_photos_are_outside(town: Town, tmp_path: Path) -> None:
    other = tmp_path / "other.osm"
    other.write_text(
        '<osm version="0.6"><bounds minlat="1" minlon="1" maxlat="1.01" maxlon="1.01"/>'
        '<node id="1" lat="1.001" lon="1.001"/><node id="2" lat="1.002" lon="1.002"/>'
        '<way id="3"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>'
    )
    place = {"name": "town", "query": town.world.name, "osm": str(other)}
    with (
        serve(town.world) as served,
        pytest.raises(MiaError, match=r"the map other.osm covers .*(\d+) of \1 photos lie"),
    ):
        run(tmp_path, town, served, locations=[place])


@pytest.mark.parametrize("stage", ["metadata", "photos"])
def test_servers_that_break_down_are_not_taken_for_photos_that_are_gone(town: Town, tmp_path: Path, stage: str) -> None:
    """All requests of the stage fail, again and again; later the servers are well."""
    quick = {"tries": 2, "back_off_s": 0.0}
    with serve(town.world) as served:
        for before in ("places", "tiles", *(("metadata", "filters", "keyframes") if stage == "photos" else ())):
            run(tmp_path, town, served, only=before)
    with serve(town.world, Faults(share=1.0, times=9, passing=("server",))) as broken:
        services = dict.fromkeys(("graph", "tiles", "nominatim", "osm_api"), broken.url)
        with pytest.raises(DatasetError, match=r"HTTP 500|requests of a unit failed"):
            run(tmp_path, town, broken, services={**services, **quick}, only=stage)
    assert not (tmp_path / f"data/.curate/town/{stage}.json").exists()


def test_a_photo_at_which_a_server_that_is_well_always_fails_is_left_out_and_counted(
    town: Town, tmp_path: Path
) -> None:
    with serve(town.world) as served:
        for stage in ("places", "tiles"):
            run(tmp_path, town, served, only=stage)
    with serve(town.world, Faults(share=0.1, times=99, passing=("server",))) as served:
        services = {**configuration(town, served.url)["services"], "tries": 2}
        counts = run(tmp_path, town, served, services=services, only="metadata").counts["town/metadata"]
        failed = {entry.path for entry in about_photos(served) if entry.status == 500}
    assert failed and counts["gone"] == {"the server fails at it": len(failed)}
    assert counts["there"] == counts["asked"] - len(failed)


@pytest.mark.slow
def test_the_data_set_trains_for_a_step(curated: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("lightning_fabric")
    out = str(tmp_path / "run")
    small = ("--set", "steps=1", "--set", "batch=2", "--set", "validation.samples=2", "--set", "validation.pictures=0")
    data = str(curated / "data")
    trained = mia("train", "sim_cpu", "--data", data, "--out", out, *small, cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    assert (tmp_path / "run/weights/manifest.json").exists()


def test_a_place_too_small_for_a_split_that_nobody_asked_for_is_a_data_set_without_one(town, tmp_path):
    with serve(town.world) as served:
        done = run(tmp_path, town, served, split={})
        assert "--block" in done.counts["splits"]["problem"]
        assert not (tmp_path / "data/split.json").exists() and (tmp_path / "data/gallery.html").is_file()
        assert run(tmp_path, town, served, split={}).done == []
        with pytest.raises(DatasetError, match="keys of 'split' in the configuration"):
            run(tmp_path, town, served, split={"block": 400})
