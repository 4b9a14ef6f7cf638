# SPDX-License-Identifier: Apache-2.0
"""Memory while a map is read, measured in a process of its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import osmium
import pytest

# Positions of nodes go to a file at once, and features early, as they do in maps a hundred times as large. Pages of
# files count as files and not as memory: the system drops them when it needs the room.
OPEN = """
import sys
from offline_tools.osm.sources import osm_file
from offline_tools.osm.store import MapStore, writer

osm_file.BIG["pbf"] = 0
writer.BATCH_BYTES = 4 << 20
most = 0

def progress(done, total, what):
    global most
    with open("/proc/self/status") as status:
        most = max(most, *(int(line.split()[1]) for line in status if line.startswith("RssAnon")))

store = MapStore.open(sys.argv[1], folder=sys.argv[2], progress=progress)
print(store.counts.ways, most)
"""


def grid_of_towns(path: Path, towns: int, ways: int = 6000, points: int = 12) -> None:
    """Towns of 0.05 degrees side by side."""
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.uniform(-2e-4, 2e-4, (ways, points, 2)), axis=1) + rng.uniform(0, 0.05, (ways, 1, 2))
    street = {"highway": "residential", "name": "A street with a name", "surface": "asphalt", "maxspeed": "30"}
    with osmium.SimpleWriter(str(path)) as writer:
        for town in range(towns):
            lonlat = np.add(walk, (2 + town % 4 * 0.05, 48 + town // 4 * 0.05)).reshape(-1, 2).tolist()
            for index, location in enumerate(lonlat, town * ways * points + 1):
                writer.add_node(osmium.osm.mutable.Node(id=index, version=1, location=location))
        for index in range(towns * ways):
            refs = range(index * points + 1, (index + 1) * points + 1)
            writer.add_way(osmium.osm.mutable.Way(id=index + 1, version=1, nodes=refs, tags=street))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_map(tmp_path: Path) -> None:
    most = {}
    for towns in (24, 48):  # fewer do not fill the queues of the reader
        path = tmp_path / f"{towns}.osm.pbf"
        grid_of_towns(path, towns)
        command = [sys.executable, "-c", OPEN, str(path), str(tmp_path / f"store{towns}")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        ways, kilobytes = map(int, done.stdout.split())
        assert ways == towns * 6000
        most[towns] = kilobytes
    assert most[48] < 1.3 * most[24]
