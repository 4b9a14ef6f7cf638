# SPDX-License-Identifier: Apache-2.0
import asyncio
import gzip
import threading
import tracemalloc
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from offline_tools.curate.web import Answer, Request, Web, WebError
from tests.offline_tools.curate.web.asking import AGENT, ask, ask_one, quick
from tests.offline_tools.curate.web.servers import JSON, Asked, Said, served

GOOD = Said(b'{"id": "1"}')
PNG = Said(b"\x89PNG", kind="image/png")


def test_answer_is_whole_and_says_where_it_is_from() -> None:
    with served(GOOD) as site:
        answer = ask_one(f"{site.url}/images/1", request={"params": {"fields": "id,geometry"}})
    assert answer == Answer(200, GOOD.body, JSON, f"{site.url}/images/1?fields=id,geometry")


def test_server_is_told_who_asks() -> None:
    with served(GOOD) as site:
        ask_one(site.url)
    assert site.asked[0].headers["User-Agent"] == AGENT


@pytest.mark.parametrize(
    "trouble",
    [
        Said(b"slow down", 429),
        Said(b"", 429, headers={"Retry-After": "0"}),
        Said(b"", 429, headers={"Retry-After": "Thu, 01 Jan 2015 00:00:00 GMT"}),
        Said(b"", 503, headers={"Retry-After": "soon"}),
        Said(b"oops", 500),
        Said(b"", 504),
        Said(b"", 408),
        Said(GOOD.body, cut=4),
        Said(GOOD.body, cut=0),
        Said(GOOD.body, cut=4, chunked=True),
        Said(resets=True),
        Said(b"no gzip", headers={"Content-Encoding": "gzip"}),
        Said(gzip.compress(b"x" * 9000, mtime=0)[:-20], headers={"Content-Encoding": "gzip"}),
        Said(b"<html>Sign in to this hotel's network</html>", kind="text/html"),
        Said(b"{}", kind=None),
    ],
    ids=str,
)
def test_what_may_pass_is_asked_again(trouble: Said) -> None:
    with served(trouble, trouble, GOOD) as site:
        assert ask_one(site.url, request={"accept": (JSON,)}).body == GOOD.body
    assert len(site.asked) == 3


@pytest.mark.parametrize("cut", [None, 4], ids=["before an answer", "in the middle of it"])
def test_server_that_hangs_is_asked_again(cut: int | None) -> None:
    with served(Said(GOOD.body, hangs=True, cut=cut), GOOD) as site:
        assert ask_one(site.url, timeout_s=0.1).body == GOOD.body


def test_chunks_are_put_together() -> None:
    with served(Said(b"x" * 100_000, chunked=True)) as site:
        assert ask_one(site.url).body == b"x" * 100_000


@pytest.mark.parametrize(
    ("said", "kind", "message"),
    [
        (Said(b"<p>Too   many\nrequests</p>", 429), "limit", r"HTTP 429 Too many requests \(4 tries\); .*per_second"),
        (Said(b"", 502), "server", r"HTTP 502 \(4 tries\); .*go on later"),
        (Said(b"{", cut=0), "broken", r"broke off or is damaged \(4 tries\); check the connection"),
        (Said(resets=True), "broken", r"the connection broke off .*\(4 tries\)"),
        (PNG, "broken", r"nonsense \('image/png' came, want application/json: .*\) \(4 tries\)"),
    ],
    ids=str,
)
def test_what_does_not_pass_is_given_up(said: Said, kind: str, message: str) -> None:
    with served(said) as site:
        with pytest.raises(WebError, match=message) as error:
            ask_one(f"{site.url}/a/b?q=hidden", request={"accept": (JSON,)})
        assert len(site.asked) == 4
    assert error.value.kind == kind and error.value.transient
    assert str(error.value).startswith(f"{site.url.removeprefix('http://')}/a/b: ")
    assert "hidden" not in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "refused"), (401, "refused"), (404, "gone"), (410, "gone"), (422, "refused"), (304, "refused")],
)
def test_final_answer_is_not_asked_for_again(status: int, kind: str) -> None:
    with served(Said(b"" if status == 304 else b"no", status)) as site:
        with pytest.raises(WebError, match=f"HTTP {status}") as error:
            ask_one(site.url)
        assert len(site.asked) == 1
    assert error.value.kind == kind and not error.value.transient


@pytest.mark.parametrize(
    "after", ["100000", format_datetime(datetime.now(timezone.utc) + timedelta(days=1))], ids=["seconds", "date"]
)
def test_server_that_wants_long_to_be_left_alone_is(after: str) -> None:
    with served(Said(b"", 429, headers={"Retry-After": after}), GOOD) as site:
        with pytest.raises(WebError, match=r"wants to be left alone for \d{5,} s; the server wants to be asked less"):
            ask_one(site.url, longest_wait_s=0.1)
        assert len(site.asked) == 1


