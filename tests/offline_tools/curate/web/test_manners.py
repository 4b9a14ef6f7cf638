# SPDX-License-Identifier: Apache-2.0
import asyncio
import math
import random
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from offline_tools.curate.web import Manners
from offline_tools.curate.web.manners import Pace, retry_after
from offline_tools.errors import DatasetError


@pytest.mark.parametrize(
    "field", ["per_second", "in_flight", "tries", "longest_wait_s", "timeout_s", "connect_s", "max_bytes"]
)
@pytest.mark.parametrize("value", [0, -1, math.nan])
def test_impossible_manners_are_refused(field: str, value: float) -> None:
    with pytest.raises(DatasetError, match=f"{field}: .* want more than 0"):
        Manners(**{field: value})


def test_back_off_is_anything_up_to_a_limit_that_doubles() -> None:
    manners, chance = Manners(back_off_s=1, longest_wait_s=6), random.Random(1)  # noqa: S311 - no secret
    for tried, limit in ((1, 1), (2, 2), (3, 4), (4, 6), (50, 6)):
        waits = [manners.back_off(tried, chance) for _ in range(400)]
        assert 0 <= min(waits) < 0.05 * limit and 0.95 * limit < max(waits) <= limit


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), (" 0 ", 0.0), ("Thu, 01 Jan 2015 00:00:00 GMT", 0.0)])
def test_retry_after_is_read(value: str, seconds: float) -> None:
    assert retry_after(value) == seconds


@pytest.mark.parametrize("zone", [timezone.utc, timezone(timedelta(hours=-8))])
def test_retry_after_may_be_a_date(zone: timezone) -> None:
    found = retry_after(format_datetime(datetime.now(zone) + timedelta(hours=1)))
    assert found is not None and 3500 < found <= 3600


@pytest.mark.parametrize("value", [None, "", "soon", "-3", "1.5.2", "\u0661", "Thu, 99 Jan 2015 00:00:00 GMT"])
def test_unreadable_retry_after_is_none(value: str | None) -> None:
    assert retry_after(value) is None


def test_turns_are_spaced() -> None:
    """So many a second, whoever asks; what an idle event loop was late with may follow at once."""

    async def turns(pace: Pace, count: int) -> list[float]:
        async def one() -> float:
            await pace.turn()
            return time.monotonic()

        return await asyncio.gather(*(one() for _ in range(count)))

    stamps = sorted(asyncio.run(turns(Pace(100, catch_up_s=0), 30)))
    assert len(stamps) == 30 and stamps[-1] - stamps[0] >= 0.28


def test_complaint_holds_for_those_that_wait_already() -> None:
    async def run() -> float:
        pace = Pace(20, catch_up_s=0)
        await pace.turn()
        waiting = asyncio.ensure_future(pace.turn())
        await asyncio.sleep(0)
        start = time.monotonic()
        pace.wait(0.3)
        await waiting
        return time.monotonic() - start

    assert asyncio.run(run()) >= 0.3


def test_complaint_halves_the_rate_and_answers_bring_it_back() -> None:
    pace = Pace(100)
    for seconds in (0.0, 0.0, 60.0, 60.0, 60.0):  # the last two are of the burst that the third ended
        pace.wait(seconds)
    assert pace.per_second == 12.5
    for _ in range(100):
        pace.went_well()
    assert pace.per_second == 100


def test_rate_has_a_floor() -> None:
    pace = Pace(100)
    for _ in range(50):
        pace.wait(0)
    assert pace.per_second == 12.5
