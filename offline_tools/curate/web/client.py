# SPDX-License-Identifier: Apache-2.0
"""A client for many requests at a time: one pace for all, patience with what may pass, one line for what does not."""

from __future__ import annotations

import asyncio
import html
import random
import re
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from offline_tools.curate.web.failures import WebError, of_status
from offline_tools.curate.web.manners import Manners, Pace, retry_after
from offline_tools.curate.web.messages import Answer, Request
from offline_tools.errors import need

if TYPE_CHECKING:
    from typing_extensions import Self

    from offline_tools.curate.web.exchange import Exchange, Reply

__all__ = ["Answer", "Judge", "Request", "Web"]

#: Raises the WebError that an answer means, though its status is 2xx, or instead of what its 4xx says.
Judge = Callable[[Answer], None]

_SAID = 160  # characters of a server's own words


class Web:
    """An async context manager; `get` may be called by thousands at once, in one event loop."""

    def __init__(self, agent: str, manners: Manners) -> None:
        self._agent, self._manners = agent, manners
        self._pace, self._host_paces = Pace(manners.per_second), dict[str, Pace]()
        self._slots = asyncio.Semaphore(manners.in_flight)
        self._chance = random.Random(manners.seed)  # noqa: S311 - spreads retries, keeps no secret
        self._exchange: Exchange | None = None
        self._requests = self._retries = 0

    async def __aenter__(self) -> Self:
        need("aiohttp")
        from offline_tools.curate.web.exchange import Exchange

        self._exchange = Exchange.open(self._agent, self._manners, self._turn)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            await exchange.session.close()

    @property
    def requests(self) -> int:
        """Sent until now, with retries and redirects."""
        return self._requests

    @property
    def retries(self) -> int:
        """Of these, what was asked again."""
        return self._retries

    def keep_to(self, host: str, pace: Pace) -> None:
        """Ask one host more slowly than all together."""
        self._host_paces[host] = pace

    async def get(self, request: Request, judge: Judge | None = None) -> Answer:
        """The answer, with status 2xx and accepted by the judge; a WebError in one line if there is none."""
        tried = 1
        while isinstance(outcome := await self._try(request, judge), WebError):
            wait = self._wait(outcome, tried)
            if wait is None:
                raise _final(outcome, request, tried)
            tried += 1
            self._retries += 1
            await asyncio.sleep(wait)
        self._pace.went_well()
        return outcome

    async def _try(self, request: Request, judge: Judge | None) -> Answer | WebError:
        if self._exchange is None:
            raise RuntimeError("a Web is used inside of 'async with'")
        async with self._slots:
            reply = await self._exchange.ask(request)
        return reply if isinstance(reply, WebError) else _judged(reply, request, judge)

    async def _turn(self, host: str) -> None:
        if host in self._host_paces:
            await self._host_paces[host].turn()
        await self._pace.turn()
        self._requests += 1

    def _wait(self, problem: WebError, tried: int) -> float | None:
        """Seconds until the next try, or None if there is none; a server's limit holds for all."""
        if not problem.transient:
            return None
        wait = self._manners.back_off(tried, self._chance)
        asked = problem.wait_s if problem.wait_s is not None else wait
        if problem.kind == "limit" or problem.wait_s is not None:
            self._pace.wait(min(asked, self._manners.longest_wait_s))
        return None if tried == self._manners.tries or asked > self._manners.longest_wait_s else wait


def _judged(reply: Reply, request: Request, judge: Judge | None) -> Answer | WebError:
    answer = reply.answer
    whole = 200 <= answer.status < 300
    if whole and request.accept and answer.content_type not in request.accept:
        found = f"'{answer.content_type}' came, want {' or '.join(request.accept)}: {_said(answer, request)}"
        return WebError(f"the answer is nonsense ({found})", "broken")
    try:
        if judge is not None and (whole or 400 <= answer.status < 500):
            judge(answer)
    except WebError as error:
        problem = error
    else:
        if whole:
            return answer
        problem = of_status(answer.status, _said(answer, request), request.token is not None)
    if problem.wait_s is None and problem.transient:
        problem.wait_s = retry_after(reply.retry_after)
    return problem


def _final(problem: WebError, request: Request, tries: int) -> WebError:
    """With where and how often, and certainly without the token."""
    from offline_tools.curate.web.exchange import place

    def clean(text: str) -> str:
        one_line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return one_line if request.token is None else request.token.redact(one_line)

    where, said, advice = map(clean, (place(request.url), problem.problem, problem.advice))
    if problem.wait_s and problem.transient:
        said += f", and wants to be left alone for {problem.wait_s:.0f} s"
    return WebError(said, problem.kind, where=where, tries=tries, advice=advice, wait_s=problem.wait_s)


def _said(answer: Answer, request: Request) -> str:
    """The server's own words in a line; hidden before they are cut, so that no half of a token stays."""
    text = answer.body[:4000].decode("utf-8", "replace")
    words, unmarked = (html.unescape(re.sub(r"<[^>]*>", between, text)) for between in (" ", ""))
    if request.token is not None:
        words = request.token.redact(unmarked if request.token.is_in(unmarked) else words)
    return " ".join(words.split())[:_SAID]
