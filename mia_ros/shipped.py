# SPDX-License-Identifier: Apache-2.0
"""Where the files are that come with the package but are no Python: engines, launch files, configuration."""

from __future__ import annotations

from pathlib import Path


def shipped(folder: str) -> Path | None:
    """A folder of the source tree, or of share/mia_ros of what the package is installed into; None if it is nowhere."""
    package = Path(__file__).resolve().parent
    # An installed package lies in PREFIX/lib/pythonX.Y/site-packages, PREFIX/local/lib/..., or in a --target itself.
    candidates = [package.parent / folder, *(each / "share" / "mia_ros" / folder for each in package.parents)]
    return next((each for each in candidates if each.is_dir()), None)


def shipped_engines() -> list[Path]:
    """The engines that come with the package; the first is the one to take where none is named."""
    engines = shipped("engines")
    return sorted(each.parent for each in engines.glob("*/manifest.json")) if engines else []


def shipped_engine() -> Path | None:
    """The engine that is taken where none is named."""
    return next(iter(shipped_engines()), None)
