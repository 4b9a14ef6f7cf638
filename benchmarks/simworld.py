# SPDX-License-Identifier: Apache-2.0
"""What a simulated picture costs: frames a second and core, the time to build a world, and its size."""

import math
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from mia_ros.camera import Camera
from offline_tools.osm import MapStore
from offline_tools.simworld.camera import Pose, WorldCamera, look_at
from offline_tools.simworld.town import make_town
from offline_tools.simworld.world import World, build_world

#: A dense extract beside the checkout, where a developer has it; else a town.
EXTRACT = Path(__file__).resolve().parents[2] / "shared" / "data" / "osm" / "paris_9e.osm"
CAMERAS = (Camera(640, 480, 400.0, 400.0, 319.5, 239.5), Camera(1280, 720, 800.0, 800.0, 639.5, 359.5))
TARGET = 30.0  # frames a second and core, at 640 x 480


def main(radius: float = 400.0) -> int:
    """Exit status 1 if the smaller picture misses its target."""
    with tempfile.TemporaryDirectory() as folder:
        store, centre = _map(Path(folder))
        start = time.perf_counter()
        build_world(store, centre, 40.0)  # compiles, reads the map
        warm = time.perf_counter()
        world = build_world(store, centre, radius, appearance=3)
        built = time.perf_counter()
        size = world.save(Path(folder) / "world.npz").stat().st_size
    print(f"World of {store.source.name}, {radius:g} m around: {built - warm:.1f} s to build", end="")
    print(f" ({warm - start:.1f} s more the first time), {_megabytes(world):.0f} MB, {size / 1e6:.0f} MB saved")
    medians = [_measure(world, camera) for camera in CAMERAS]
    return int(1000 / medians[0] < TARGET)


def _map(folder: Path) -> tuple[MapStore, tuple[float, float]]:
    if EXTRACT.exists():
        store = MapStore.open(EXTRACT, folder=folder / "store")
        west, south, east, north = store.bounds
        return store, ((south + north) / 2, (west + east) / 2)
    town = make_town(0)
    return MapStore.open(town.write(folder / "town.osm"), folder=folder / "store"), (town.lat, town.lon)


def _measure(world: World, camera: Camera) -> float:
    """Milliseconds of processor time a frame, median; one core."""
    take, times = WorldCamera(world, camera), []
    for pose in [_pose(world, seed) for seed in range(61)]:
        start = time.thread_time()
        take(pose)
        times.append((time.thread_time() - start) * 1e3)
    times = times[1:]  # the first one warms up
    median, late = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    name = f"{camera.width} x {camera.height}"
    print(f"Picture of {name}: {median:.1f} ms median, {late:.1f} ms 95 %; {1000 / median:.0f} frames/s and core")
    return median


def _pose(world: World, seed: int) -> Pose:
    """Somewhere on a street or sidewalk, at 2 m."""
    random = np.random.default_rng(seed)
    while True:
        x, y = random.uniform(-0.4, 0.4, 2) * world.size
        if world.layer_at(x, y).startswith(("sidewalk", "road", "crossing")):
            break
    return Pose(np.array([x, y, 2.0]), look_at(random.uniform(-math.pi, math.pi), math.radians(5)))


def _megabytes(world: World) -> float:
    arrays = [world.materials, world.far, world.shadow, world.tiles, *world.cells, *world.solids]
    return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray)) / 1e6


if __name__ == "__main__":
    sys.exit(main())
