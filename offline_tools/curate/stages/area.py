# SPDX-License-Identifier: Apache-2.0
"""The area of a location, as the stage `places` has written it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from offline_tools.dataset.files import read_json

if TYPE_CHECKING:
    from offline_tools.curate.places import Area


def read_area(boundary: Path) -> Area:
    """From boundary_info.json."""
    from offline_tools.curate.places import Area

    return Area.from_record(read_json(boundary), str(boundary))


def centre_of(area: Area) -> tuple[float, float]:
    """Longitude and latitude of the middle of its bounds: the origin of metres."""
    left, bottom, right, top = area.bounds
    return (left + right) / 2, (bottom + top) / 2
