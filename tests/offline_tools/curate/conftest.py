# SPDX-License-Identifier: Apache-2.0
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.offline_tools.curate.jobs import Town


@pytest.fixture(scope="session")
def simulated(tmp_path_factory) -> "Town":
    """A simulated town with photos, and its street map."""
    for part in ("aiohttp", "numba", "osmium", "shapely", "mapbox_vector_tile", "mercantile"):
        pytest.importorskip(part)
    from tests.offline_tools.curate.jobs import make_town

    return make_town(tmp_path_factory.mktemp("town"))


@pytest.fixture
def town(simulated, monkeypatch) -> "Town":
    """The same, with the settings of a user of its own."""
    from tests.offline_tools.curate.world.server import TOKEN

    monkeypatch.setenv("XDG_CACHE_HOME", str(simulated.folder / "cache"))
    monkeypatch.setenv("MAPILLARY_ACCESS_TOKEN", TOKEN)
    monkeypatch.delenv("MIA_CONTACT", raising=False)
    return simulated


@pytest.fixture(scope="session")
def curated(simulated, tmp_path_factory) -> Path:
    """The folder of a finished job against servers with all faults; its log is in jobs.LOGS. Tests copy what they
    change."""
    from tests.offline_tools.curate.jobs import curate_with_all_faults

    return curate_with_all_faults(simulated, tmp_path_factory.mktemp("curated"))