def test_limit_holds_for_all_requests() -> None:
    """None of five that wait arrives within the second for which one of them was told to wait."""
    with served(Said(b"", 429, headers={"Retry-After": "1"}), GOOD) as site:
        answers = ask(*(Request(f"{site.url}/{number}") for number in range(5)), in_flight=1)
        assert [answer.body for answer in answers] == [GOOD.body] * 5
    first, *others = (asked.at for asked in site.asked)
    assert len(others) == 5 and min(others) - first > 0.99


def test_so_many_are_in_flight_and_no_more() -> None:
    with served(replace(GOOD, together=threading.Barrier(7))) as site:
        ask(*(Request(f"{site.url}/{number}") for number in range(63)), in_flight=7)
    assert len(site.asked) == 63 and site.busiest == 7


def test_judge_may_refuse_an_answer_with_status_200() -> None:
    def judge(answer: Answer) -> None:
        if b"error" in answer.body:
            raise WebError("the token has run out", "token")

    with served(Said(b'{"error": 190}')) as site:
        with pytest.raises(WebError, match=r"/x: the token has run out; check the access token") as error:
            ask_one(f"{site.url}/x", judge)
        assert len(site.asked) == 1
    assert error.value.kind == "token"


def test_what_a_judge_says_may_pass_is_asked_again() -> None:
    def judge(answer: Answer) -> None:
        if b"busy" in answer.body:
            raise WebError("too many calls", "limit")

    with served(Said(b"busy"), Said(b"busy", 400), GOOD) as site:
        assert ask_one(site.url, judge).body == GOOD.body


def test_judge_explains_a_refusal() -> None:
    def judge(answer: Answer) -> None:
        if answer.status == 403:
            raise WebError("the signature has run out", "expired", advice="ask for another")

    with served(Said(b"", 403)) as site, pytest.raises(WebError, match="run out; ask for another") as error:
        ask_one(site.url, judge)
    assert error.value.kind == "expired"


@pytest.mark.parametrize(
    "said",
    [
        Said(b"x" * 2000),
        Said(b"x" * 2000, chunked=True),
        Said(gzip.compress(b"x" * 10_000_000, mtime=0), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["announced", "unannounced", "packed"],
)
def test_body_that_is_too_long_is_refused(said: Said) -> None:
    with served(said) as site:
        with pytest.raises(WebError, match=r"sends more than 1,000 bytes; check"):
            ask_one(site.url, max_bytes=1000)
        assert len(site.asked) == 1


def test_no_server_is_one_line() -> None:
    with served(GOOD) as site:
        pass
    with pytest.raises(WebError, match=r"^127.0.0.1:\d+/: no connection \(Connection refused\) \(4 tries\); check"):
        ask_one(site.url)


def test_no_such_host_is_one_line() -> None:
    with pytest.raises(WebError, match=r"^nowhere.invalid/x: no such host, or no network \(2 tries\)"):
        ask_one("http://nowhere.invalid/x", tries=2)


@pytest.mark.parametrize(
    "url", ["", "ftp://example.org/x", "file:///etc/passwd", "http://", "example.org", "http://[::1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(WebError, match="is no address"):
        ask_one(url)


def test_one_failure_leaves_the_others_alone() -> None:
    def choose(asked: Asked) -> Said:
        return Said(b"", 404) if asked.path == "/3" else GOOD

    with served(choose=choose) as site:
        outcomes = ask(*(Request(f"{site.url}/{number}") for number in range(5)))
    assert [isinstance(outcome, WebError) for outcome in outcomes] == [False, False, False, True, False]


def test_requests_and_retries_are_counted() -> None:
    async def run(url: str) -> tuple[int, int]:
        async with Web(AGENT, quick()) as web:
            await web.get(Request(url))
            await web.get(Request(url))
            return web.requests, web.retries

    with served(Said(b"", 500), GOOD) as site:
        assert asyncio.run(run(site.url)) == (3, 1)


def test_waiting_costs_little_memory() -> None:
    """2,000 requests of which four are under way, less than 8 KB each."""

    async def run(url: str) -> int:
        async with Web(AGENT, quick(in_flight=4)) as web:
            await web.get(Request(f"{url}/first"))
            tracemalloc.start()
            waiting = [asyncio.ensure_future(web.get(Request(url))) for _ in range(2_000)]
            while not web.requests > 4:
                await asyncio.sleep(0)
            used = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            return used

    with served(choose=lambda asked: Said(hangs=asked.path != "/first")) as site:
        assert asyncio.run(run(site.url)) < 2_000 * 8000


def test_web_is_used_while_it_is_open() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        asyncio.run(Web(AGENT, quick()).get(Request("http://127.0.0.1/")))
