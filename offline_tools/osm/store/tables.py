# SPDX-License-Identifier: Apache-2.0
"""Features on disk as Arrow files: features, lines and vertices; other tools can read them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from mia_ros.arrays import Array
from offline_tools.errors import MapSourceError
from offline_tools.osm.elements import Int64Array
from offline_tools.osm.store.features import Features

_BOUNDS = ("west", "south", "east", "north")


def write_features(folder: Path, features: Features) -> None:
    """Make a folder of Arrow files, not compressed."""
    folder.mkdir(parents=True)
    text, tag_starts = features.tags.tobytes().decode("ascii"), features.tag_starts.tolist()
    bounds = {name: features.bounds[:, axis] for axis, name in enumerate(_BOUNDS)}
    tables = {
        "features": pl.DataFrame(
            {
                "kind": features.kind,
                "row": features.row,
                "id": features.ids,
                **bounds,
                "lines": np.diff(features.line_starts),
                "tags": [text[first : end - 1] for first, end in pairwise(tag_starts)],
            },
            schema_overrides={"tags": pl.String},
        ),
        "lines": pl.DataFrame({"outer": features.outer, "vertices": np.diff(features.starts)}),
        "vertices": pl.DataFrame({"ref": features.refs, "lon": features.lon, "lat": features.lat}),
    }
    for name, table in tables.items():
        table.write_ipc(folder / f"{name}.arrow", compression="uncompressed")


def read_features(folder: Path) -> Features:
    """The features of such a folder."""
    try:
        table, lines, vertices = (pl.read_ipc(folder / f"{name}.arrow") for name in ("features", "lines", "vertices"))
        return _features(table, lines, vertices)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise MapSourceError(
            f"map store {folder}: damaged ({_line(error)}); remove the store and open the map again"
        ) from error


def _features(table: pl.DataFrame, lines: pl.DataFrame, vertices: pl.DataFrame) -> Features:
    text = "".join(f"{tags}," for tags in table["tags"].to_list())
    return Features(
        kind=_column(table, "kind"),
        row=_column(table, "row"),
        ids=_column(table, "id"),
        bounds=np.stack([_column(table, name) for name in _BOUNDS], axis=1),
        tag_starts=_starts(_column(table.select(pl.col("tags").str.len_bytes().cast(pl.Int64) + 1), "tags")),
        tags=np.frombuffer(text.encode("ascii"), np.uint8),
        line_starts=_starts(_column(table, "lines")),
        outer=_column(lines, "outer"),
        starts=_starts(_column(lines, "vertices")),
        refs=_column(vertices, "ref"),
        lon=_column(vertices, "lon"),
        lat=_column(vertices, "lat"),
    )


def _column(table: pl.DataFrame, name: str) -> Array:
    return table[name].to_numpy()


def _starts(counts: Array) -> Int64Array:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
