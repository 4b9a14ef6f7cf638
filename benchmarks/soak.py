# SPDX-License-Identifier: Apache-2.0
"""The live node for a long time at 30 Hz: memory, threads and open files must not grow in the second half.

Judged is the memory that the process has taken for itself, which is where a leak shows. Told apart are two kinds that
come and go without its asking: files, whose pages the system drops and reads again as it likes, and the segments
through which DDS hands images over, which have their size from the start and come in whenever a page is first used.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.live import PROFILE, camera_command, mapper_process, own_domain
from tests.mia_ros.make_engine import make_engine

_PERIOD = 1.0


class Size(NamedTuple):
    """Of a process: resident memory in MB, of its own, of files and shared, segments of the latter, threads, files."""

    memory: float
    mapped: float
    shared: float
    segments: int
    threads: int
    files: int


def main() -> int:
    """Exit status 1 if something grew, or the node ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=1200.0)
    parser.add_argument("--growth", type=float, default=0.01, help="of memory in the second half, that is allowed")
    options = parser.parse_args()
    seconds = options.seconds
    sizes = _soak(seconds)
    half = sizes[len(sizes) // 2 :]
    tenth = max(len(half) // 10, 3)
    first, last = (sorted(part)[len(part) // 2] for part in (half[:tenth], half[-tenth:]))
    growth = last.memory / first.memory - 1
    print(
        f"{seconds:g} s at 30 Hz: {first.memory:.1f} MB at half time, {last.memory:.1f} MB at the end ({growth:+.2%})"
    )
    tenths = sizes[:: max(len(sizes) // 10, 1)]
    print(f"MB over time: {', '.join(f'{each.memory:.1f}' for each in tenths)}")
    print(f"of files {first.mapped:.1f} and {last.mapped:.1f} MB, of DDS {first.shared:.1f} and {last.shared:.1f} MB")
    both = sum(last[:3]) / sum(first[:3]) - 1
    print(f"all of it: {sum(first[:3]):.1f} MB at half time, {sum(last[:3]):.1f} MB at the end ({both:+.2%})")
    print(
        f"threads {first.threads} and {last.threads}, open files {first.files} and {last.files}, "
        f"segments {first.segments} and {last.segments}"
    )
    more = last.threads > first.threads or last.files > first.files or last.segments > first.segments
    return int(growth > options.growth or more)


def _soak(seconds: float) -> list[Size]:
    """One a second, from the first image on."""
    environment = own_domain(PROFILE)
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(Path(folder) / "engine")
        with mapper_process(engine, "raw", environment) as mapper:
            command = [*camera_command("raw", 640, 480), str(seconds)]
            with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as camera:
                sizes = []
                while camera.poll() is None:
                    if mapper.poll() is not None:
                        camera.kill()
                        raise SystemExit(f"the mapper ended with status {mapper.returncode}")
                    sizes.append(_size(mapper.pid))
                    time.sleep(_PERIOD)
    return sizes[4:-4]  # without the start, and the wait at the end


def _size(pid: int) -> Size:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    memory, mapped, shared = (int(status[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile", "RssShmem"))
    segments = Path(f"/proc/{pid}/maps").read_text().count("/fastdds_")
    return Size(memory, mapped, shared, segments, int(status["Threads"]), files)


if __name__ == "__main__":
    sys.exit(main())
