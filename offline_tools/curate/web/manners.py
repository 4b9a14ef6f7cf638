# SPDX-License-Identifier: Apache-2.0
"""How servers are treated: how many requests a second, how many at once, how often again and after how long."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from offline_tools.errors import DatasetError

_CATCH_UP_S = 0.05  # what a busy event loop was late with may follow at once
_SLOWEST = 8  # times slower than asked for, after a server complained
_RECOVERY = 100  # answers after which the full rate is back


@dataclass(frozen=True)
class Manners:
    """Of all requests that go through one Web."""

    per_second: float = 100.0
    in_flight: int = 200
    tries: int = 6
    back_off_s: float = 0.5  # at most, before the second try; twice as long before each that follows
    longest_wait_s: float = 60.0  # a server that wants more is left alone
    timeout_s: float = 30.0  # without a byte of the answer; ten times as long for a whole one
    connect_s: float = 10.0
    max_bytes: int = 64 << 20
    seed: int = 0  # of the jitter

    def __post_init__(self) -> None:
        for name in ("per_second", "in_flight", "tries", "longest_wait_s", "timeout_s", "connect_s", "max_bytes"):
            if not getattr(self, name) > 0:
                raise DatasetError(f"{name}: {getattr(self, name)}, want more than 0")
        if not self.back_off_s >= 0:
            raise DatasetError(f"back_off_s: {self.back_off_s}, want 0 or more")

    def back_off(self, tried: int, chance: random.Random) -> float:
        """Seconds before the next try: anything up to a limit that doubles, so that many do not come back at once."""
        return chance.uniform(0, min(self.back_off_s * 2 ** (tried - 1), self.longest_wait_s))


class Pace:
    """Turns, so many a second, first come, first served; a server's complaint makes everybody wait."""

    def __init__(self, per_second: float, catch_up_s: float = _CATCH_UP_S) -> None:
        self._full, self._rate, self._catch_up = per_second, per_second, catch_up_s
        self._next = self._open_at = 0.0

    @property
    def per_second(self) -> float:
        """Turns a second, at present."""
        return self._rate

    async def turn(self) -> None:
        """Return when a request may be sent."""
        while True:
            now = time.monotonic()
            at = max(self._next, self._open_at, now - self._catch_up)
            self._next = at + 1 / self._rate
            if at > now:
                await asyncio.sleep(at - now)
            if time.monotonic() >= self._open_at:  # else somebody was told to wait meanwhile
                return

    def wait(self, seconds: float) -> None:
        """Nobody has a turn for so long, and turns are rarer after that."""
        now = time.monotonic()
        if now >= self._open_at:  # the complaints about one burst count once
            self._rate = max(self._rate / 2, self._full / _SLOWEST)
        self._open_at = max(self._open_at, now + seconds)

    def went_well(self) -> None:
        """An answer came: back to the full rate, little by little."""
        if self._rate < self._full:
            self._rate = min(self._rate + self._full / _RECOVERY, self._full)


def retry_after(value: str | None) -> float | None:
    """Seconds, from the header Retry-After: a number or a date."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=timezone.utc)
    return max(0.0, (until - datetime.now(timezone.utc)).total_seconds())
