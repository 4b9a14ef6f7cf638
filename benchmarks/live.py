# SPDX-License-Identifier: Apache-2.0
"""The live node: images over DDS at 30 Hz, how many arrive, and how long the node takes for one, stage by stage."""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.mia_ros.make_engine import make_engine

ROOT = Path(__file__).resolve().parent.parent
PROFILE = ROOT / "config" / "fastdds_large_images.xml"
#: Milliseconds from the callback to the last publish call, network and waiting for the IMU excluded, 720p raw, median.
TARGET = 8.0
STAGES = ("decode", "level", "unpack", "publish")
WIDTH, HEIGHT, RATE = 1280, 720, 30


def main() -> int:
    """Exit status 1 if an image was lost with the shipped profile, or the node took longer than its target."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    print(f"{WIDTH} x {HEIGHT} at {RATE} Hz for {seconds:g} s, a tiny engine; milliseconds, median / 95 %")
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(Path(folder) / "engine")
        for transport, profile in (("raw", PROFILE), ("compressed", PROFILE), ("raw", None)):
            found = _measure(engine, transport, profile, seconds if profile else min(seconds, 15.0))
            missed += _say(found, transport, with_profile=profile is not None)
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


def _measure(engine: Path, transport: str, profile: Path | None, seconds: float) -> dict[str, Any]:
    environment = own_domain(profile)
    camera = camera_command(transport, WIDTH, HEIGHT)
    with mapper_process(engine, transport, environment):
        answer = subprocess.run([*camera, str(seconds)], env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def own_domain(profile: Path | None) -> dict[str, str]:
    """The environment of processes that nobody else hears, with a profile of Fast DDS."""
    return {
        **os.environ,
        "ROS_DOMAIN_ID": str(random.randint(1, 101)),  # noqa: S311
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        **({"FASTDDS_DEFAULT_PROFILES_FILE": str(profile)} if profile else {}),
    }


def camera_command(transport: str, width: int, height: int) -> list[str]:
    """A camera at RATE; the seconds are to be added."""
    return [sys.executable, "-m", "benchmarks.camera_process", transport, str(width), str(height), str(RATE)]


@contextmanager
def mapper_process(engine: Path, transport: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`mia run` with a camera that stands level; ended at the end of the block."""
    settings = {
        "backend": '"onnx-cpu"',
        "threads": "1",
        "imu_to_camera": "[0.0, 0.0, 0.0, 1.0]",
        "camera_height": "1.2",
        "image_transport": transport,
        "timeout": "10.0",
    }
    options = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    command = [sys.executable, "-m", "mia_ros.cli", "run", "--engine", str(engine), *options]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(10)


def _say(found: dict[str, Any], transport: str, *, with_profile: bool) -> list[str]:
    """Print it; the targets that were missed."""
    output, arrived = found["statuses"]["output"], found["statuses"]["input"]
    lost = found["sent"] - int(arrived["images"])
    stages = {name: output[f"{name} (ms, median / 95 %)"] for name in (*STAGES, "network", "wait", "all")}
    own = sum(float(stages[name].split(" / ")[0]) for name in STAGES)
    name = f"{transport}, {'with' if with_profile else 'without'} {PROFILE.name}"
    print(f"{name}: {found['sent']} images sent, {lost} lost, {output['images skipped']} skipped", flush=True)
    print(f"  DDS, from stamp to callback: {arrived['image age on arrival (ms)']} (median)")
    print("  " + ", ".join(f"{stage} {value}" for stage, value in stages.items()))
    print(f"  from callback to the last publish call, without network and wait: {own:.1f} (median)")
    if not with_profile:
        return []
    missed = [f"{name}: {lost} images lost"] if lost > 0 else []
    if transport == "raw" and own > TARGET:
        missed.append(f"{name}: {own:.1f} ms, target {TARGET:g}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
