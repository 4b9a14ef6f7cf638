# SPDX-License-Identifier: Apache-2.0
"""What is shown, with which engine, in which town; and what that needs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from mia_ros.engine.manifest import EngineManifest
from mia_ros.errors import DemoError
from mia_ros.shipped import shipped_engine

#: Gets a line for the one who looks on.
Say = Callable[[str], None]
FRAME_RATE = 10.0  # Hz, of the simulated camera
_SIMULATOR, _ROS = ("numba", "osmium", "polars", "pyproj", "shapely", "rosbags"), ("rclpy", "mia_ros.msg", "tf2_msgs")


@dataclass(frozen=True)
class DemoPlan:
    """engine None: the one that comes with the package."""

    out: Path
    seconds: float = 20.0
    seed: int = 7
    engine: Path | None = None


def missing_simulator() -> str:
    """Parts that the simulator lacks here; empty if none."""
    return ", ".join(name for name in _SIMULATOR if find_spec(name) is None)


def missing_ros() -> str:
    """Parts of ROS 2 that are not here; empty if none."""
    return ", ".join(name for name in _ROS if find_spec(name) is None)


def mia(*arguments: str) -> list[str]:
    """The command line of another `mia`."""
    return [sys.executable, "-m", "mia_ros.cli", *arguments]


def chosen_engine(plan: DemoPlan, say: Say) -> tuple[Path, EngineManifest]:
    """The engine and what it says of itself; a DemoError where there is none."""
    engine = plan.engine or shipped_engine()
    if engine is None:
        raise DemoError("engine: none comes with this installation; name one with --engine")
    manifest = EngineManifest.load(engine)
    what = manifest.training.partition(". ")[0]
    if manifest.training.startswith("untrained"):
        what = "UNTRAINED: it shows how things fit together, and its maps mean nothing"
    say(f"engine: {manifest.name} ({manifest.precision}); {what}")
    return engine, manifest


def made_town(plan: DemoPlan, say: Say) -> Path:
    """The street map of a town."""
    say(f"making a town from seed {plan.seed}")
    command = mia("simulate", "town", "--seed", str(plan.seed), "--out", str(plan.out))
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise DemoError(f"the town could not be made: {made.stderr.strip().splitlines()[-1]}")
    return plan.out / f"town-{plan.seed}.osm"
