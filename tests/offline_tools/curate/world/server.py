# SPDX-License-Identifier: Apache-2.0
"""The server: a real one on loopback, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlencode

from aiohttp import web

from tests.offline_tools.curate.world.answers import Answers, Reply, error
from tests.offline_tools.curate.world.faults import Faults
from tests.offline_tools.curate.world.world import World

TOKEN = "MLY|4242424242424242|a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6"  # noqa: S105 - of nobody


class Logged(NamedTuple):
    """A request as it came; `query` without the token. status 0: it was never answered."""

    method: str
    path: str
    query: str
    had_token: bool
    status: int


class Served:
    """A server that runs. `log` grows with each request; `agents` are the names that clients gave themselves."""

    def __init__(self, world: World, faults: Faults, latency_s: float) -> None:
        self.world = world
        self.faults = faults
        self.latency_s = latency_s
        self.url = ""
        self.token = TOKEN
        self.log: list[Logged] = []
        self.agents: set[str] = set()
        self._met: Counter[str] = Counter()
        self._answers: Answers
        self._over: asyncio.Event

    def paths(self) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(entry.path for entry in self.log)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.agents.add(request.headers.get("User-Agent", ""))
        query = {name: value for name, value in request.query.items() if name != "access_token"}
        token = request.query.get("access_token") or request.headers.get("Authorization", "").removeprefix("OAuth ")
        # So that nothing depends on the order of requests, a request's fault follows from what it asks for.
        target = f"{request.path}?{query.get('fields', query.get('q', ''))}"
        fault = self.faults.passing_of(target) if self._met[target] < self.faults.times else ""
        self._met[target] += 1
        reply = self._reply(request.path, query, token, fault)
        status = 0 if fault == "hang" else reply.status
        self.log.append(Logged(request.method, request.path, urlencode(query), bool(token), status))
        await asyncio.sleep(self.latency_s)
        if fault == "hang":
            await self._over.wait()
        if fault in ("cut", "chunked_cut"):
            return await _cut(request, reply, chunked=fault == "chunked_cut")
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)

    def _reply(self, path: str, query: dict[str, str], token: str, fault: str) -> Reply:
        if fault == "limit":
            return Reply(429, b"slow down", "text/plain", {"Retry-After": self.faults.retry_after})
        if fault == "server":
            return Reply(500, b"<html>Internal Server Error</html>", "text/html")
        if fault == "type":
            return Reply(200, b"<html>Welcome to the hotel's network</html>", "text/html; charset=utf-8")
        if fault == "error_limit":
            return error(200, 4, "Application request limit reached", "OAuthException")
        if fault == "error_server":
            return error(200, 2, "Service temporarily unavailable", "OAuthException", is_transient=True)
        return self._answers(path, query, token)

    async def _run(self, port: int, ready: threading.Event) -> None:
        self._over = asyncio.Event()
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", port)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            self._answers = Answers(self.world, self.faults, self.url, self.token)
            self._loop = asyncio.get_running_loop()
            ready.set()
            await self._over.wait()
        finally:
            ready.set()
            await runner.cleanup()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)


@contextmanager
def serve(world: World, faults: Faults | None = None, latency_s: float = 0.0, port: int = 0) -> Iterator[Served]:
    """Answers at `.url`, the base of all services, until the block ends; port 0: any that is free."""
    served = Served(world, faults or Faults(), latency_s)
    ready = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(served._run(port, ready)), name="world", daemon=True)
    thread.start()
    ready.wait()
    try:
        assert served.url, "the server could not start"
        yield served
    finally:
        if served.url:
            served._stop()
        thread.join()


async def _cut(request: web.Request, reply: Reply, chunked: bool) -> web.StreamResponse:
    """Half of the answer, and then the connection breaks."""
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    if chunked:
        response.enable_chunked_encoding()
    else:
        response.content_length = max(len(reply.body), 2)
    await response.prepare(request)
    await response.write(reply.body[: len(reply.body) // 2] or b"\n")
    if request.transport is not None:
        request.transport.close()
    return response
