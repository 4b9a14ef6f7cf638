# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from tests.offline_tools.simworld.drive.maps import TOWN, write_map


@pytest.fixture
def folder(tmp_path) -> Path:
    """Holds two maps."""
    for name in ("town", "other"):
        write_map(tmp_path / name, TOWN)
        (tmp_path / name / "map.osm").rename(tmp_path / f"{name}.osm")
    return tmp_path
