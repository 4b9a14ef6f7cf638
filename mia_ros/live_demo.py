# SPDX-License-Identifier: Apache-2.0
"""The demonstration: a simulated wheelchair drives through a town, and the mapper maps it, on real ROS topics.

Three programs, as on a robot: `mia simulate live` (camera, IMU, truth), `mia run` (the mapper), and this one, which
looks on. The simulator belongs to the offline tools, so it is run, not imported.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from mia_ros.arrays import UInt8Array
from mia_ros.engine.manifest import EngineManifest
from mia_ros.errors import DemoError
from mia_ros.pictures import PANEL, panel, side_by_side, write_bytes, write_image
from mia_ros.shipped import shipped_engine

if TYPE_CHECKING:
    from mia_ros.nodes.spectator import Moment, Spectator

Say = Callable[[str], None]
#: What the simulator needs, and ROS.
_SIMULATOR, _ROS = ("numba", "osmium", "polars", "pyproj", "shapely", "rosbags"), ("rclpy", "mia_ros.msg", "tf2_msgs")
_MOMENTS = 4  # rows of the picture at the end
_PATIENCE = 180.0  # s, until the first map: compiling the simulator takes most of it, the first time


@dataclass(frozen=True)
class DemoPlan:
    """engine None: the one that comes with the package."""

    out: Path
    seconds: float = 20.0
    seed: int = 7
    engine: Path | None = None


def missing_parts() -> str:
    """What has to be installed before; empty if nothing."""
    found = []
    if lacking := [name for name in _SIMULATOR if find_spec(name) is None]:
        found.append(f"the simulator ({', '.join(lacking)}): pip install 'mia_ros[maps]'")
    if lacking := [name for name in _ROS if find_spec(name) is None]:
        found.append(f"ROS 2 ({', '.join(lacking)}): pip install 'mia_ros[ros]', or source /opt/ros/DISTRO/setup.bash")
    return "; ".join(found)


def run_demo(plan: DemoPlan, say: Say) -> dict[str, Any]:
    """Drive, map, look on, and write OUT/live.png and OUT/live.json; gives what the latter holds."""
    from mia_ros.nodes.spectator import Spectator

    engine = plan.engine or shipped_engine()
    if engine is None:
        raise DemoError("engine: none comes with this installation; name one with --engine")
    manifest = EngineManifest.load(engine)
    say(f"engine: {manifest.name} ({manifest.precision}); {_trained(manifest)}")
    town = _made_town(plan, say)
    with ExitStack() as stack:
        environment = _own_domain()
        stack.enter_context(_program(_mapper(engine), environment, plan.out / "mapper.log"))
        spectator = stack.enter_context(Spectator())
        drive = stack.enter_context(_program(_drive(plan, town), environment, plan.out / "drive.log"))
        moments = list(_watched(plan, spectator, drive, say))
    return _told(plan, manifest, spectator, moments)


def _trained(manifest: EngineManifest) -> str:
    if manifest.training.startswith("untrained"):
        return "UNTRAINED: it shows how things fit together, and its maps mean nothing"
    return f"trained on {manifest.training}"


def _made_town(plan: DemoPlan, say: Say) -> Path:
    say(f"making a town from seed {plan.seed}")
    command = [*_mia(), "simulate", "town", "--seed", str(plan.seed), "--out", str(plan.out)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise DemoError(f"the town could not be made: {made.stderr.strip().splitlines()[-1]}")
    return plan.out / f"town-{plan.seed}.osm"


def _own_domain() -> dict[str, str]:
    """So that no robot in the same network hears of it, unless ROS_DOMAIN_ID is set."""
    own = {"ROS_DOMAIN_ID": str(random.randint(1, 101)), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}  # noqa: S311
    if "ROS_DOMAIN_ID" not in os.environ:
        os.environ.update(own)
    return dict(os.environ)


def _mia() -> list[str]:
    return [sys.executable, "-m", "mia_ros.cli"]


def _mapper(engine: Path) -> list[str]:
    topics = {"image": "/camera/image_raw/compressed", "camera-info": "/camera/camera_info", "imu": "/imu/data"}
    options = [part for name, topic in topics.items() for part in (f"--{name}", topic)]
    return [*_mia(), "run", "--engine", str(engine), *options, "--set", "base_frame=base_link", "--sim-time"]


def _drive(plan: DemoPlan, town: Path) -> list[str]:
    ears = "/camera/image_raw/compressed", "/imu/data", "/truth/semantic_map"
    waits = [part for topic in ears for part in ("--wait-for", topic)]
    # The spectator listens to the images too: --wait-for counts one subscriber, the IMU's is the mapper.
    options = ["--seconds", str(plan.seconds), "--seed", str(plan.seed), "--weather", "overcast", "--wait-s", "60"]
    return [*_mia(), "simulate", "live", "--map", str(town), *options, *waits]


@contextmanager
def _program(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run it; at the end it is asked to stop, and killed if it does not."""
    log.parent.mkdir(parents=True, exist_ok=True)
    # Where ROS is from PyPI, this process was started anew by it, and its programs must be too.
    environment = {name: value for name, value in environment.items() if not name.startswith("_ROS_WHEELS")}
    with log.open("wb") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()


