# SPDX-License-Identifier: Apache-2.0
"""Live, in three programs as on a robot: `mia simulate live` (camera, IMU, truth), `mia run`, and this one looks on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mia_ros.demonstration.plan import FRAME_RATE, DemoPlan, Say, chosen_engine, made_town, mia
from mia_ros.demonstration.telling import Album, write
from mia_ros.errors import DemoError

if TYPE_CHECKING:
    from mia_ros.nodes.spectator import Spectator

_PATIENCE = 180.0  # s, until the first map: compiling the simulator takes most of it, the first time


def run_live(plan: DemoPlan, say: Say) -> dict[str, Any]:
    """Drive, map, look on, and write OUT/live.png and OUT/live.json; gives what the latter holds."""
    from mia_ros.nodes.spectator import Spectator

    engine, manifest = chosen_engine(plan, say)
    town = made_town(plan, say)
    album = Album(round(plan.seconds * FRAME_RATE))
    with ExitStack() as stack:
        environment = _own_domain()
        stack.enter_context(_program(_mapper(engine), environment, plan.out / "mapper.log"))
        spectator = stack.enter_context(Spectator(album))
        drive = stack.enter_context(_program(_drive(plan, town), environment, plan.out / "drive.log"))
        _watch(plan, spectator, drive, say)
    if not album.moments:
        raise DemoError(f"no map came; {plan.out / 'mapper.log'} and {plan.out / 'drive.log'} say why")
    output = spectator.statuses.get("output", (0, "", {}))[2]
    told = {**album.told(manifest), "maps_without_their_image": spectator.strangers, "node": output}
    write(plan, "live", album, told)
    return told


def _own_domain() -> dict[str, str]:
    """So that no robot in the same network hears of it, unless ROS_DOMAIN_ID is set."""
    own = {"ROS_DOMAIN_ID": str(random.randint(1, 101)), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}  # noqa: S311
    if "ROS_DOMAIN_ID" not in os.environ:
        os.environ.update(own)
    return dict(os.environ)


def _mapper(engine: Path) -> list[str]:
    topics = {"image": "/camera/image_raw/compressed", "camera-info": "/camera/camera_info", "imu": "/imu/data"}
    options = [part for name, topic in topics.items() for part in (f"--{name}", topic)]
    return [*mia(), "run", "--engine", str(engine), *options, "--set", "base_frame=base_link", "--sim-time"]


def _drive(plan: DemoPlan, town: Path) -> list[str]:
    ears = "/camera/image_raw/compressed", "/imu/data", "/truth/semantic_map"
    waits = [part for topic in ears for part in ("--wait-for", topic)]
    # The spectator listens to the images too: --wait-for counts one subscriber, the IMU's is the mapper.
    options = ["--seconds", str(plan.seconds), "--seed", str(plan.seed), "--weather", "overcast", "--wait-s", "60"]
    return [*mia(), "simulate", "live", "--map", str(town), *options, *waits]


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


def _watch(plan: DemoPlan, spectator: Spectator, drive: subprocess.Popen[bytes], say: Say) -> None:
    """Look on until the drive ends; a line each second."""
    begun = said = time.monotonic()
    say("the wheelchair sets out; the first time, what it sees is compiled before, for about half a minute")
    while drive.poll() is None:
        spectator.look(0.1)
        now, maps = time.monotonic(), spectator.album.agreement.maps
        if not maps and not spectator.album.ages:
            _check_start(plan, now - begun)
        if maps and now - said >= 1.0:
            said = now
            rate = spectator.statuses.get("output", (0, "", {}))[2].get("map rate (Hz)", "?")
            say(f"{maps:4d} maps, {rate} Hz, {spectator.album.line()}")
    for _ in range(20):
        spectator.look(0.05)


def _check_start(plan: DemoPlan, waited: float) -> None:
    if waited > _PATIENCE:
        lines = (plan.out / "mapper.log").read_text(errors="replace").strip().splitlines()
        raise DemoError(f"no map came within {waited:.0f} s; the mapper said: {lines[-1] if lines else 'nothing'}")
