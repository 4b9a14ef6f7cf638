# SPDX-License-Identifier: Apache-2.0
"""simulation.json of a data set: all that its pictures depend on. A folder holds pictures of one configuration only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mia_ros
from offline_tools.dataset.files import read_json, write_json
from offline_tools.dataset.layout import SIMULATION
from offline_tools.errors import DatasetError
from offline_tools.osm import MapStore, load_style
from offline_tools.simworld.dataset_job.plan import PER_WORLD, DatasetPlan

MANIFEST = SIMULATION
_FORMAT = "mia_ros simulated data set 1"


def manifest_of(plan: DatasetPlan, stores: list[MapStore]) -> dict[str, Any]:
    """The content, as it stands while the job runs; no clock and no path in it."""
    style = load_style(plan.style)
    maps = [
        {
            "location": location,
            "source": store.source.name,
            "digest": store.source.digest,
            "driving_side": store.driving_side,
            "licence": store.licence,
        }
        for location, store in zip(plan.locations, stores, strict=True)
    ]
    return {
        "format": _FORMAT,
        "state": "running",
        "configuration": {
            "seed": plan.seed,
            "style": style.name,
            "style_digest": style.digest,
            "infer_sidewalks": plan.infer_sidewalks,
            "pictures_per_world": PER_WORLD,
            "maps": maps,
            "software": f"mia_ros {mia_ros.__version__}",
        },
        "n": plan.n,
        "counts": dict(zip(plan.locations, plan.counts(), strict=True)),
        "pictures": "simulated: no photograph, no real person, car or number plate is in them",
    }


def begin(out: Path, manifest: dict[str, Any]) -> None:
    """Start or go on in a folder, if its pictures are of the same configuration."""
    path = out / MANIFEST
    if path.exists():
        before = read_json(path)
        if not isinstance(before, dict) or before.get("format") != _FORMAT:
            raise DatasetError(f"{path}: of another version, or damaged; choose another folder")
        different = _differences(before.get("configuration"), manifest["configuration"])
        if different:
            raise DatasetError(f"{out}: holds pictures of another configuration ({different}); choose another folder")
    elif any(entry.name != ".simulate.lock" for entry in out.iterdir()):
        raise DatasetError(f"{out}: is not empty, and holds no simulated data set; choose another folder")
    write_json(path, manifest, indent=1)


def _differences(before: Any, now: dict[str, Any]) -> str:
    old = before if isinstance(before, dict) else {}
    return ", ".join(
        f"{name}: {_short(old.get(name))}, now {_short(now[name])}" for name in now if old.get(name) != now[name]
    )


def _short(value: Any) -> str:
    return ", ".join(str(entry.get("source")) for entry in value) if isinstance(value, list) else str(value)
