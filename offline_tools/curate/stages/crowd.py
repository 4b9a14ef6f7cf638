# SPDX-License-Identifier: Apache-2.0
"""Many requests at a time, without a task for each of millions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def each(items: Iterable[T], do: Callable[[T], Awaitable[None]], in_flight: int) -> None:
    """Do all, so many at once; items are taken as they are needed. The first failure ends it, and is raised."""
    waiting = iter(items)

    async def one_after_the_other() -> None:
        for item in waiting:
            await do(item)

    crowd = [asyncio.ensure_future(one_after_the_other()) for _ in range(in_flight)]
    try:
        await asyncio.gather(*crowd)
    finally:
        for member in crowd:
            member.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
