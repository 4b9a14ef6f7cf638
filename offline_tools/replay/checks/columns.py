# SPDX-License-Identifier: Apache-2.0
"""Columns of frames.parquet as numbers, whatever is missing in them."""

from __future__ import annotations

import numpy as np
import polars as pl

from mia_ros.arrays import FloatArray


def numbers(frames: pl.DataFrame, name: str) -> FloatArray:
    """(N,) float64: NaN where there is no number, and everywhere where there is no such column."""
    if name not in frames.columns or frames[name].dtype == pl.Null:
        return np.full(len(frames), np.nan)
    return frames[name].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().astype(np.float64)


def known(frames: pl.DataFrame, name: str) -> FloatArray:
    """The finite numbers of a column."""
    values = numbers(frames, name)
    return values[np.isfinite(values)]


def seconds(frames: pl.DataFrame) -> FloatArray:
    """(N,) since the first image, by the images' stamps."""
    if frames.is_empty():
        return np.zeros(0)
    stamps = frames["stamp"].to_numpy()
    return np.asarray((stamps - stamps[0]) * 1e-9, np.float64)
