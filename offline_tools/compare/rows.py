# SPDX-License-Identifier: Apache-2.0
"""The rows of a comparison: a figure of each replay, and what is between the first and each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.compare.paired import Difference, column_difference, score_differences
from offline_tools.compare.reading import Replay


class Row(NamedTuple):
    """differences: of each replay but the first. more_is_better: None where neither is."""

    group: str
    name: str
    values: list[float | None]
    differences: list[Difference]
    more_is_better: bool | None = None

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {**self._asdict(), "differences": [each._asdict() for each in self.differences]}


#: Columns of the table of images: name, words, unit's digits, whether more is better.
_COLUMNS = (
    ("coverage", "coverage", True),
    ("confidence", "confidence", None),
    ("flicker", "flicker", False),
    ("ms_level", "levelling, ms", False),
    ("ms_network", "network, ms", False),
)


def rows_of(replays: Sequence[Replay], seed: int = 0) -> list[Row]:
    """Scores first, then what holds without a truth."""
    first, others = replays[0], replays[1:]
    rows: list[Row] = []
    for kind in first.scores:
        if all(kind in other.scores for other in others):
            rows += _scores(kind, [each.scores[kind] for each in replays], seed)
    mapped = [each.metrics["images"]["mapped"] for each in replays]
    rows.append(
        Row("running", "images with a map", mapped, [Difference(float(each - mapped[0])) for each in mapped[1:]], True)
    )
    for column, words, better in _COLUMNS:
        values = [_median(each, column) for each in replays]
        between = [column_difference(first.frames, other.frames, column, seed=seed) for other in others]
        rows.append(Row("running, medians", words, values, between, better))
    return rows


def _scores(kind: str, scores: list[dict[str, Any]], seed: int) -> list[Row]:
    between = [score_differences(scores[0], other, seed) for other in scores[1:]]
    names = {**{name: name for name in CLASS_NAMES}, "macro mean": "macro_mean_iou", "Avg. R, S": "avg_road_sidewalk"}
    group = f"IoU {kind}"
    return [
        Row(group, name, [_score(each, name, key) for each in scores], [each[name] for each in between], True)
        for name, key in names.items()
    ]


def _score(score: dict[str, Any], name: str, key: str) -> float | None:
    value = score["iou"][name] if name in CLASS_NAMES else score[key]
    return None if value is None else float(value)


def _median(replay: Replay, column: str) -> float | None:
    value = replay.frames[column].median()
    return float(value) if isinstance(value, (int, float)) else None
