# SPDX-License-Identifier: Apache-2.0
"""How the servers are asked: as the configuration says, with a contact, and with the token where it belongs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from offline_tools.curate.config import Config, Services
from offline_tools.curate.web import Manners, Token, Web, user_agent
from offline_tools.errors import need

if TYPE_CHECKING:
    from offline_tools.curate.services.mapillary import Mapillary

T = TypeVar("T")


def asked(conversation: Coroutine[Any, Any, T]) -> T:
    """What comes of a conversation with servers."""
    return asyncio.run(conversation)


def open_web(config: Config) -> Web:
    """To be used with 'async with'."""
    need("aiohttp")
    return Web(user_agent(config.contact or None), manners_of(config.services))


@asynccontextmanager
async def mapillary(config: Config) -> AsyncIterator[Mapillary]:
    """Mapillary's servers, with the token, which is looked for here and kept nowhere else."""
    from offline_tools.curate.services.mapillary import Endpoints, Mapillary

    token = Token.find(config.token_file)
    endpoints = Endpoints(graph=config.services.graph, tiles=config.services.tiles)
    async with open_web(config) as web:
        yield Mapillary(web, token, endpoints)


def manners_of(services: Services) -> Manners:
    """As the servers are treated."""
    return Manners(
        per_second=services.per_second,
        in_flight=services.in_flight,
        tries=services.tries,
        back_off_s=services.back_off_s,
        longest_wait_s=services.longest_wait_s,
        timeout_s=services.timeout_s,
    )
