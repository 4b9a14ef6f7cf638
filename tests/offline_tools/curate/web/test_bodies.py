# SPDX-License-Identifier: Apache-2.0
import gzip
import zlib

import pytest

from offline_tools.curate.web import WebError
from offline_tools.curate.web.bodies import unpacked
from tests.offline_tools.curate.web.asking import ask_one
from tests.offline_tools.curate.web.servers import Said, served

TEXT = b'{"id": "1234567890"}' * 200


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(gzip.compress(TEXT), "gzip"), (gzip.compress(TEXT), "X-Gzip"), (zlib.compress(TEXT), "deflate"),
     (gzip.compress(TEXT[:70]) + gzip.compress(TEXT[70:]), "gzip"), (TEXT, "identity"), (b"", "gzip")],
    ids=["gzip", "x-gzip", "deflate", "gzip in two parts", "identity", "nothing"],
)  # fmt: skip
@pytest.mark.parametrize("chunked", [False, True])
def test_packed_body_is_unpacked(body: bytes, encoding: str, chunked: bool) -> None:
    with served(Said(body, headers={"Content-Encoding": encoding}, chunked=chunked)) as site:
        assert ask_one(site.url).body == (TEXT if body else b"")


def test_server_is_told_what_can_be_unpacked() -> None:
    with served(Said()) as site:
        ask_one(site.url)
    assert site.asked[0].headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize("left", [0, 5, 10, 20, -1, -8])
def test_packing_that_breaks_off_is_not_taken_for_whole(left: int) -> None:
    """Also where the transfer itself is whole: something in between may have cut it."""
    body = gzip.compress(TEXT)[: left or 1]
    assert isinstance(unpacked(body, 1 << 20), WebError) and unpacked(body, 1 << 20).kind == "broken"


def test_packing_that_was_not_asked_for_is_refused() -> None:
    with (
        served(Said(b"\x1b", headers={"Content-Encoding": "br"})) as site,
        pytest.raises(WebError, match=r"packed as 'br', want gzip \(4 tries\)"),
    ):
        ask_one(site.url)


def test_as_much_as_is_allowed_is_unpacked() -> None:
    assert unpacked(gzip.compress(TEXT), len(TEXT)) == TEXT


def test_what_unpacks_to_too_much_is_refused() -> None:
    found = unpacked(gzip.compress(b"0" * 50_000_000), 1_000_000)
    assert isinstance(found, WebError) and found.kind == "refused"
