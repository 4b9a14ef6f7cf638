# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of a run: one safetensors file each, whole or not there, of which the newest two are kept."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from offline_tools.errors import TrainingError

if TYPE_CHECKING:
    from torch import Tensor

#: The last, and the one before it, should the last one's disk blocks go bad.
KEPT = 2
_NAME = re.compile(r"step-(\d{8,})\.safetensors")
_STEP, _RUN = "step", "run"


@dataclass(frozen=True)
class Checkpoint:
    """A state after `step` steps, of the run that `run` (a digest of its configuration) names."""

    path: Path
    step: int
    run: str
    tensors: Mapping[str, Tensor]


class Checkpoints:
    """The folder of one run's checkpoints, which is made. Of several processes one owns it, and alone may save."""

    def __init__(self, folder: Path, owner: bool = True) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for part in folder.glob(".*.part") if owner else ():
                part.unlink()
        except OSError as error:
            raise TrainingError(f"out {folder}: cannot be written: {error.strerror}") from error

    def save(self, step: int, run: str, tensors: Mapping[str, Tensor]) -> Path:
        """Write the state after `step` steps; until it is whole on the disk the older ones stay."""
        path = self.folder / f"step-{step:08d}.safetensors"
        part = path.with_name(f".{path.name}.part")
        try:
            _write(part, step, run, tensors)
            part.replace(path)
            _sync(self.folder)
        except OSError as error:
            part.unlink(missing_ok=True)
            left = self.paths()
            stays = f"{left[-1].name} stays" if left else "no checkpoint is there yet"
            reason = error.strerror or error
            raise TrainingError(f"checkpoint {path}: cannot be written: {reason}; {stays}; make room, go on") from error
        for old in self.paths()[:-KEPT]:
            old.unlink(missing_ok=True)
        return path

    def paths(self) -> list[Path]:
        """What is there, oldest first."""
        found = (path for path in self.folder.iterdir() if _NAME.fullmatch(path.name))
        return sorted(found, key=lambda path: int(path.stem.removeprefix("step-")))

    def newest(self) -> tuple[Checkpoint | None, list[str]]:
        """The newest that can be read, and why newer ones cannot."""
        problems: list[str] = []
        for path in reversed(self.paths()):
            found = read_checkpoint(path)
            if isinstance(found, Checkpoint):
                return found, problems
            problems.append(found)
        if problems:
            raise TrainingError(f"{problems[0]}; no other checkpoint is left: remove {self.folder} to start anew")
        return None, []


def read_checkpoint(path: Path) -> Checkpoint | str:
    """One file, or what is wrong with it."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            facts = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
        return Checkpoint(path, int(facts[_STEP]), facts[_RUN], tensors)
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        return f"checkpoint {path}: damaged: {' '.join(str(error).split())}"


def _write(path: Path, step: int, run: str, tensors: Mapping[str, Tensor]) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        save_file(dict(sorted(tensors.items())), path, metadata={_STEP: str(step), _RUN: run})
    except SafetensorError as error:
        raise OSError(" ".join(str(error).split())) from error
    _sync(path)


def _sync(path: Path) -> None:
    """What is on the disk survives a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
