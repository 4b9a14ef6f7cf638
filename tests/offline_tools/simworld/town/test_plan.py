# SPDX-License-Identifier: Apache-2.0
import math

import pytest

from offline_tools.errors import SimulationError
from offline_tools.simworld.town import TownPlan, make_town
from offline_tools.simworld.town.dice import Dice
from offline_tools.simworld.town.plan import site_of


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("width", 10.0),
        ("width", 1e6),
        ("height", math.nan),
        ("height", "600"),
        ("lat", 80.0),
        ("lon", 180.0),
        ("lon", math.inf),
        ("driving_side", "middle"),
    ],
)
def test_a_plan_that_cannot_be_built_names_the_field_and_the_value(field: str, value: object) -> None:
    with pytest.raises(SimulationError, match=f"town plan: {field} is {value!r}; want [^\n]+$"):
        TownPlan(**{field: value})


@pytest.mark.parametrize("seed", [-1, 1.5, "7", True])
def test_a_seed_that_is_no_whole_number_is_refused(seed: object) -> None:
    with pytest.raises(SimulationError, match=r"seed is .*; want a whole number"):
        make_town(seed)  # type: ignore[arg-type]


def test_what_is_settled_in_the_plan_changes_nothing_else() -> None:
    free, settled = site_of(TownPlan(), Dice(4)), site_of(TownPlan(width=777, driving_side="left"), Dice(4))
    assert (settled.width, settled.driving_side) == (777, "left")
    assert (settled.height, settled.lat, settled.lon) == (free.height, free.lat, free.lon)


def test_sites_lie_all_over_the_inhabited_world() -> None:
    sites = [site_of(TownPlan(), Dice(seed)) for seed in range(200)]
    assert all(abs(site.lat) < 60 and 600 <= site.width < 1000 and 600 <= site.height < 1000 for site in sites)
    assert {site.lat > 0 for site in sites} == {site.lon > 0 for site in sites} == {True, False}
    assert {site.driving_side for site in sites} == {"left", "right"}


def test_a_metre_is_as_long_as_on_the_globe() -> None:
    """One degree of a great circle is the equator / 360; a parallel is shorter by the cosine of its latitude."""
    site = site_of(TownPlan(lat=60.0, lon=10.0), Dice(0))
    assert site.to_globe(0, 40_075_017 / 360) == (100_000_000, 610_000_000)
    assert site.to_globe(40_075_017 / 720, 0) == (110_000_000, 600_000_000)
