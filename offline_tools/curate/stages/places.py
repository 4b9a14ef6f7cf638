# SPDX-License-Identifier: Apache-2.0
"""Where a location is: its outline, by a question to Nominatim or by numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from offline_tools.curate.paths import Paths
from offline_tools.curate.place_spec import place_spec
from offline_tools.curate.stages.connection import asked, open_web
from offline_tools.curate.stages.stage import At, Outcome, Stage
from offline_tools.dataset.files import write_json

if TYPE_CHECKING:
    from offline_tools.curate.places import Area


class Places(Stage):
    """One request, if any."""

    name = "places"
    unit = "places"

    def settings(self, at: At) -> Any:
        return at.location.place

    def outputs(self, paths: Paths) -> list[Path]:
        return [paths.boundary]

    def work(self, at: At) -> Outcome:
        area = find_area(at)
        write_json(at.paths.boundary, area.record(), indent=2)
        at.report(self, 1, 1)
        return Outcome(1, 1, {"km2": round(area.km2, 3)})


def find_area(at: At) -> Area:
    """Of a location, of the configuration or of the server."""
    from offline_tools.curate.places import area_of

    spec = place_spec(at.location.place, f"location {at.location.name}")
    return area_of(spec, at.location.name) if spec.query is None else asked(_found(at))


async def _found(at: At) -> Area:
    from offline_tools.curate.services.nominatim import find_place

    spec = place_spec(at.location.place, f"location {at.location.name}")
    services = at.config.services
    async with open_web(at.config) as web:
        return await find_place(web, services.nominatim, spec, at.location.name, services.nominatim_per_second)
