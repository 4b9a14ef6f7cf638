# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest

from offline_tools.curate.services.refusals import refusal


def said(code, message="what is wrong", **more) -> bytes:
    return json.dumps({"error": {"message": message, "type": "OAuthException", "code": code, **more}}).encode()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (said(190), "token"),
        (said("190"), "token"),
        (said(102), "token"),
        (said(4), "limit"),
        (said(17), "limit"),
        (said(32), "limit"),
        (said(613), "limit"),
        (said(80_004), "limit"),
        (said(100, error_subcode=33), "gone"),
        (said(803), "gone"),
        (said(100), "refused"),
        (said(10), "refused"),
        (said(1), "server"),
        (said(2), "server"),
        (said(99_999, is_transient=True), "server"),
        (said(99_999), "refused"),
        (said(None), "refused"),
        (said([190]), "refused"),
    ],
)
def test_error_bodies_are_told_apart_by_their_code(body, kind) -> None:
    failure = refusal(body)
    assert failure.kind == kind
    assert "what is wrong" in str(failure)


def test_a_request_that_is_too_large_is_not_sent_again() -> None:
    failure = refusal(said(1, "Please reduce the amount of data you're asking for, then retry your request"))
    assert (failure.kind, failure.transient) == ("refused", False)
    assert "too large" in str(failure)


def test_only_limits_and_the_servers_own_problems_pass() -> None:
    assert [refusal(said(code)).transient for code in (4, 2, 190, 803, 10)] == [True, True, False, False, False]


def test_an_error_may_be_plain_text() -> None:
    assert "no way" in str(refusal(b'{"error": "no way"}'))


def test_long_messages_become_one_short_line() -> None:
    text = str(refusal(said(2, "a\nb " * 5000)))
    assert len(text) < 300
    assert "\n" not in text


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"id": "1"}', b'{"error": null}', b'{"error": [1]}', b"[1]", b"<html>", b"\xff\xd8\xff", b"{"],
)
def test_other_bodies_tell_of_no_error(body) -> None:
    assert refusal(body) is None


def test_deep_nesting_is_no_error_and_no_crash() -> None:
    assert refusal(b'{"error": ' + b"[" * 200_000) is None
