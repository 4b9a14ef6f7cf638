# SPDX-License-Identifier: Apache-2.0
"""Requests of the tests: quick to try again."""

from __future__ import annotations

import asyncio
from typing import Any

from offline_tools.curate.web import Answer, Manners, Request, Token, Web, WebError
from offline_tools.curate.web.client import Judge

SECRET = "MLY|4711|d0nt/show+me"  # noqa: S105 - of nobody; with characters that are encoded in addresses
AGENT = "mia_ros/test (me@example.org)"


def quick(**more: Any) -> Manners:
    return Manners(**{"per_second": 5000, "back_off_s": 0.001, "tries": 4, "timeout_s": 5, "connect_s": 5, **more})


def token() -> Token:
    return Token(SECRET)


def ask(*requests: Request, judge: Judge | None = None, **manners: Any) -> list[Answer | WebError]:
    """All at once: an answer or an error of each."""

    async def run() -> list[Any]:
        async with Web(AGENT, quick(**manners)) as web:
            return await asyncio.gather(*(web.get(request, judge) for request in requests), return_exceptions=True)

    return asyncio.run(run())


def ask_one(url: str, judge: Judge | None = None, request: dict[str, Any] | None = None, **manners: Any) -> Answer:
    (outcome,) = ask(Request(url, **(request or {})), judge=judge, **manners)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
