# SPDX-License-Identifier: Apache-2.0
"""gallery.html: the figures of a curated data set, where its photos are, and some of its samples, in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import polars as pl

from offline_tools.channels import CHANNEL_COLOURS, CHANNEL_LABELS
from offline_tools.curate.places import Area
from offline_tools.curate.product.cards import sample_cards
from offline_tools.curate.product.ground import NO_PART, PARTS, ground_drawing, part_of
from offline_tools.curate.product.made import Made, columns_of
from offline_tools.curate.product.markdown import percent, plural
from offline_tools.curate.product.page_template import PAGE
from offline_tools.curate.product.statistics import STATISTICS, STEPS, yields_of
from offline_tools.dataset.files import read_json, write_whole
from offline_tools.dataset.layout import SPLIT
from offline_tools.errors import DatasetError
from offline_tools.evaluation.report.colours import DARK_PAPER, LIGHT_PAPER, css
from offline_tools.evaluation.report.tables import NOTHING, table

GALLERY = "gallery.html"
_MOST_BARS = 10
_MOST_PLACES = 24


def write_page(out: Path, samples: int = 12, seed: int = 0) -> None:
    """From statistics.json and what it counted; `samples` pairs of photo and map are drawn by lot."""
    path = out / STATISTICS
    if not path.is_file():
        raise DatasetError(f"{path}: there are no statistics yet; make them first")
    record = read_json(path)
    try:
        parts = {**_head(record), **_figures(record)}
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{path}: of another version, or damaged ({error!r:.80})") from error
    names = list(record["locations"])
    parts |= {"grounds": _grounds(out, names), "samples": sample_cards(out, names, samples, seed)}
    page = PAGE
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text)
    write_whole(out / GALLERY, page.encode())


def _head(record: Mapping[str, Any]) -> dict[str, str]:
    total, names = record["total"], list(record["locations"])
    captured = total["captured"]
    facts = [
        plural(total["steps"]["samples"], "sample"),
        f"of {plural(total['different_photos'], 'photo')}",
        f"taken {captured['first']} to {captured['last']}",
        f"recipe {record['recipe']['name']}",
    ]
    tiles = {
        "samples": f"{total['steps']['samples']:,}",
        "ground around photos": f"{total['area_km2']:,.2f} km²",
        "drives": f"{total['drives']:,}",
        "contributors": f"{total['creators']:,}",
        "of the photos found": _share(total["steps"]["samples"], total["steps"]["in_area"]),
    }
    swatches = [*zip((*PARTS, NO_PART), (f"var(--p{index})" for index in range(len(PARTS) + 1)), strict=True)]
    colours = [*zip(CHANNEL_LABELS, map(css, CHANNEL_COLOURS), strict=True)]
    return {
        "title": escape(", ".join(names)),
        "facts": escape(" · ".join(facts)),
        "light": css(LIGHT_PAPER),
        "dark": css(DARK_PAPER),
        "tiles": "".join(f'<div class="tile"><span>{what}</span><b>{value}</b></div>' for what, value in tiles.items()),
        "recipe": f"{escape(record['recipe']['name'])}: {escape(record['recipe']['description'])}".rstrip(". :"),
        "parts-legend": _legend(swatches),
        "map-legend": _legend(colours),
    }


def _figures(record: Mapping[str, Any]) -> dict[str, str]:
    total = record["total"]
    found = total["steps"]["in_area"]
    captured = total["captured"]["years"]
    return {
        "steps": _bars([(label, total["steps"][step], f"{total['steps'][step]:,}") for step, label in STEPS.items()]),
        "left-out": _counted(total["left_out"]) if total["left_out"] else "<p>None: every one did.</p>",
        "yields": _yields(total["yields"], found),
        "places-yields": _by_place(record["locations"]),
        "years": _bars([(year, count, f"{count:,}") for year, count in captured.items()]),
        "types": _counted(total["camera_types"]),
        "makes": _counted(total["makes"]),
        "models": _counted(total["models"]),
        "shares": _channels(total["shares"]),
        "present": _channels(total["present"]),
    }


def _yields(record: Mapping[str, Any], found: int) -> str:
    yields = yields_of(record)
    head = ["filter", "photos before", "kept", "of those before", "of all", "alone, of all"]
    rows = [
        [
            _filter(stage.name),
            f"{stage.before:,}",
            f"{stage.kept:,}",
            _share(stage.kept, stage.before),
            _share(stage.kept, yields.rows),
            _share(stage.alone, yields.rows),
        ]
        for stage in yields.stages
    ]
    gone = f"<p>{found - yields.rows:,} of {found:,} photos of the area had no metadata any more.</p>"
    return table(head, rows) + (gone if found != yields.rows else "")


def _filter(name: str) -> str:
    """In words; the whole name of a published filter is long, and has its kind before a colon."""
    words = name.rpartition(":")[2].replace("_", " ")
    return f'<span title="{escape(name)}">{escape(words)}</span>'


def _by_place(locations: Mapping[str, Any]) -> str:
    if len(locations) < 2:
        return ""
    names = [stage["name"] for stage in next(iter(locations.values()))["yields"]["stages"]]
    head = ["location", "photos", *map(_filter, names), "key frames", "samples"]
    rows = [
        [
            escape(name),
            f"{one['yields']['rows']:,}",
            *(f"{stage['kept']:,}" for stage in one["yields"]["stages"]),
            f"{one['steps']['key_frames']:,}",
            f"{one['steps']['samples']:,}",
        ]
        for name, one in locations.items()
    ]
    return table(head, rows)


def _grounds(out: Path, names: Sequence[str]) -> str:
    split = read_json(out / SPLIT) if (out / SPLIT).is_file() else {}
    more = len(names) - _MOST_PLACES
    rest = f"<p>and {plural(more, 'more location')}</p>" if more > 0 else ""
    return "".join(_ground(Made(out, name), part_of(split, name)) for name in names[:_MOST_PLACES]) + rest


def _ground(made: Made, parts: Mapping[str, str]) -> str:
    boundary = made.folder / "boundary_info.json"
    area = Area.from_record(read_json(boundary), str(boundary)) if boundary.is_file() else None
    photos = columns_of(made.processed, "id", "computed_geometry.long", "computed_geometry.lat")
    views = made.views().filter(pl.col("problem").is_null()).select("id", "view_id").join(photos, "id")
    drawing = ground_drawing(
        made.name,
        views["computed_geometry.long"].to_numpy(),
        views["computed_geometry.lat"].to_numpy(),
        [parts.get(id_, NO_PART) for id_ in views["view_id"]],
        area,
    )
    words = f"{plural(len(photos), 'photo')}"
    if area is not None:
        words += f", {area.km2:,.2f} km² looked at"
    return f'<div class="card"><h3>{escape(made.name)}</h3><p>{words}</p>{drawing}</div>'


def _channels(shares: Mapping[str, float | None]) -> str:
    """The largest first, in the maps' colours."""
    ordered = sorted(shares.items(), key=lambda item: -(item[1] or 0))
    colours = dict(zip(CHANNEL_LABELS, map(css, CHANNEL_COLOURS), strict=True))
    return _bars([(name, share or 0, percent(share)) for name, share in ordered], colours, 1.0)


