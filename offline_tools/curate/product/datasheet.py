# SPDX-License-Identifier: Apache-2.0
"""DATASHEET.md: what a curated data set is, where and when it is from, how it was filtered, and what is weak in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from offline_tools.curate.config import API
from offline_tools.curate.product.attribution import ATTRIBUTION, MAP_COPYRIGHT_URL, PHOTO_LICENCE, PHOTOS
from offline_tools.curate.product.markdown import percent, plain, plural, shown, table, wrapped
from offline_tools.curate.product.statistics import STATISTICS, STEPS, yields_of
from offline_tools.dataset.files import read_json, write_whole
from offline_tools.dataset.layout import SPLIT
from offline_tools.training.splits.making import MADE as SPLIT_MADE

DATASHEET = "DATASHEET.md"

#: Rows of a table of reasons or cameras; the rest is in statistics.json.
_MOST_ROWS = 15

_WEAKNESSES = (
    """Maps are what volunteers have drawn: sidewalks and crossings are missing in many places, and widths of roads are
    mostly taken from the kind of the road.""",
    "A map and a photo may be years apart; what was built or removed between shows in one of them only.",
    """Positions and headings come from Mapillary's reconstruction, which leans on the GPS of the cameras: errors of a
    few metres and degrees remain, more so in narrow streets.""",
    "Only buildings hide ground in `flood_fill`; parked cars, hedges and slopes do not. Maps know no slopes.",
    "Mapillary blurs faces and number plates; some may remain. Report them at Mapillary, and leave the photo out.",
    "Parts of pictures that the lens did not see are black.",
)


def write_datasheet(out: Path, facts: Mapping[str, Any]) -> None:
    """From what `statistics` counted, and the split that is there."""
    sections = [_what(facts), _where(facts), _when(facts), _how(facts), _yields(facts), _left_out(facts)]
    sections += [_cameras(facts), _classes(facts), _splits(out), _licences(), _weak(facts)]
    write_whole(out / DATASHEET, wrapped("\n\n".join(sections)).encode())


def _what(facts: Mapping[str, Any]) -> str:
    total = facts["total"]
    places = plural(len(facts["locations"]), "place")
    return f"""\
# Datasheet

{plural(total["steps"]["samples"], "sample")} of {places}: photos from streets and paths, each with the map around it,
for networks that turn a photo into a map of the ground.

A sample is a pinhole picture (`LOCATION/images`), a map of nine channels that is turned so that the camera looks up
(`LOCATION/semantic_masks`), and what of that map can be seen past the buildings (`LOCATION/flood_fill`).
`LOCATION/dump.json` has cameras and poses. The samples are of {plural(total["different_photos"], "photo")} by
{plural(total["creators"], "contributor")} to Mapillary. All figures of this page are in `{STATISTICS}`.
"""


def _where(facts: Mapping[str, Any]) -> str:
    rows = [
        [
            plain(name),
            plain(_asked(one["place"])),
            _bounds(one["place"]["bounds"]),
            _map(one["place"]["map"]),
            f"{one['area_km2']:.2f}",
            one["steps"]["samples"],
        ]
        for name, one in facts["locations"].items()
    ]
    head = ["location", "asked for", "box: west, south, east, north", "street map", "km² around photos", "samples"]
    return f"""\
## Where

{table(head, rows, texts=4)}
Ground within 56 m of a photo, north, south, east and west, counts as around it: {facts["total"]["area_km2"]:.2f} km²
together.
"""


def _asked(place: Mapping[str, Any]) -> str:
    source = place.get("source")
    display = source.get("display_name") if isinstance(source, Mapping) else None
    return str(place.get("query") or display or "coordinates")


def _map(name: str | None) -> str:
    if name is None:
        return "–"
    return "OpenStreetMap's API" if name == API else plain(name)


def _bounds(bounds: Any) -> str:
    return ", ".join(f"{value:.4f}" for value in bounds) if isinstance(bounds, list) else "–"


def _when(facts: Mapping[str, Any]) -> str:
    captured = facts["total"]["captured"]
    return f"""\
## When

The photos were taken from {shown(captured["first"])} to {shown(captured["last"])} (UTC). Photos and maps are as the
servers had them when the data set was made; a street map is of one date, and the photos are of many.

{table(["year", "photos"], list(captured["years"].items()))}"""


def _how(facts: Mapping[str, Any]) -> str:
    recipe, keyframes, total = facts["recipe"], facts["keyframes"], facts["total"]
    spacing = f"every {keyframes['spacing_m']:g} m of path" if "spacing_m" in keyframes else "every few metres of path"
    thinned = ""
    if keyframes.get("thin_cell_m"):
        thinned = (
            f" Of all drives together, one photo stays of each cell of {keyframes['thin_cell_m']:g} m and of each of "
            f"{keyframes['thin_sectors']} headings."
        )
    steps = [[label, total["steps"][step], _part(total["steps"], step)] for step, label in STEPS.items()]
    return f"""\
## How photos were chosen

The recipe is `{recipe["name"]}`. {plain(recipe["description"])} Of each drive, one photo stays {spacing}.{thinned}

