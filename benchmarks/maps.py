# SPDX-License-Identifier: Apache-2.0
"""Street maps to masks: one map, a visibility mask, opening a map, a whole job; against drawing the scene as SVG."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from offline_tools.osm import MapStore, load_style, render, visibility
from offline_tools.osm.frame import view_of
from offline_tools.osm.svg import svg_channels
from offline_tools.simworld.town import TownPlan, make_town

DEFAULT_MAPS = Path(__file__).resolve().parents[2] / "shared" / "data" / "osm"
TARGET_MAP_MS, TARGET_VISIBILITY_MS, TARGET_COLD_S, TARGET_WARM_S = 6.0, 1.0, 10.0, 0.2
JOBS = (1000, 5000)  # poses; the memory of the two must not differ
GROWTH = 1.1
_BUILDING = 4

Pose = tuple[float, float, float]


def main() -> int:
    """Exit status 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.maps", description=__doc__)
    parser.add_argument("--maps", type=Path, default=DEFAULT_MAPS, help="folder with .osm files that declare bounds")
    parser.add_argument("--rounds", type=int, default=300, help="poses for each map")
    options, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        town = make_town(1, TownPlan(width=2500, height=2500)).write(Path(folder) / "town.osm")
        good = _drawing([*sorted(options.maps.glob("*.osm")), town], Path(folder), options.rounds)
        good &= _opening(town, Path(folder))
        good &= _job(town, Path(folder))
    return 0 if good else 1


def _drawing(maps: list[Path], folder: Path, rounds: int) -> bool:
    print(
        "Maps: 224 x 224 x 9 at random poses inside the bounds, store loaded, one core, style mia, sidewalks inferred."
    )
    print("Baseline: the same shapes as SVG, each channel drawn by cairosvg, alpha != 0.")
    print(
        f"{'map':>20} {'SVG ms':>8} {'ours ms':>8} {'95 %':>6} {'maps/s':>7} {'ratio':>6} "
        f"{'visibility ms':>14} {'95 %':>6}"
    )
    slowest = [0.0, 0.0]
    for path in maps:
        store = MapStore.open(path, folder=folder / f"store-{path.stem}")
        if not store.bounds_declared:
            continue
        poses = _poses(store, rounds)
        masks = [render(store, *pose) for pose in poses]  # and all of the store that they need is loaded
        visibility(masks[0][..., _BUILDING])
        drawn = _times(lambda pose, store=store: render(store, *pose), poses)
        seen = _times(lambda mask: visibility(mask[..., _BUILDING]), masks)
        plain = statistics.median(_times(lambda pose, store=store: _as_svg(store, pose), poses[:5]))
        median, high = statistics.median(drawn), _high(drawn)
        print(
            f"{path.stem:>20} {plain:8.1f} {median:8.2f} {high:6.2f} {1e3 / median:7.0f} "
            f"{plain / median:6.0f} {statistics.median(seen):14.2f} {_high(seen):6.2f}"
        )
        slowest = [max(slowest[0], median), max(slowest[1], statistics.median(seen))]
    good = slowest[0] <= TARGET_MAP_MS and slowest[1] <= TARGET_VISIBILITY_MS
    print(
        f"Targets in the densest map: {TARGET_MAP_MS:g} ms a map, {TARGET_VISIBILITY_MS:g} ms visibility: {_word(good)}"
    )
    return good


def _opening(path: Path, folder: Path) -> bool:
    store = folder / "opened"
    seconds = [_seconds(lambda: _first_map(path, store)) for _ in range(6)]
    cold, warm = seconds[0], statistics.median(seconds[1:])
    good = cold <= TARGET_COLD_S and warm <= TARGET_WARM_S
    print(
        f"\nOpening a map of {path.stat().st_size / 1e6:.1f} MB, with its first drawing: "
        f"cold {cold:.2f} s, then {warm:.3f} s"
    )
    print(f"Targets: {TARGET_COLD_S:g} s and {TARGET_WARM_S:g} s: {_word(good)}")
    return good


def _job(path: Path, folder: Path) -> bool:
    """A data set by the command, in two sizes; what its processes hold, and how long 100,000 would take."""
    store = MapStore.open(path)  # in the user's cache, where the command looks for it
    held, rates = [], []
    for count in JOBS:
        table = folder / f"poses-{count}.csv"
        rows = (f"{index},{lat},{lon},{heading}" for index, (lat, lon, heading) in enumerate(_poses(store, count)))
        table.write_text("\n".join(["id,lat,lon,heading", *rows]) + "\n")
        command = [sys.executable, "-m", "mia_ros.cli", "render", "--osm", str(path), "--poses", str(table)]
        command += ["--out", str(folder / f"data-{count}"), "--workers", "2", "--json"]
        memory, answer = _watched(command)
        held.append(memory)
        rates.append(answer["done"] / answer["seconds"])
    growth = held[1] / held[0]
    print(f"\nA job of {JOBS[1]:,} poses, masks and visibility to disk, 2 processes: {rates[1]:.0f} maps/s")
    print(f"Projected from it: 100,000 maps in {100_000 / rates[1] / 60:.1f} min")
    print(
        f"Memory of all its processes: {held[0]:.0f} MB at {JOBS[0]:,} poses, {held[1]:.0f} MB at {JOBS[1]:,}; ", end=""
    )
    print(f"target: at most {GROWTH} times as much: {_word(growth <= GROWTH)}")
    return growth <= GROWTH


def _watched(command: list[str]) -> tuple[float, dict[str, float]]:
    """Largest memory in MB that a command and its children held, each for itself, summed; and its JSON answer."""
    held: dict[int, float] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as job:
        while job.poll() is None:
            held.update(_family(job.pid))
            time.sleep(0.05)
        assert job.stdout is not None
        answer = json.loads(job.stdout.read())
    return sum(held.values()), answer


def _family(pid: int) -> dict[int, float]:
    """Peak memory in MB of a process and its children, from /proc."""
    found = {}
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        status = Path(f"/proc/{pid}/status").read_text()
        found[pid] = int(status.split("VmHWM:")[1].split()[0]) / 1024
        for child in children:
            found.update(_family(int(child)))
    return found


def _first_map(path: Path, folder: Path) -> None:
    store = MapStore.open(path, folder=folder)
    render(store, *_poses(store, 1)[0])


def _as_svg(store: MapStore, pose: Pose) -> None:
    view = view_of(*pose)
    svg_channels(store.shapes(load_style("mia"), True, view.box), view)


def _poses(store: MapStore, count: int) -> list[Pose]:
    """Inside the bounds, so that no picture reaches over the edge."""
    west, south, east, north = store.bounds
    margin = 120 / 111_195
    wide = margin / np.cos(np.radians(south))
    random = np.random.default_rng(0).uniform(size=(count, 3))
    lat = south + margin + random[:, 0] * (north - south - 2 * margin)
    lon = west + wide + random[:, 1] * (east - west - 2 * wide)
    return list(zip(lat.tolist(), lon.tolist(), (360 * random[:, 2]).tolist(), strict=True))


def _times(work: Callable[..., object], inputs: Sequence[object]) -> list[float]:
    """Milliseconds of each."""
    return [1e3 * _seconds(lambda one=one: work(one)) for one in inputs]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _high(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _word(good: bool) -> str:
    return "met" if good else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
