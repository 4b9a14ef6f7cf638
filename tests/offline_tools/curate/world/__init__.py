# SPDX-License-Identifier: Apache-2.0
"""A world on loopback: a place, photos of it, its street map, and a server that answers as Nominatim and Mapillary do.

simulated_world    a small town and drives through it; photos, poses and street map agree
recorded_world     real answers and photos of ../shared
serve              the server, in a thread; Faults says what goes wrong
"""

from tests.offline_tools.curate.world.faults import PASSING, Faults
from tests.offline_tools.curate.world.recorded import recorded_world
from tests.offline_tools.curate.world.server import Logged, Served, serve
from tests.offline_tools.curate.world.simulated import simulated_world
from tests.offline_tools.curate.world.world import World

__all__ = ["PASSING", "Faults", "Logged", "Served", "World", "recorded_world", "serve", "simulated_world"]
