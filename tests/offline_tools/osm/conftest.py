# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_tools.osm import MapStore


@pytest.fixture(scope="session")
def extract(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., MapStore]:
    """Opens the store of a real extract by its name; it is parsed once a session."""
    folder = tmp_path_factory.mktemp("stores")

    def opened(name: str, driving_side: str = "right") -> MapStore:
        source = shared / f"data/osm/{name}.osm"
        return MapStore.open(source, driving_side=driving_side, folder=folder / name)

    return opened
