# SPDX-License-Identifier: Apache-2.0
"""Folders of finished replays, made by hand."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.replay.table import JUDGED, MAPPED

SECOND = 10**9


def table(seconds: int = 20, every: float = 0.5, **columns: Any) -> pl.DataFrame:
    """An image each half second; columns that are not given are null."""
    count = round(seconds / every)
    stamps = [round(k * every * SECOND) for k in range(count)]
    given = {"index": list(range(count)), "stamp": stamps, "received": stamps, "problem": [""] * count, **columns}
    schema = {**MAPPED, **JUDGED}
    return pl.DataFrame({name: given.get(name, [None] * count) for name in schema}, schema=schema)


def score(stretches: dict[str, list[list[int]]]) -> dict[str, Any]:
    """Of true and false positives and false negatives by class, of each stretch."""
    sums = [[sum(each[c][k] for each in stretches.values()) for k in range(3)] for c in range(6)]
    values = [hit / (hit + false + missed) if hit + false + missed else None for hit, false, missed in sums]
    known = [value for value in values if value is not None]
    road_sidewalk = None if None in (values[0], values[2]) else (values[0] + values[2]) / 2
    return {
        "iou": dict(zip(CLASS_NAMES, values, strict=True)),
        "macro_mean_iou": sum(known) / len(known),
        "avg_road_sidewalk": road_sidewalk,
        "frames": 40,
        "stretches": stretches,
    }


def write(folder: Path, frames: pl.DataFrame, truth: dict[str, Any] | None = None, **bag: Any) -> Path:
    """A folder as far as it is read to be compared; `bag` replaces fields of the recording."""
    folder.mkdir(parents=True)
    frames.write_parquet(folder / "frames.parquet")
    mapped = int((frames["problem"] == "").sum())
    engine = {"name": folder.name, "preset": "base", "precision": "fp32", "backend": "onnx-cpu", "training": "none"}
    record = {
        "bag": {"path": "drive", "bytes": 1000, **bag},
        "engine": engine,
        "images": {"mapped": mapped},
        "topics": {"image": "/image"},
        "truth": None if truth is None else {"name": "bag", "score": truth, "aligned": None},
        "configuration": {"bag": "/nowhere/drive", "start": 0.0, "end": None, "every": 1},
    }
    (folder / "metrics.json").write_text(json.dumps(record))
    return folder


def changed(folder: Path, **parts: Any) -> Path:
    """With other parts of its metrics."""
    record = json.loads((folder / "metrics.json").read_text())
    for name, part in parts.items():
        record[name] = {**record[name], **part} if isinstance(record[name], dict) else part
    (folder / "metrics.json").write_text(json.dumps(record))
    return folder
