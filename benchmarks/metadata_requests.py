# SPDX-License-Identifier: Apache-2.0
"""Requests about photos, one for each photo: hundreds in flight, against one after another, over real connections.

The server is another process on this machine; it answers after 20 ms, as one that is near does. The plain way is a
loop over a `requests` session, which keeps its connection too. Both parse what comes.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from aiohttp import web

from offline_tools.curate.web import Manners, Request, Token, Web

LATENCY_S = 0.02
TARGET_PER_SECOND = 500.0
IN_FLIGHT = 200
_TOKEN = "MLY|of|nobody"  # noqa: S105
_FIELDS = "id,geometry,computed_geometry,computed_rotation,camera_parameters,sequence,thumb_2048_url"


def main() -> int:
    """Exit status 1 if the target is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.metadata_requests", description=__doc__)
    parser.add_argument("--requests", type=int, default=5000, help="at once")
    parser.add_argument("--rounds", type=int, default=3, help="of the comparison; the fastest counts")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options, _ = parser.parse_known_args()
    if options.serve:
        _serve()
        return 0
    print(f"Metadata of photos over HTTP, {LATENCY_S * 1e3:g} ms latency, answers of {len(_answer('1')):,} bytes:")
    with _server() as url:
        pairs = [(_plain(url, 100), asyncio.run(_ours(url, options.requests))) for _ in range(options.rounds)]
    plain, ours = (max(column) for column in zip(*pairs, strict=True))
    print(f"  one after another, with requests: {plain:.0f} requests/s")
    print(f"  ours, {IN_FLIGHT} in flight: {ours:,.0f} requests/s, {ours / plain:.0f} times as many")
    good = ours >= TARGET_PER_SECOND
    print(f"Target: {TARGET_PER_SECOND:g} requests/s: {'met' if good else 'MISSED'}")
    return 0 if good else 1


def _plain(url: str, count: int) -> float:
    headers = {"Authorization": f"OAuth {_TOKEN}"}
    with requests.Session() as session:
        start = time.perf_counter()
        for id_ in range(count):
            answer = session.get(f"{url}/{id_}", params={"fields": _FIELDS}, headers=headers, timeout=30)
            assert answer.json()["id"] == str(id_)
    return count / (time.perf_counter() - start)


async def _ours(url: str, count: int) -> float:
    token = Token(_TOKEN)

    async def one(web_: Web, id_: int) -> None:
        request = Request(f"{url}/{id_}", {"fields": _FIELDS}, token, accept=("application/json",))
        assert json.loads((await web_.get(request)).body)["id"] == str(id_)

    async with Web("mia_ros/benchmark (nobody)", Manners(per_second=1e6, in_flight=IN_FLIGHT)) as web_:
        start = time.perf_counter()
        await asyncio.gather(*(one(web_, id_) for id_ in range(count)))
        assert web_.retries == 0
    return count / (time.perf_counter() - start)


@contextmanager
def _server() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.metadata_requests", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _serve() -> None:
    """Until it is ended; the first line says where."""

    async def answer(request: web.Request) -> web.Response:
        await asyncio.sleep(LATENCY_S)
        if not request.headers.get("Authorization", "").startswith("OAuth "):
            return web.Response(status=401)
        return web.Response(body=_answer(request.match_info["id"]), content_type="application/json")

    async def run() -> None:
        application = web.Application()
        application.router.add_get("/{id}", answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await asyncio.Event().wait()

    asyncio.run(run())


def _answer(id_: str) -> bytes:
    """Of the size and kind that Mapillary's have."""
    point = {"type": "Point", "coordinates": [8.404123456789, 49.013456789012]}
    return json.dumps(
        {
            "id": id_,
            "geometry": point,
            "computed_geometry": point,
            "computed_rotation": [1.2345678901234, -1.3456789012345, 1.4567890123456],
            "camera_parameters": [0.85123456789, -0.0123456789, 0.00123456789],
            "sequence": "aBcDeFgHiJkLmNoPqRsTuV",
            "thumb_2048_url": "https://photos.example.org/"
            + "m1/v/t6/" * 20
            + "?stp=s2048x1536&_nc_sig="
            + "0a1b" * 40,
        }
    ).encode()


if __name__ == "__main__":
    sys.exit(main())
