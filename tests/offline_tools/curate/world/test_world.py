# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import cv2
import mercantile
import numpy as np
import pytest
import requests
import shapely

from offline_tools.curate.filters import apply_recipe
from offline_tools.curate.keyframes import keyframes
from offline_tools.curate.services.flatten import flatten
from offline_tools.osm import MapStore, render
from tests.offline_tools.curate.world import PASSING, Faults, recorded_world, serve, simulated_world
from tests.offline_tools.curate.world.server import TOKEN
from tests.offline_tools.curate.world.small import small_world
from tests.offline_tools.curate.world.tiles import tile_of


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return simulated_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def table(world):
    """As a client has it that asked for every photo."""
    addresses = {id_: {"thumb_2048_url": f"https://photos.example/{id_}"} for id_ in world.photos}
    return flatten([{**image, **addresses.get(id_, {})} for id_, image in world.images.items()])


def ask(served, path: str, **query: str) -> requests.Response:
    return requests.get(f"{served.url}{path}", query, headers={"Authorization": f"OAuth {TOKEN}"}, timeout=10)


def test_each_filter_drops_the_photos_that_are_there_for_it(world, table) -> None:
    outside = [id_ for id_, stage in world.rejected.items() if stage == "outside"]
    left = set(table["id"])
    for stage, kept in apply_recipe("mia", table):
        gone = {id_ for id_, why in world.rejected.items() if why == stage}
        assert left - set(kept) == gone != set()
        left = set(kept)
    assert left == {*world.good, *outside}


def test_there_are_key_frames_of_every_sequence(world, table) -> None:
    good = table.filter(table["id"].is_in(world.good))
    assert len(world.good) == 40
    chosen = good.filter(good["id"].is_in(keyframes(good)))
    assert chosen.height >= 15
    assert chosen["sequence"].n_unique() == 3


def test_the_place_holds_all_photos_but_the_one_that_is_outside(world) -> None:
    held = {
        id_: world.polygon.contains(shapely.Point(image["geometry"]["coordinates"]))
        for id_, image in world.images.items()
    }
    assert [id_ for id_, inside in held.items() if not inside] == [
        id_ for id_, stage in world.rejected.items() if stage == "outside"
    ]


def test_photos_lie_in_several_tiles(world) -> None:
    tiles = {mercantile.tile(*image["geometry"]["coordinates"], 14) for image in world.images.values()}
    assert 2 <= len(tiles) <= 4


def test_headings_of_rotations_are_the_compass_angles(world) -> None:
    for image in world.images.values():
        if "computed_rotation" in image:
            axis = np.linalg.inv(cv2.Rodrigues(np.array(image["computed_rotation"]))[0]) @ [0.0, 0.0, 1.0]
            heading = np.degrees(np.arctan2(axis[0], axis[1]))
            assert (heading - image["computed_compass_angle"] + 180) % 360 == pytest.approx(180, abs=1e-6)


def test_photos_are_pictures_of_the_size_that_is_told(world) -> None:
    for id_, photo in world.photos.items():
        picture = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
        image = world.images[id_]
        assert picture.shape == (image["height"], image["width"], 3)
        assert picture.std() > 10


def test_the_street_map_covers_all_good_photos(world, tmp_path) -> None:
    store = MapStore.open(world.streets, driving_side=world.driving_side, folder=tmp_path / "store")
    for id_ in world.good[::4]:
        image = world.images[id_]
        lon, lat = image["computed_geometry"]["coordinates"]
        mask = render(store, lat, lon, image["computed_compass_angle"])
        assert mask[..., 0].any()  # road


def test_the_same_seed_gives_the_same_world(world, tmp_path) -> None:
    again = simulated_world(tmp_path)
    assert again.images == world.images
    assert again.streets.read_bytes() == world.streets.read_bytes()


def test_photos_of_a_real_sequence_are_served(shared) -> None:
    world = recorded_world(shared)
    assert len(world.photos) == 6
    with serve(world) as served:
        for id_ in world.photos:
            url = ask(served, f"/{id_}", fields="thumb_2048_url").json()["thumb_2048_url"]
            assert requests.get(url, timeout=10).content == world.photos[id_]


def test_real_places_are_found_by_their_words(shared) -> None:
    with serve(recorded_world(shared)) as served:
        (found,) = ask(served, "/search", q="Piedmont, California", format="jsonv2", polygon_geojson="1").json()
        assert found["geojson"]["type"] == "Polygon"
        assert ask(served, "/search", q="Atlantis", format="jsonv2").json() == []


def test_a_place_may_have_a_second_part() -> None:
    with serve(small_world(), Faults(multipolygon=True)) as served:
        (found,) = ask(served, "/search", q="Hamlet", polygon_geojson="1").json()
    assert [len(found["geojson"]["coordinates"]), found["geojson"]["type"]] == [2, "MultiPolygon"]


def test_the_log_tells_of_a_token_but_not_which() -> None:
    with serve(small_world()) as served:
        requests.get(f"{served.url}/14/1/1?access_token={TOKEN}&x=1", timeout=10)
        ask(served, "/1001", fields="id")
        requests.get(f"{served.url}/1001?fields=id", timeout=10)
    assert TOKEN not in str(served.log)
    assert [(entry.query, entry.had_token, entry.status) for entry in served.log] == [
        ("x=1", True, 200),
        ("fields=id", True, 200),
        ("fields=id", False, 401),
    ]


def test_a_deleted_photo_is_on_a_tile_and_nowhere_else(world) -> None:
    (deleted,) = world.deleted
    where = mercantile.tile(*world.deleted[deleted]["geometry"]["coordinates"], 14)
    with serve(world, Faults(deleted=True)) as served:
        body = requests.get(f"{served.url}/14/{where.x}/{where.y}?access_token={TOKEN}", timeout=10).content
        assert body == tile_of({**world.images, **world.deleted}, *where[2:], *where[:2], Faults())
        assert ask(served, f"/{deleted}", fields="id").json()["error"]["error_subcode"] == 33


def test_a_server_with_duplicates_tells_of_photos_on_two_tiles(world) -> None:
    tiles = [(14, x, y) for x in (8737, 8738) for y in (5699, 5700)]
    once = sum(len(tile_of(world.images, *tile, Faults())) for tile in tiles)
    twice = sum(len(tile_of(world.images, *tile, Faults(duplicates=True))) for tile in tiles)
    assert twice > once


def test_faults_follow_from_the_seed_and_the_target_alone() -> None:
    targets = [f"/{k}" for k in range(400)]
    plan = {target: Faults(seed=3, share=0.5).passing_of(target) for target in reversed(targets)}
    assert plan == {target: Faults(seed=3, share=0.5).passing_of(target) for target in targets}
    assert plan != {target: Faults(seed=4, share=0.5).passing_of(target) for target in targets}
    counts = Counter(plan.values())
    assert set(counts) == {"", *PASSING}
    assert 140 < counts[""] < 260


def test_the_server_answers_many_at_once() -> None:
    with serve(small_world(), latency_s=0.02) as served, ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: ask(served, "/1001", fields="sequence").json(), range(64)))
    assert found == [{"id": "1001", "sequence": "way"}] * 64