def _counted(counts: Mapping[str, int]) -> str:
    bars = [(name, count, f"{count:,}") for name, count in counts.items()]
    rest = sum(count for _, count, _ in bars[_MOST_BARS:])
    if rest:
        bars = [*bars[:_MOST_BARS], ("all others", rest, f"{rest:,}")]
    return _bars(bars)


def _bars(
    bars: Sequence[tuple[str, float, str]], colours: Mapping[str, str] | None = None, full: float | None = None
) -> str:
    """Name, number and how it is shown; a bar is full at `full`, by default at the largest."""
    longest = full or max((value for _, value, _ in bars), default=0) or 1
    rows = "".join(
        f'<div><dt>{escape(name)}</dt><dd class="bar">{_bar(value / longest, (colours or {}).get(name))}</dd>'
        f"<dd>{escape(text)}</dd></div>"
        for name, value, text in bars
    )
    return f'<dl class="bars">{rows}</dl>'


def _bar(part: float, colour: str | None) -> str:
    if not part:
        return ""
    return f'<span style="width:{100 * part:.2f}%{f";background:{colour}" if colour else ""}"></span>'


def _legend(entries: Sequence[tuple[str, str]]) -> str:
    return "".join(f'<li><i style="background:{colour}"></i>{escape(name)}</li>' for name, colour in entries)


def _share(count: int, of: int) -> str:
    return percent(count / of) if of else NOTHING
