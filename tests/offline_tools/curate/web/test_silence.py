# SPDX-License-Identifier: Apache-2.0
"""The token appears in nothing that is written or raised, whatever the servers do."""

import asyncio
import gc
import logging
import pickle
import traceback
from pathlib import Path

import pytest

from offline_tools.curate.web import Answer, Request, Token, Web, WebError
from tests.commands import python
from tests.offline_tools.curate.web.asking import AGENT, SECRET, quick, token
from tests.offline_tools.curate.web.servers import Asked, Said, served

ECHO = f"Invalid OAuth access token: {SECRET}, MLY%7C4711%7Cd0nt%2Fshow%2Bme".encode()
TROUBLES = {
    "/good": Said(b'{"next": "' + ECHO + b'"}'),
    "/echo": Said(ECHO, 400),
    "/echo-in-html": Said(b"<p>MLY|<b>4711</b>|d0nt/show+me</p>" + ECHO, 401, kind="text/html"),
    "/echo-late": Said(b"." * 150 + ECHO, 400),
    "/echo-in-bytes": Said(ECHO, 400, kind="application/octet-stream"),
    "/nonsense": Said(ECHO, kind=SECRET),
    "/away": Said(status=302, headers={"Location": f"http://localhost/?access_token={SECRET}"}),
    "/same-server": Said(status=302, headers={"Location": f"/good?from={SECRET}"}),
    "/no-address": Said(status=302, headers={"Location": f"http://[::1?access_token={SECRET}"}),
    "/limit": Said(ECHO, 429, headers={"Retry-After": SECRET}),
    "/server": Said(ECHO, 500),
    "/cut": Said(ECHO, cut=20),
    "/reset": Said(resets=True),
    "/long": Said(ECHO * 100),
    "/judged": Said(b"{}"),
}


def judge(answer: Answer) -> None:
    if answer.url.endswith("/judged"):
        raise WebError(f"code 190 {ECHO.decode()}", "token", advice=f"withdraw {SECRET}")


def choose(asked: Asked) -> Said:
    return TROUBLES.get(asked.path.partition("?")[0], Said(hangs=True))


async def everything(url: str) -> list[object]:
    kinds = [{"token": token(), "token_in": where} for where in ("header", "query")]
    addresses = [url + path for path in TROUBLES] + ["http://127.0.0.1:9/x", "http://127.0.0.1:99999/x"]
    requests = [Request(each, accept=("application/json",), **kind) for each in addresses for kind in kinds]
    hanging = [Request(f"{url}/hang", **kind) for kind in kinds]
    async with (
        Web(AGENT, quick(tries=2, timeout_s=20, max_bytes=4000)) as web,
        Web(AGENT, quick(tries=2, timeout_s=0.1)) as hasty,
    ):
        tasks = [web.get(request, judge) for request in requests] + [hasty.get(request) for request in hanging]
        return await asyncio.gather(*tasks, return_exceptions=True)


def shown(outcome: object) -> str:
    """All that somebody could write about an outcome."""
    if not isinstance(outcome, BaseException):
        return f"{outcome} {vars(outcome)}"
    assert outcome.__context__ is None and outcome.__cause__ is None
    trace = "".join(traceback.format_exception(type(outcome), outcome, outcome.__traceback__))
    return f"{outcome!r} {trace} {vars(outcome)} {pickle.dumps(outcome)!r}"


def test_token_is_in_no_log_error_or_answer(caplog: pytest.LogCaptureFixture) -> None:
    """With the logs of aiohttp and asyncio at their most talkative."""
    with served(choose=choose) as site, caplog.at_level(logging.DEBUG):
        outcomes = asyncio.run(everything(site.url), debug=True)
        gc.collect()
    assert sum(token().is_in(asked.path + str(asked.headers)) for asked in site.asked) >= len(TROUBLES)
    assert all(isinstance(outcome, Answer | WebError) for outcome in outcomes)
    assert sum(isinstance(outcome, Answer) for outcome in outcomes) == 4
    texts = [*map(shown, outcomes), *(record.getMessage() for record in caplog.records), caplog.text]
    assert [text for text in texts if token().is_in(text) or "4711" in text] == []


PROGRAM = """
import asyncio, logging, sys, warnings
from pathlib import Path
from offline_tools.curate.web import Manners, Request, Token, Web

async def main(url):
    manners = Manners(per_second=1000, tries=2, back_off_s=0.001)
    async with Web("mia_ros/test (me@example.org)", manners) as web:
        for where in ("header", "query"):
            for path in sys.argv[2].split():
                request = Request(url + path, token=Token.find(Path("token")), token_in=where)
                (outcome,) = await asyncio.gather(web.get(request), return_exceptions=True)
                print(repr(outcome), vars(outcome))
    raise SystemExit(repr(request))

logging.basicConfig(level=logging.DEBUG, filename="log")
asyncio.run(main(sys.argv[1]), debug=True)
"""


def test_token_is_nowhere_in_what_a_program_writes(tmp_path: Path) -> None:
    """Everything in its folder, and all that it prints, under Python's own development mode."""
    (tmp_path / "token").write_text(SECRET)
    with served(choose=choose) as site:
        done = python("-X", "dev", "-c", PROGRAM, site.url, " ".join(TROUBLES), cwd=tmp_path)
    assert done.returncode == 1 and "Token(***)" in done.stderr and "HTTP 500" in done.stdout
    assert "never retrieved" not in done.stderr and "Unclosed" not in done.stderr
    written = {path.name: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert written.pop("token") == SECRET
    for name, text in {**written, "stdout": done.stdout, "stderr": done.stderr}.items():
        assert not Token(SECRET).is_in(text) and "4711" not in text, name
