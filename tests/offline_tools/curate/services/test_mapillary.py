# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from offline_tools.curate.services.flatten import flatten
from offline_tools.curate.services.mapillary import FIELDS, Endpoints, Mapillary
from offline_tools.curate.services.tiles import Tile
from offline_tools.curate.web import Manners, Token, Web, WebError
from tests.offline_tools.curate.world import PASSING, Faults, Served, recorded_world, serve, simulated_world
from tests.offline_tools.curate.world.small import small_world

#: Patient, but not for long.
MANNERS = Manners(per_second=1000, tries=3, back_off_s=0.01, timeout_s=0.3, connect_s=2.0)


def ask(served: Served, what: Callable[[Mapillary], Any], token: str = "", manners: Manners = MANNERS) -> Any:
    """What a client of that server gets."""

    async def run() -> Any:
        async with Web("mia_ros/test (nobody@example.org)", manners) as web:
            return await what(Mapillary(web, Token(token or served.token), Endpoints(served.url, served.url)))

    return asyncio.run(run())


@pytest.fixture(scope="module")
def world():
    return small_world()


@pytest.fixture(scope="module")
def served(world):
    with serve(world) as running:
        yield running


def test_an_image_has_all_that_the_server_knows(served, world) -> None:
    found = ask(served, lambda mapillary: mapillary.image("1001"))
    url = f"{served.url}/photo/1001.jpg?stp="
    assert {name: value for name, value in found.items() if not name.startswith("thumb_")} == world.images["1001"]
    assert found["thumb_2048_url"].startswith(f"{url}thumb_2048_url")
    assert found["thumb_original_url"].startswith(f"{url}thumb_original_url")


def test_real_answers_come_through_and_flatten(shared) -> None:
    with serve(recorded_world(shared)) as served:
        found = ask(served, lambda mapillary: mapillary.image("311799370533334"))
    row = flatten([found]).row(0, named=True)
    assert row["computed_rotation"] == [1.3806186802315, -0.050131317819359, -0.038180974935017]
    assert row["quality_score"] == 0.74476744186047


def test_all_fields_are_asked_for_with_the_token_in_the_header(world) -> None:
    with serve(world) as served:
        ask(served, lambda mapillary: mapillary.image("1001"))
    (entry,) = served.log
    assert entry.had_token
    assert entry.query == f"fields={'%2C'.join(FIELDS)}"
    assert len(FIELDS) == 23


def test_a_tile_tells_of_its_photos(served) -> None:
    found = ask(served, lambda mapillary: mapillary.tile(Tile(14, 8738, 5700)))
    assert found["id"].to_list() == ["1001", "1002"]
    assert found["sequence"].to_list() == ["way"] * 2


def test_a_tile_without_photos_is_an_empty_table(served) -> None:
    assert ask(served, lambda mapillary: mapillary.tile(Tile(14, 1, 1))).height == 0


def test_a_photo_comes_as_the_server_has_it(served, world) -> None:
    async def both(mapillary: Mapillary) -> bytes:
        return await mapillary.photo((await mapillary.image("1001"))["thumb_2048_url"])

    assert ask(served, both) == world.photos["1001"]


def test_the_token_does_not_go_to_the_photos_server(world) -> None:
    async def both(mapillary: Mapillary) -> bytes:
        return await mapillary.photo(await mapillary.fresh_url("1001"))

    with serve(world) as served:
        ask(served, both)
    assert [(entry.path, entry.had_token) for entry in served.log] == [("/1001", True), ("/photo/1001.jpg", False)]


def test_an_expired_address_is_told_apart_and_a_fresh_one_works(world) -> None:
    async def early(mapillary: Mapillary) -> bytes:
        return await mapillary.photo((await mapillary.image("1001"))["thumb_2048_url"])

    async def fresh(mapillary: Mapillary) -> bytes:
        return await mapillary.photo(await mapillary.fresh_url("1001"))

    with serve(world, Faults(expired=1.0)) as served:
        with pytest.raises(WebError, match=r"/photo/1001\.jpg: HTTP 403") as caught:
            ask(served, early)
        assert caught.value.kind == "expired"
        assert "_nc_sig" not in str(caught.value)
        assert ask(served, fresh) == world.photos["1001"]


