# SPDX-License-Identifier: Apache-2.0
"""Figures of a curated data set, by location and together: how many photos each step left, from when, of which cameras.

Nothing in them depends on when or where the data set was made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from offline_tools.channels import CHANNEL_LABELS
from offline_tools.curate.coverage import coverage
from offline_tools.curate.filters import Recipe, StageYield, Yields, add, count_yields, load_recipe
from offline_tools.curate.product.left_out import by_count, reasons
from offline_tools.curate.product.made import Made, columns_of, rows_of
from offline_tools.dataset import IMAGE, SEMANTIC_MASK
from offline_tools.dataset.files import read_json, write_json
from offline_tools.dataset.location import Location
from offline_tools.errors import DatasetError

STATISTICS = "statistics.json"
CONFIGURATION = "curate.yaml"

#: Photos, or views of them, after each step.
STEPS = {
    "in_area": "photos in the area",
    "with_metadata": "of them with metadata",
    "kept_by_filters": "kept by the filters",
    "key_frames": "key frames",
    "fetched": "fetched",
    "pictures": "pinhole pictures",
    "samples": "samples: picture, map and visibility",
}
_MOST_KINDS = 40
_COUNTED = (
    "id",
    "sequence",
    "captured_at",
    "camera_type",
    "make",
    "model",
    "creator.id",
    "creator.username",
    "computed_geometry.long",
    "computed_geometry.lat",
)


def statistics(out: Path, locations: Sequence[str], recipe: str | Path | Recipe | None = None) -> dict[str, Any]:
    """Count, and write statistics.json. The recipe is that of the configuration beside the data set by default."""
    settings = configuration(out)
    chosen = recipe if isinstance(recipe, Recipe) else load_recipe(recipe or settings.get("recipe", "mia"))
    if not locations:
        raise DatasetError(f"{out}: no locations to count")
    places = {str(place.get("name")): place for place in settings.get("locations", ()) if isinstance(place, dict)}
    parts = {name: _location(Made(out, name), chosen, places.get(name, {})) for name in locations}
    found = {
        "format": "mia_ros curate statistics 1",
        "recipe": {"name": chosen.name, "description": chosen.description},
        "keyframes": settings.get("keyframes", {}),
        "locations": parts,
        "total": _total([Made(out, name) for name in locations], list(parts.values())),
    }
    write_json(out / STATISTICS, found, indent=2)
    return found


def configuration(out: Path) -> dict[str, Any]:
    """The resolved configuration beside a data set; empty where there is none."""
    path = out / CONFIGURATION
    if not path.is_file():
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DatasetError(f"{path}: cannot be read: {' '.join(str(error).split())[:200]}") from error
    return found if isinstance(found, dict) else {}


def yields_of(record: Mapping[str, Any]) -> Yields:
    """What `statistics` recorded of the filters."""
    stages = tuple(StageYield(**stage) for stage in record["stages"])
    return Yields(record["recipe"], record["rows"], stages)


def _record(yields: Yields) -> dict[str, Any]:
    return {"recipe": yields.recipe, "rows": yields.rows, "stages": [asdict(stage) for stage in yields.stages]}


def _location(made: Made, recipe: Recipe, place: Mapping[str, Any]) -> dict[str, Any]:
    photos, keyframes = columns_of(made.processed, *_COUNTED), columns_of(made.keyframes, "id")
    views, maps, fetched = made.views(), made.maps(), made.fetched()
    samples = pl.Series(Location(made.folder, (IMAGE, SEMANTIC_MASK)).ids, dtype=pl.String)
    yields = count_yields(recipe, made.metadata)
    ground = coverage(photos["computed_geometry.long"].to_numpy(), photos["computed_geometry.lat"].to_numpy())
    return {
        "place": _place(made, place),
        "steps": {
            "in_area": rows_of(made.points),
            "with_metadata": yields.rows,
            "kept_by_filters": rows_of(made.filtered),
            "key_frames": len(keyframes),
            "fetched": len(fetched.filter(pl.col("problem").is_null())),
            "pictures": len(views.filter(pl.col("problem").is_null())),
            "samples": len(samples),
        },
        "yields": _record(yields),
        "left_out": reasons(keyframes, views, maps, samples, fetched),
        "photos": len(photos),
        "drives": photos["sequence"].n_unique(),
        "area_km2": round(ground.area_km2, 6),
        **_kinds(photos),
        **_maps(maps.filter(pl.col("view_id").is_in(samples.implode()))),
    }


def _place(made: Made, configured: Mapping[str, Any]) -> dict[str, Any]:
    path = made.folder / "boundary_info.json"
    known = read_json(path) if path.is_file() else {}
    known = known if isinstance(known, dict) else {}
    found = {key: known.get(key) for key in ("query", "bounds", "source")}
    osm = configured.get("osm")
    return {
        **found,
        "map": None if osm is None else Path(str(osm)).name,  # not where it lay
        "driving_side": configured.get("driving_side"),
        "infer_sidewalks": configured.get("infer_sidewalks"),
    }


def _kinds(photos: pl.DataFrame) -> dict[str, Any]:
    """When the photos were taken, in UTC, with what, and by whom."""
    taken = pl.from_epoch(photos["captured_at"], time_unit="ms").dt
    dates = taken.date().drop_nulls()
    years = Counter(str(year) for year in taken.year().drop_nulls())
    creators = Counter(photos.select(pl.coalesce("creator.id", "creator.username")).to_series().drop_nulls())
    return {
        "captured": {"first": _day(dates.min()), "last": _day(dates.max()), "years": dict(sorted(years.items()))},
        "camera_types": _counted(photos["camera_type"]),
        "makes": _counted(photos["make"]),
        "models": _counted(photos["model"]),
        "creators": len(creators),
        "photos_of_the_busiest_creator": max(creators.values(), default=0),
    }


def _day(date: Any) -> str | None:
    return None if date is None else str(date)


def _counted(values: pl.Series) -> dict[str, int]:
    """The most frequent, and all others together."""
    counts = by_count(Counter(value or "not known" for value in values.to_list()))
    rest = sum(list(counts.values())[_MOST_KINDS:])
    return {**dict(list(counts.items())[:_MOST_KINDS]), **({"others": rest} if rest else {})}


def _maps(maps: pl.DataFrame) -> dict[str, Any]:
    """shares: the part of the maps that a channel covers; present: the part of the maps that have it at all."""
    channels = [(label, maps["shares"].list.get(index)) for index, label in enumerate(CHANNEL_LABELS)]
    return {
        "shares": {label: _mean(values) for label, values in channels},
        "present": {label: _mean(values > 0) for label, values in channels},
        "visible": _mean(maps["visible"]),
    }


def _mean(values: pl.Series) -> float | None:
    mean = values.mean()
    return round(mean, 6) if isinstance(mean, float) else None


def _total(made: Sequence[Made], parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of all locations. A photo of two that overlap counts in both; `different_photos` says how many there are."""
    every = pl.concat([columns_of(one.processed, *_COUNTED) for one in made])
    photos = every.unique("id", maintain_order=True)
    samples = [part["steps"]["samples"] for part in parts]
    return {
        "steps": {step: sum(part["steps"][step] for part in parts) for step in STEPS},
        "yields": _record(add(yields_of(part["yields"]) for part in parts)),
        "left_out": by_count(sum((Counter(part["left_out"]) for part in parts), Counter())),
        "photos": len(every),
        "different_photos": len(photos),
        "drives": photos["sequence"].n_unique(),
        "area_km2": round(sum(part["area_km2"] for part in parts), 6),
        **_kinds(photos),
        "shares": {label: _weighted([part["shares"][label] for part in parts], samples) for label in CHANNEL_LABELS},
        "present": {label: _weighted([part["present"][label] for part in parts], samples) for label in CHANNEL_LABELS},
        "visible": _weighted([part["visible"] for part in parts], samples),
    }


def _weighted(means: Iterable[float | None], weights: Iterable[int]) -> float | None:
    known = [(mean, weight) for mean, weight in zip(means, weights, strict=True) if mean is not None]
    total = sum(weight for _, weight in known)
    return round(sum(mean * weight for mean, weight in known) / total, 6) if total else None
