# SPDX-License-Identifier: Apache-2.0
import pytest

from offline_tools.simworld.maps import open_map, write_town


@pytest.fixture(scope="session")
def streets(tmp_path_factory):
    """The street map of a town that does not exist."""
    _, path = write_town(3, tmp_path_factory.mktemp("streets"))
    return open_map(path)
