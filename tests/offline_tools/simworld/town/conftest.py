# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from offline_tools.simworld.town import make_town
from tests.offline_tools.simworld.town.reading import ReadTown, read

SEEDS = range(8)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The towns of eight seeds, as files."""
    folder = tmp_path_factory.mktemp("towns")
    return [make_town(seed).write(folder / f"{seed}.osm") for seed in SEEDS]


@pytest.fixture(scope="session")
def towns(written: list[Path]) -> list[ReadTown]:
    """The same, read again."""
    return [read(path) for path in written]
