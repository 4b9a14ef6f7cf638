# SPDX-License-Identifier: Apache-2.0
"""frames.parquet: a row for each image of a replay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mia_ros.arrays import share_of
from mia_ros.errors import ReplayError
from mia_ros.pictures import write_bytes
from mia_ros.replay import Replayed
from mia_ros.runtime.step import Stepped
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.replay.checks import COLUMNS as CHECKS

STAGES = ("decode", "level", "network", "unpack")
_NUMBER = pl.Float64
#: What is known when an image has been mapped.
MAPPED: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("index", "stamp", "received"), pl.Int64),
    **dict.fromkeys(("frame_id", "problem", "problem_line"), pl.String),
    **dict.fromkeys(("width", "height"), pl.Int64),
    **dict.fromkeys(("roll", "pitch", "gravity_x", "gravity_y", "gravity_z", "gravity_sigma"), _NUMBER),
    "gravity_source": pl.String,
    **dict.fromkeys(("camera_height", "valid_share", "coverage", "confidence"), _NUMBER),
    **{f"share_{name}": _NUMBER for name in CLASS_NAMES},
    **{f"ms_{stage}": _NUMBER for stage in STAGES},
    **dict.fromkeys(CHECKS, _NUMBER),
}
#: What is only known when all have been, and may be judged again.
JUDGED: dict[str, type[pl.DataType]] = dict.fromkeys(
    ("pose_x", "pose_y", "pose_yaw", "lat", "lon", "heading_deg", "flicker", "agreement", "agreement_aligned"), _NUMBER
)


def row_of(replayed: Replayed, checked: Mapping[str, float | None]) -> dict[str, Any]:
    """The row of an image; None where there is nothing to say."""
    problem = replayed.problem
    height, width = (None, None) if replayed.frame is None else replayed.frame.shape[:2]
    return {
        "index": replayed.index,
        "stamp": replayed.stamp,
        "received": replayed.received,
        "frame_id": replayed.frame_id,
        "problem": problem.key if problem else "",
        "problem_line": problem.line if problem else "",
        "width": width,
        "height": height,
        **{f"ms_{stage}": replayed.times.get(stage) for stage in STAGES},
        **(_mapped(replayed.stepped) if replayed.stepped is not None else {}),
        **checked,
    }


def write_table(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows of `row_of` as a Parquet file."""
    save(pl.DataFrame(list(rows), schema=MAPPED), path)


def read_table(path: Path) -> pl.DataFrame:
    """A table as it was written."""
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = " ".join(str(error).split())
        raise ReplayError(f"{path}: cannot be read ({reason}); remove it, and run `mia replay` again") from error


def save(table: pl.DataFrame, path: Path) -> None:
    """There as a whole, or as it was before."""
    written = BytesIO()  # of a full disk polars itself says something else
    table.write_parquet(written)
    write_bytes(path, written.getvalue(), "table")


def _mapped(stepped: Stepped) -> dict[str, Any]:
    found, reading = stepped.semantic_map, stepped.gravity
    down = reading.gravity
    x, y, z = down.vector.tolist()
    seen = found.observed
    cells = int(np.count_nonzero(seen))
    shares = [np.count_nonzero(held) / max(cells, 1) for held in found.present()]
    return {
        "roll": down.roll,
        "pitch": down.pitch,
        "gravity_x": x,
        "gravity_y": y,
        "gravity_z": z,
        "gravity_sigma": reading.sigma if np.isfinite(reading.sigma) else None,
        "gravity_source": reading.source,
        "camera_height": stepped.camera_height,
        "valid_share": share_of(stepped.view.valid),
        "coverage": cells / seen.size,
        "confidence": float(found.confidence()[seen].mean()) if cells else None,
        **{f"share_{name}": float(share) for name, share in zip(CLASS_NAMES, shares, strict=True)},
    }
