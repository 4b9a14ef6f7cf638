# SPDX-License-Identifier: Apache-2.0
"""`mia compare`: two engines or settings on one recording."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from offline_tools.errors import need

EPILOG = (
    "Example: [bold]mia compare replay_fp32 replay_int8 --out comparison[/]\n\n"
    "Writes comparison.html, a page that needs nothing else, and comparison.json."
)


def compare(
    replays: Annotated[list[Path], typer.Argument(help="Folders of mia replay, of one recording.", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="Folder for the page.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Compare replays of one recording: each figure, and what is between them with its 95 % interval."""
    need("polars", "numba", "osmium", "pyproj", "shapely")
    from offline_tools.compare import compare_replays

    record = compare_replays(replays, out, seed)
    if as_json:
        print(json.dumps(record, indent=2))
        return
    for line in summary(record):
        print(line)
    if out is not None:
        print(f"wrote {out}: comparison.html and comparison.json")


def summary(record: Mapping[str, Any]) -> list[str]:
    """The table as lines; a star where the interval leaves out zero."""
    names = [each["name"] for each in record["replays"]]
    lines = [f"{record['images_in_common']} images in common; differences from {names[0]}, 95 % intervals"]
    group = ""
    for row in record["rows"]:
        if row["group"] != group:
            group = row["group"]
            lines.append(f"{group}: {', '.join(names)}")
        lines.append(f"  {row['name']:<18}" + "".join(_cells(row)))
    return lines


def _cells(row: Mapping[str, Any]) -> list[str]:
    cells = [f"{_number(row['values'][0]):>9}"]
    for value, between in zip(row["values"][1:], row["differences"], strict=True):
        cells.append(f"{_number(value):>9} {_between(between):<28}")
    return cells


def _between(found: Mapping[str, Any]) -> str:
    if found["value"] is None:
        return ""
    if found["low"] is None:
        return f"{found['value']:+.3f}"
    clear = "*" if found["low"] > 0 or found["high"] < 0 else ""
    return f"{found['value']:+.3f}{clear} ({found['low']:+.3f} to {found['high']:+.3f})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
