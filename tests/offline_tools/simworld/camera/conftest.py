# SPDX-License-Identifier: Apache-2.0
import pytest

from offline_tools.simworld.world import Appearance, build_world
from tests.offline_tools.simworld.drive.maps import CENTRE, write_map

PLAZA = [(10.0, 10.0), (24.0, 10.0), (24.0, 24.0), (10.0, 24.0), (10.0, 10.0)]
TOWER = [(-22.0, 10.0), (-10.0, 10.0), (-10.0, 22.0), (-22.0, 22.0), (-22.0, 10.0)]
STREET = [
    (PLAZA, {"highway": "pedestrian", "area": "yes"}),
    (TOWER, {"building": "yes", "height": "8"}),
    ([(-90.0, -20.0), (0.0, -20.0), (90.0, -20.0)], {"highway": "residential", "sidewalk": "no"}),
    ([(0.0, -27.0), (0.0, -20.0), (0.0, -13.0)], {"highway": "footway", "footway": "crossing"}),
]


@pytest.fixture(scope="session")
def street(tmp_path_factory):
    """A square, a tower, a street and a crossing, whose corners a test knows."""
    return write_map(tmp_path_factory.mktemp("street"), STREET)


@pytest.fixture(scope="session")
def plain_world(street):
    """In plain colours."""
    return build_world(street, (CENTRE.lat0, CENTRE.lon0), 100.0, style="navigation", appearance=Appearance.plain())


@pytest.fixture(scope="session")
def world(street):
    """As a network sees it."""
    return build_world(street, (CENTRE.lat0, CENTRE.lon0), 100.0, appearance=4)
