# SPDX-License-Identifier: Apache-2.0
"""Finished replays, read to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mia_ros.errors import ReplayError
from offline_tools.replay.job import METRICS
from offline_tools.replay.parts import TABLE, read_json
from offline_tools.replay.table import read_table


@dataclass(frozen=True, eq=False)
class Replay:
    """A replay's folder. name: what tells it from the others."""

    folder: Path
    name: str
    metrics: dict[str, Any]
    frames: pl.DataFrame

    @property
    def scores(self) -> dict[str, dict[str, Any]]:
        """By "as it stands" and "after alignment", those that there are."""
        truth = self.metrics["truth"]
        if truth is None:
            return {}
        found = {"as it stands": truth["score"]}
        if truth["aligned"] is not None:
            found["after alignment"] = truth["aligned"]["score"]
        return found


def read_replays(folders: Sequence[Path]) -> list[Replay]:
    """All of them; refuses fewer than two, and replays of different recordings or against different truths."""
    if len(folders) < 2:
        raise ReplayError(f"compare: {len(folders)} replay is given, want two or more")
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise ReplayError("compare: one folder is given twice")
    names = _names(folders)
    found = [_read(folder, name) for folder, name in zip(folders, names, strict=True)]
    for other in found[1:]:
        _check_alike(found[0], other)
    return found


def _read(folder: Path, name: str) -> Replay:
    if not (folder / METRICS).is_file():
        raise ReplayError(f"{folder}: no {METRICS}, so it is no finished replay; make it with `mia replay`")
    return Replay(folder, name, read_json(folder / METRICS), read_table(folder / TABLE))


def _names(folders: Sequence[Path]) -> list[str]:
    """Folder names; with their parents' where they are alike."""
    plain = [folder.resolve().name for folder in folders]
    return plain if len(set(plain)) == len(plain) else [str(folder) for folder in folders]


def _check_alike(first: Replay, other: Replay) -> None:
    """The same images must be there to compare. Stamps alone do not tell simulated drives from each other."""
    bags = [each.metrics["bag"] for each in (first, other)]
    shared = first.frames.join(other.frames, on="stamp", how="inner")
    if bags[0]["bytes"] != bags[1]["bytes"] or not len(shared):
        raise ReplayError(
            f"compare: {first.folder} is of {bags[0]['path']}, {other.folder} of {bags[1]['path']}, another recording; "
            f"replay the same with both"
        )
    for name in ("start", "end", "every"):
        asked = [each.metrics["configuration"][name] for each in (first, other)]
        if asked[0] != asked[1]:
            raise ReplayError(
                f"compare: {first.folder} has --{name} {asked[0]}, {other.folder} {asked[1]}; replay the same images "
                f"with both"
            )
    kinds = [(each.metrics["truth"] or {}).get("name", "none") for each in (first, other)]
    if kinds[0] != kinds[1]:
        raise ReplayError(
            f"compare: {first.folder} was scored against {kinds[0]}, {other.folder} against {kinds[1]}; give both the "
            f"same --truth (their maps need not be made again)"
        )
