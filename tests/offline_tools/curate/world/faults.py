# SPDX-License-Identifier: Apache-2.0
"""Faults: what goes wrong at a server, by a plan that follows from a seed and not from the order of requests."""

from __future__ import annotations

import random
from dataclasses import dataclass

#: Faults that pass when a request is sent again.
PASSING = ("limit", "server", "hang", "cut", "chunked_cut", "type", "error_limit", "error_server")


@dataclass(frozen=True)
class Faults:
    """share: of the requests that meet one of `passing` first, `times` times, and are answered well after that.

    retry_after: seconds, as a 429 says it. expired: of the photos' URLs that come with the rest of a photo's answer,
    this share works no more; one that is asked for alone does. The other switches stay for good.
    """

    seed: int = 0
    share: float = 0.0
    times: int = 1
    passing: tuple[str, ...] = PASSING
    retry_after: str = "0"
    expired: float = 0.0
    duplicates: bool = False
    empty_numbers: bool = False
    multipolygon: bool = False
    deleted: bool = False
    bad_token: bool = False

    @classmethod
    def all(cls, seed: int = 0, share: float = 0.3, **changes) -> Faults:
        """Everything at once, but for a token that is refused."""
        switches = dict.fromkeys(("duplicates", "empty_numbers", "multipolygon", "deleted"), True)
        return cls(**{"seed": seed, "share": share, "expired": 0.3, **switches, **changes})

    def passing_of(self, target: str) -> str:
        """The fault that requests of a target meet first; "": none."""
        dice = self._dice("passing", target)
        return dice.choice(self.passing) if dice.random() < self.share else ""

    def is_expired(self, id_: str) -> bool:
        """Whether the first URL of this photo works no more."""
        return self._dice("expired", id_).random() < self.expired

    def lacks_numbers(self, id_: str) -> bool:
        """Whether tiles have empty text where numbers of this photo should be."""
        return self.empty_numbers and self._dice("empty", id_).random() < 0.5

    def _dice(self, *subject: str) -> random.Random:
        return random.Random("|".join((str(self.seed), *subject)))  # noqa: S311 - a plan, no secret
