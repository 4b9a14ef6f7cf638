# SPDX-License-Identifier: Apache-2.0
"""`mia splits`: parts of a data set for training, validation and test that share no ground and no drive."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from offline_tools.errors import need

EPILOG = (
    "Example: [bold]mia splits data --block 500 --gap 112 --test-location houston[/]\n\n"
    "Example: [bold]mia splits data --check[/]"
)


def splits(
    root: Annotated[Path, typer.Argument(help="Folder of the data set.", show_default=False)],
    block: Annotated[float, typer.Option(help="Side of a block of ground, metres; it goes to one part.")] = 500.0,
    gap: Annotated[float, typer.Option(help="Least distance between samples of two parts, metres.")] = 112.0,
    train: Annotated[float, typer.Option(help="Share for training, percent.")] = 80.0,
    val: Annotated[float, typer.Option(help="Share for validation, percent.")] = 10.0,
    test: Annotated[float, typer.Option(help="Share for the test, percent.")] = 10.0,
    test_location: Annotated[
        list[str] | None, typer.Option(help="A location that is for the test as a whole; may be given several times.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives another split.")] = 0,
    check: Annotated[bool, typer.Option("--check", help="Make none: measure the split that is there.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the split that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Write split.json, and beside it split.made.json: how it was made, and figures. Or check the split that is there.

    No sample and no drive is in two parts, and a gap of ground lies between them.
    """
    need("shapely")
    from offline_tools.dataset import Dataset
    from offline_tools.training.splits import SplitPlan, check_figures, figures_of, write_made_split

    data = Dataset.open(root)
    if check:
        figures = figures_of(data, data.splits())
        _show(figures.record(), figures.lines(), as_json)
        check_figures(figures, gap)
        return
    plan = SplitPlan(block, gap, (train / 100, val / 100, test / 100), seed, tuple(test_location or ()))
    made, figures = write_made_split(data, plan, overwrite)
    left_out = (f"in no part: {count} samples, {reason}" for reason, count in made.left_out.items())
    _show({**made.record(), **figures.record()}, [*figures.lines(), *left_out], as_json)


def _show(record: dict[str, Any], lines: Iterable[str], as_json: bool) -> None:
    print(json.dumps(record, indent=2) if as_json else "\n".join(lines))
