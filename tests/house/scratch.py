# SPDX-License-Identifier: Apache-2.0
"""A copy of the sources to try installations on, so that the checkout and its .venv stay as they are."""

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The Python that .venv was made from: its own start-up file for ROS would act in every process.
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)
OUTPUTS = shutil.ignore_patterns(".git", ".venv", "build", "dist", "*.egg-info", "__pycache__", ".*_cache")


def copy_of_sources(folder: Path) -> Path:
    """The checkout without what was built in it."""
    return Path(shutil.copytree(ROOT, folder / "source", ignore=OUTPUTS))


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment of a shell in which no .venv and no ROS is active."""
    hidden = ("PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "_ROS_WHEELS_BOOTSTRAP_COMPLETE")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    kept = {name: value for name, value in env.items() if not name.startswith(("MIA_", "COV_", "AMENT_", "CMAKE_"))}
    return {**kept, **extra}