{table(["step", "left", "of those in the area"], steps)}"""


def _part(steps: Mapping[str, int], step: str) -> str:
    return percent(steps[step] / steps["in_area"] if steps["in_area"] else None)


def _yields(facts: Mapping[str, Any]) -> str:
    parts = {name: yields_of(one["yields"]) for name, one in facts["locations"].items()}
    total = yields_of(facts["total"]["yields"])
    head = ["photos after each filter", *(plain(name) for name in parts), *(["all"] if len(parts) > 1 else [])]
    columns = [*parts.values(), *([total] if len(parts) > 1 else [])]
    rows: list[list[Any]] = [["before all", *(one.rows for one in columns)]]
    rows += [
        [plain(stage.name), *(one.stages[place].kept for one in columns)] for place, stage in enumerate(total.stages)
    ]
    rows += [["key frames", *_step(facts, "key_frames", len(columns))]]
    rows += [["samples", *_step(facts, "samples", len(columns))]]
    return f"""\
### Filters

{table(head, rows)}
{"All places together, and what" if len(parts) > 1 else "What"} each filter would keep if it were the only one:

{total.markdown()}"""


def _step(facts: Mapping[str, Any], step: str, columns: int) -> list[int]:
    counts = [one["steps"][step] for one in facts["locations"].values()]
    return [*counts, facts["total"]["steps"][step]][:columns]


def _left_out(facts: Mapping[str, Any]) -> str:
    left_out = list(facts["total"]["left_out"].items())
    if not left_out:
        return "Every key frame became a sample.\n"
    rows = [[plain(reason), count] for reason, count in left_out[:_MOST_ROWS]]
    return f"### Key frames that became no sample\n\n{table(['reason', 'count'], rows)}{_more(left_out)}"


def _cameras(facts: Mapping[str, Any]) -> str:
    total = facts["total"]
    kinds = [
        (title, list(total[key].items()))
        for title, key in (("camera type", "camera_types"), ("make", "makes"), ("model", "models"))
    ]
    return "## Cameras\n\n" + "\n".join(
        table([title, "photos"], [[plain(name), count] for name, count in counts[:_MOST_ROWS]]) + _more(counts)
        for title, counts in kinds
    )


def _more(rows: list[Any]) -> str:
    return f"\nand {len(rows) - _MOST_ROWS} more in `{STATISTICS}`\n" if len(rows) > _MOST_ROWS else ""


def _classes(facts: Mapping[str, Any]) -> str:
    total = facts["total"]
    rows = [
        [name, percent(share), percent(total["present"][name])]
        for name, share in sorted(total["shares"].items(), key=lambda item: -(item[1] or 0))
    ]
    return f"""\
## Classes

{table(["channel", "of the ground of the maps", "of the maps have it"], rows)}
{percent(total["visible"])} of the maps' ground can be seen past the buildings; what lies behind the camera cannot.
"""


def _splits(out: Path) -> str:
    if not (out / SPLIT).is_file():
        return "## Splits\n\nNone was made.\n"
    parts = read_json(out / SPLIT)
    rows = [
        [plain(part), sum(map(len, places.values())), sum(bool(ids) for ids in places.values())]
        for part, places in parts.items()
    ]
    return f"## Splits\n\n{_split_made(out)}{table(['part', 'samples', 'locations'], rows)}"


def _split_made(out: Path) -> str:
    if not (out / SPLIT_MADE).is_file():
        return ""
    plan = read_json(out / SPLIT_MADE)["plan"]
    tested = ", ".join(plain(name) for name in plan["test_locations"])
    whole = f" Whole places for the test: {tested}." if tested else ""
    return (
        f"Parts share no drive and lie {plan['gap']:g} m apart at least, so that a score is of ground that was never "
        f"seen. Ground was dealt out in blocks of {plan['block']:g} m.{whole}\n\n"
    )


def _licences() -> str:
    return f"""\
## Licences

Pictures: {PHOTO_LICENCE}, © their creators, who are named in `{ATTRIBUTION}`, and with the page of each photo in
`{PHOTOS}`; the pictures are changed photos. Maps: Open Database License (ODbL) 1.0, © OpenStreetMap contributors,
{MAP_COPYRIGHT_URL}
"""


def _weak(facts: Mapping[str, Any]) -> str:
    total = facts["total"]
    busiest = total["photos_of_the_busiest_creator"] / total["different_photos"] if total["different_photos"] else 0
    people = plural(total["creators"], "contributor")
    choice = (
        f"Where, when and how photos were taken is their contributors' choice: the busiest of {people} took "
        f"{percent(busiest)} of them. Night, rain and ways where no car goes are likely to be rare."
    )
    notes = [*_WEAKNESSES, choice]
    if any(one["place"].get("infer_sidewalks") for one in facts["locations"].values()):
        notes.insert(1, "Sidewalks that are not mapped were inferred from the kind of the road, and may not exist.")
    return "## Known weaknesses\n\n" + "\n".join(f"- {' '.join(note.split())}" for note in notes) + "\n"
