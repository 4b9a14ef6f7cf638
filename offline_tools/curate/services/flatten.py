# SPDX-License-Identifier: Apache-2.0
"""Answers about single photos -> rows of METADATA."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl

from offline_tools.curate.services.values import key, number, numbers, photo_id, position, text, turn, whole, yes
from offline_tools.curate.tables import METADATA

#: Which member of a position a column is.
_AXES = {"long": 0, "lat": 1}
_POSITIONS = ("geometry", "computed_geometry")


def flatten(answers: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """A row for each answer, in their order; what an answer lacks, or has of a wrong type, is null."""
    columns: dict[str, list[Any]] = {name: [] for name in METADATA}
    for answer in answers:
        for name, (path, read) in _READERS.items():
            columns[name].append(read(_at(answer, path)))
        for place in _POSITIONS:
            found = columns[f"{place}.coordinates"][-1]
            for axis, member in _AXES.items():
                columns[f"{place}.{axis}"].append(None if found is None else found[member])
    return pl.DataFrame(columns, schema=dict(METADATA))


def _at(answer: Any, path: tuple[str, ...]) -> Any:
    """What stands at the end of a path of names."""
    for part in path:
        if not isinstance(answer, dict):
            return None
        answer = answer.get(part)
    return answer


def _plain_name(value: Any) -> str | None:
    """A maker's or model's name as the recipes write it."""
    name = text(value)
    return None if name is None else name.lower().replace(" ", "").replace("_", "")


_SPECIAL: Mapping[str, Callable[[Any], Any]] = {
    "id": photo_id,
    "sequence": key,
    "creator.id": key,
    "sfm_cluster.id": key,
    "make": _plain_name,
    "model": _plain_name,
    "computed_rotation": turn,
    "geometry.coordinates": position,
    "computed_geometry.coordinates": position,
}
_BY_TYPE: Mapping[Any, Callable[[Any], Any]] = {
    pl.String: text,
    pl.Int64: whole,
    pl.Float64: number,
    pl.Boolean: yes,
    pl.List(pl.Float64): numbers,
}
_READERS: Mapping[str, tuple[tuple[str, ...], Callable[[Any], Any]]] = {
    name: (tuple(name.split(".")), _SPECIAL.get(name) or _BY_TYPE[kind])
    for name, kind in METADATA.items()
    if name.rpartition(".")[0] not in _POSITIONS or name.endswith(".coordinates")
}
