# SPDX-License-Identifier: Apache-2.0
"""What is asked of a server, and what it answers; neither shows the token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from offline_tools.curate.web.secret import Token
from offline_tools.errors import DatasetError


@dataclass(frozen=True)
class Request:
    """A GET. The token goes to the server of `url` alone, in a header or as a parameter of the address.

    `accept`: content types of a whole answer; any, where there are none.
    """

    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    token: Token | None = None
    token_in: Literal["header", "query"] = "header"  # noqa: S105 - where it goes
    accept: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.token is not None and any(map(self.token.is_in, (self.url, *self.params.values()))):
            raise DatasetError("a request's address holds the access token; give it as 'token' alone")


@dataclass(frozen=True)
class Answer:
    """A whole answer; `url` is where it came from, after redirects and without the token."""

    status: int
    body: bytes = field(repr=False)
    content_type: str
    url: str
