# SPDX-License-Identifier: Apache-2.0
"""The folder of an evaluation: it appears whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from offline_tools.errors import TrainingError

METRICS = "metrics.json"
REPORT = "report.html"


def check_out(folder: Path) -> None:
    """Refuse to replace anything but an earlier evaluation."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise TrainingError(f"out {folder}: is a file; give a folder")
    strange = {path.name for path in folder.iterdir()} - {METRICS, REPORT}
    if strange:
        raise TrainingError(f"out {folder}: holds '{min(strange)}', so it is no folder of an evaluation; give another")


def write_out(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files beside the folder, then move them there at once; an earlier evaluation stays until then."""
    folder = folder.resolve()
    part, old = (folder.parent / f".{folder.name}.{word}" for word in ("part", "old"))
    try:
        _restore(old, folder)
        check_out(folder)
        _remove(part, old)
        part.mkdir(parents=True)
        for name, content in files.items():
            (part / name).write_bytes(content)
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
    except OSError as error:
        raise TrainingError(f"out {folder}: cannot be written: {error.strerror or error}") from error
    finally:
        _restore(old, folder)
        _remove(part, old)


def _restore(old: Path, folder: Path) -> None:
    """After a stop between the two renames: what was there before comes back."""
    if old.exists() and not folder.exists():
        old.rename(folder)


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