def test_a_photo_without_an_address_is_gone(served) -> None:
    with pytest.raises(WebError, match="photo 1002 has no thumb_2048_url any more") as caught:
        ask(served, lambda mapillary: mapillary.fresh_url("1002"))
    assert caught.value.kind == "gone"


def test_a_deleted_image_is_gone_and_asked_for_once(world) -> None:
    with serve(world) as served:
        with pytest.raises(WebError, match="has no such photo any more") as caught:
            ask(served, lambda mapillary: mapillary.image("7"))
        assert caught.value.kind == "gone"
        assert len(served.log) == 1


@pytest.mark.parametrize("what", ["image", "tile"])
def test_a_token_that_is_refused_is_told_apart_and_not_shown(world, what) -> None:
    asked = {
        "image": lambda mapillary: mapillary.image("1001"),
        "tile": lambda mapillary: mapillary.tile(Tile(14, 1, 1)),
    }
    with serve(world, Faults(bad_token=True)) as served:
        with pytest.raises(WebError, match="does not take the access token") as caught:
            ask(served, asked[what], token="MLY|secret|words")  # noqa: S106 - of nobody
        assert caught.value.kind == "token"
        assert "secret" not in str(caught.value)
        assert len(served.log) == 1


@pytest.mark.parametrize("fault", PASSING)
def test_a_passing_fault_leaves_every_answer_as_it_is(world, fault) -> None:
    async def everything(mapillary: Mapillary) -> tuple[Any, ...]:
        tile = await mapillary.tile(Tile(14, 8738, 5700))
        image = await mapillary.image("1001")
        return tile["id"].to_list(), image["sequence"], await mapillary.photo(image["thumb_2048_url"])

    with serve(world, Faults(share=1.0, passing=(fault,))) as served:
        assert ask(served, everything) == (["1001", "1002"], "way", world.photos["1001"])
    assert set(served.paths().values()) == {2}


@pytest.mark.parametrize(("fault", "kind"), [("error_limit", "limit"), ("error_server", "server"), ("type", "broken")])
def test_a_fault_that_does_not_pass_is_told_by_its_kind(world, fault, kind) -> None:
    with serve(world, Faults(share=1.0, times=99, passing=(fault,))) as served:
        with pytest.raises(WebError, match=r"/1001: .* \(3 tries\)") as caught:
            ask(served, lambda mapillary: mapillary.image("1001"))
        assert caught.value.kind == kind
        assert len(served.log) == 3


@pytest.mark.parametrize("id_", ["", "../1001", "1001?x", "abc", "1" * 21])
def test_what_is_no_id_is_not_asked_for(served, id_) -> None:
    before = len(served.log)
    with pytest.raises(WebError, match="want digits"):
        ask(served, lambda mapillary: mapillary.image(id_))
    assert len(served.log) == before


def test_a_photo_that_is_no_jpeg_is_broken(world) -> None:
    png = cv2.imencode(".png", np.zeros((32, 32, 3), np.uint8))[1].tobytes()
    half = world.photos["1001"][: len(world.photos["1001"]) // 2]
    for body, said in ((png, "a PNG came"), (half, "ends too early"), (b"GIF89a", "neither JPEG nor PNG")):
        other = small_world(photo=body)
        with serve(other) as served, pytest.raises(WebError, match=said) as caught:
            ask(served, lambda mapillary: _photo(mapillary, "1001"))
        assert caught.value.kind == "broken"


def test_all_photos_come_through_all_faults_at_once(tmp_path) -> None:
    world = simulated_world(tmp_path)

    async def download(mapillary: Mapillary, id_: str) -> bytes:
        url = (await mapillary.image(id_))["thumb_2048_url"]
        try:
            return await mapillary.photo(url)
        except WebError as error:
            if error.kind != "expired":
                raise
            return await mapillary.photo(await mapillary.fresh_url(id_))

    async def everything(mapillary: Mapillary) -> list[bytes]:
        return await asyncio.gather(*(download(mapillary, id_) for id_ in world.good))

    with serve(world, Faults.all(seed=5), latency_s=0.01) as served:
        assert ask(served, everything) == [world.photos[id_] for id_ in world.good]
        assert {entry.status for entry in served.log} == {0, 200, 403, 429, 500}


async def _photo(mapillary: Mapillary, id_: str) -> bytes:
    return await mapillary.photo(await mapillary.fresh_url(id_))
