# SPDX-License-Identifier: Apache-2.0
"""A comparison from folders of replays to a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mia_ros.pictures import write_bytes
from offline_tools.compare.page import comparison_page
from offline_tools.compare.paired import LEVEL, REPLICATES
from offline_tools.compare.reading import read_replays
from offline_tools.compare.rows import rows_of
from offline_tools.compare.sights import sights_of
from offline_tools.replay.parts import write_json
from offline_tools.replay.scoring.scoring import STRETCH

PAGE, RECORD = "comparison.html", "comparison.json"


def compare_replays(folders: Sequence[Path], out: Path | None = None, seed: int = 0) -> dict[str, Any]:
    """What is between replays of one recording; with `out`, also a page and its numbers in that folder."""
    replays = read_replays(folders)
    rows = rows_of(replays, seed)
    shared = replays[0].frames.select("stamp")
    for other in replays[1:]:
        shared = shared.join(other.frames.select("stamp"), on="stamp")
    record = {
        "replays": [
            {"name": each.name, "folder": str(each.folder), "engine": each.metrics["engine"]} for each in replays
        ],
        "images_in_common": len(shared),
        "bootstrap": {"over": f"stretches of {STRETCH:g} s", "replicates": REPLICATES, "level": LEVEL, "seed": seed},
        "rows": [row.record() for row in rows],
    }
    if out is not None:
        write_bytes(out / PAGE, comparison_page(record, rows, replays, sights_of(replays)).encode())
        write_json(out / RECORD, record)
    return record