def _watched(plan: DemoPlan, spectator: Spectator, drive: subprocess.Popen[bytes], say: Say) -> Iterator[Moment]:
    """Look on until the drive ends; a line each second, and some moments to show."""
    begun, said, shown = time.monotonic(), 0.0, 0
    say("the wheelchair sets out; the first time, what it sees is compiled before, for about half a minute")
    while drive.poll() is None:
        spectator.look(0.1)
        now = time.monotonic()
        maps = spectator.agreement.maps
        if not maps:
            _check_start(plan, now - begun)
            begun = begun if not spectator.ages else now
            continue
        if now - said >= 1.0:
            said = now
            say(_status(spectator))
        if spectator.newest is not None and maps >= shown * plan.seconds * 10 / _MOMENTS * 0.9 + 5 and shown < _MOMENTS:
            shown += 1
            yield spectator.newest
    for _ in range(20):
        spectator.look(0.05)


def _check_start(plan: DemoPlan, waited: float) -> None:
    if waited > _PATIENCE:
        lines = (plan.out / "mapper.log").read_text(errors="replace").strip().splitlines()
        raise DemoError(f"no map came within {waited:.0f} s; the mapper said: {lines[-1] if lines else 'nothing'}")


def _status(spectator: Spectator) -> str:
    rate = spectator.statuses.get("output", (0, "", {}))[2].get("map rate (Hz)", "?")
    scores = {name: value for name, value in spectator.agreement.iou().items() if value is not None}
    best = ", ".join(f"{name} {scores[name]:.2f}" for name in ("road", "sidewalk") if name in scores)
    age = 1e3 * median(spectator.ages[-20:])
    return f"{spectator.agreement.maps:4d} maps, {rate} Hz, {age:.0f} ms after the image; IoU so far: {best}"


def _told(plan: DemoPlan, manifest: EngineManifest, spectator: Spectator, moments: list[Moment]) -> dict[str, Any]:
    """What there is to say at the end, also as files."""
    if not moments:
        raise DemoError(f"no map came; {plan.out / 'mapper.log'} and {plan.out / 'drive.log'} say why")
    write_image(plan.out / "live.png", np.vstack([_row(moment) for moment in moments]))
    output = spectator.statuses.get("output", (0, "", {}))[2]
    told = {
        "engine": manifest.name,
        "training": manifest.training,
        "maps": spectator.agreement.maps,
        "maps_without_their_image": spectator.strangers,
        "image_age_ms": {
            "median": round(1e3 * median(spectator.ages), 1),
            "95 %": round(1e3 * float(np.quantile(spectator.ages, 0.95)), 1),
        },
        "iou": {name: None if v is None else round(v, 4) for name, v in spectator.agreement.iou().items()},
        "average_road_sidewalk": spectator.agreement.road_and_sidewalk(),
        "node": output,
    }
    write_bytes(plan.out / "live.json", f"{json.dumps(told, indent=1)}\n".encode())
    return told


def _row(moment: Moment) -> UInt8Array:
    scale = PANEL / max(moment.frame.shape[:2])
    frame = cv2.resize(moment.frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    maps = [
        cv2.resize(each.image(), (PANEL, PANEL), interpolation=cv2.INTER_NEAREST)
        for each in (moment.found, moment.truth)
    ]
    return side_by_side(
        panel(np.asarray(frame, np.uint8), "camera"),
        panel(np.asarray(maps[0], np.uint8), "the mapper's map, 50 m ahead"),
        panel(np.asarray(maps[1], np.uint8), "the true map"),
    )
