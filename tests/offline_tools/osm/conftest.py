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


@pytest.fixture(scope="session")
def libcairo() -> None:
    """Skips where the system's library is missing, which importing its binding says with an OSError."""
    try:
        import cairocffi  # noqa: F401 - only whether it is there
    except (ImportError, OSError) as error:
        pytest.skip(f"needs libcairo (apt-get install libcairo2): {' '.join(str(error).split())[:80]}")
