# SPDX-License-Identifier: Apache-2.0
import pytest

from tests.offline_tools.simworld.drive.maps import TOWN, write_map


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """A small map with sidewalks, a crossing and a road."""
    return write_map(tmp_path_factory.mktemp("small_town"), TOWN)
