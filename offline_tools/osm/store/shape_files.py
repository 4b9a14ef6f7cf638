# SPDX-License-Identifier: Apache-2.0
"""Compiled shapes on disk: one .npy file a column, which every process maps into its memory without a copy."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from offline_tools.osm.shapes import Shapes

_COLUMNS = tuple(field.name for field in fields(Shapes) if field.name != "origin")


def drawing_name(style_name: str, style_digest: str, infer_sidewalks: bool, driving_side: str) -> str:
    """Name of the folder of all that is compiled alike: by one style, one set of options and one version of us."""
    options = repr((style_digest, infer_sidewalks, driving_side, _COLUMNS, _our_digest()))
    return f"{re.sub(r'[^A-Za-z0-9_-]', '_', style_name)[:40]}-{hashlib.sha256(options.encode()).hexdigest()[:16]}"


@cache
def _our_digest() -> str:
    """Of the source of these tools: shapes that another version compiled are not ours."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_shapes(folder: Path) -> Shapes | None:
    """The shapes of a folder, mapped and read-only; None where there are none, or they are damaged."""
    try:
        origin = np.load(folder / "origin.npy", allow_pickle=False)
        columns: dict[str, Any] = {
            name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)) for name in _COLUMNS
        }
    except (OSError, ValueError, EOFError):
        return None
    return Shapes(origin=(float(origin[0]), float(origin[1])), **columns)


def write_shapes(folder: Path, shapes: Shapes) -> None:
    """Keep shapes for next time, all or nothing; where the store cannot be written, they are compiled each time."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError:
        return
    try:
        np.save(part / "origin.npy", np.array(shapes.origin), allow_pickle=False)
        for name in _COLUMNS:
            np.save(part / f"{name}.npy", getattr(shapes, name), allow_pickle=False)
        part.chmod(0o777 & ~_umask())
        if folder.exists():  # damaged, or another process was first
            shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)


def frozen(shapes: Shapes) -> Shapes:
    """The same, read-only and contiguous like mapped ones: compiled code is made for one kind of array only."""
    columns: dict[str, Any] = {name: np.ascontiguousarray(getattr(shapes, name)).view() for name in _COLUMNS}
    for column in columns.values():
        column.flags.writeable = False
    return replace(shapes, **columns)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
