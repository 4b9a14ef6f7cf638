# SPDX-License-Identifier: Apache-2.0
"""A simulated drive through `mia replay`: images a second and times real time, with and without the video.

The baseline is the drive's own 10 images a second; beside it stands what the network alone makes of the same size, as
many at once, in the same minute. The whole command, with its start, judging and page, has a line of its own. Memory is
that of the process at its largest, for the drive and for a third of it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from mia_ros.engine.choice import load_backend, usable_cores
from mia_ros.shipped import shipped_engine

#: Of a levelled frame of 640 x 480; how often the network runs alone; and how often each replay is made.
_ROWS, _RUNS, _REPLAYS = 384, 200, 3
TARGETS = {"every output": 3.0, "without the video": 5.0}


def main() -> int:
    """Exit status 1 if a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", type=Path, default=shipped_engine())
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the drive")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return _measure(Path(folder), asked.engine, asked.seconds)


def _measure(folder: Path, engine: Path, seconds: float) -> int:
    _mia("simulate", "town", "--seed", "7", "--out", str(folder))
    drives = {length: folder / f"drive{length:.0f}" for length in (seconds, seconds / 3)}
    for length, bag in drives.items():
        town = folder / "town-7.osm"
        _mia("simulate", "drive", "--map", str(town), "--seconds", f"{length:g}", "--out", str(bag))
    print(f"640 x 480, 10 images a second, {seconds:g} s, {engine.name}, {os.cpu_count()} cores")
    missed = False
    for name, options in {"every output": (), "without the video": ("--no-video",)}.items():
        runs = _runs(drives[seconds], engine, options, folder / name)
        middle, target = runs[len(runs) // 2], TARGETS[name]
        found = middle.metrics
        times = ", ".join(f"{stage} {each['median']:.1f}" for stage, each in found["times_ms"].items())
        print(
            f"{name:<18} {middle.speed:5.2f} times real time (target {target:g}; "
            f"runs {', '.join(f'{run.speed:.2f}' for run in runs)}), "
            f"{found['speed']['frames_per_s']:.1f} maps/s of {_network_alone(engine):.0f} of the network alone; "
            f"median ms: {times}; alone {found['alone_ms']['median']:.1f}; at most {middle.peak_mb:.0f} MB\n"
            f"{'':18} {seconds / middle.took:5.2f} times for the whole command, which takes {middle.took:.1f} s"
        )
        missed |= middle.speed < target
    short = folder / "short"
    peak, _ = _mia("replay", str(drives[seconds / 3]), "--engine", str(engine), "--no-video", "--out", str(short))
    print(f"a third of the drive takes at most {peak:.0f} MB")
    return int(missed)


class _Run(NamedTuple):
    """What a replay wrote in metrics.json, the megabytes that it took at most, and its seconds."""

    metrics: dict[str, Any]
    peak_mb: float
    took: float

    @property
    def speed(self) -> float:
        """Times real time, of the maps and of the video."""
        return float(self.metrics["speed"]["times_real_time"])


def _runs(bag: Path, engine: Path, options: tuple[str, ...], out: Path) -> list[_Run]:
    """The slowest first."""
    runs = []
    for number in range(_REPLAYS):
        folder = out / str(number)
        folder.parent.mkdir(exist_ok=True)
        settings = "--engine", str(engine), "--truth", "bag", *options, "--out", str(folder)
        measured = _mia("replay", str(bag), *settings)
        runs.append(_Run(json.loads((folder / "metrics.json").read_text()), *measured))
    return sorted(runs, key=lambda run: run.speed)


def _network_alone(engine: Path) -> float:
    """Maps a second of black pictures, with a caller a core."""
    cores = usable_cores()
    backend = load_backend(engine, callers=cores, rows=_ROWS).backend
    try:
        with ThreadPoolExecutor(cores) as callers:
            begun = time.perf_counter()
            list(callers.map(lambda _: backend.warm_up(), range(_RUNS)))
            return _RUNS / (time.perf_counter() - begun)
    finally:
        backend.close()


def _mia(*arguments: str) -> tuple[float, float]:
    """Run `mia` from the source tree; megabytes that it took at most, without its children's, and seconds."""
    measured = (
        "import resource, runpy, sys; sys.argv = ['mia', *sys.argv[1:]]\n"
        "try: runpy.run_module('mia_ros.cli', run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "else: code = 0\n"
        "print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
    )
    begun = time.perf_counter()
    ran = subprocess.run([sys.executable, "-c", measured, *arguments], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(ran.stderr.strip() or f"mia {arguments[0]} failed")
    return int(ran.stdout.rsplit("peak", 1)[1]) / 1024, time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
