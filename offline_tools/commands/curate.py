# SPDX-License-Identifier: Apache-2.0
"""`mia curate`: from the names of places to a data set of photos and maps."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from offline_tools.errors import DatasetError, need

if TYPE_CHECKING:
    from offline_tools.curate.config import Config
    from offline_tools.curate.pipeline import Done, RunPlan

EPILOG = (
    "Example: [bold]mia curate pittsburgh.yaml --dry-run[/], then [bold]mia curate pittsburgh.yaml[/]\n\n"
    "Example: [bold]mia curate status pittsburgh.yaml[/]\n\n"
    "A job that was stopped, or killed, goes on with the same command. Stages: places, tiles, metadata, filters, "
    "keyframes, photos, undistortion, maps, splits, statistics.\n\n"
    "The access token of Mapillary is in token_file, $MAPILLARY_ACCESS_TOKEN or the keyring (mia_ros, mapillary)."
)
STATUS = "status"
_INTERRUPTED = 130  # what shells give for Ctrl-C


def curate(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[status] CONFIG",
            help="The configuration, YAML; behind 'status', tell how far its data set is.",
            show_default=False,
        ),
    ],
    only: Annotated[str, typer.Option(metavar="STAGE", help="One stage alone; those before it must be done.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Make nothing: tell what to expect, in counts, bytes and hours.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that undistort and draw. [dim]\\[default: one for each core][/]"),
    ] = None,
    cluster: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Scheduler of a Dask cluster that does it instead: tcp://host:8786.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Make a data set: places, photos of Mapillary, filters, key frames, pictures, maps of OpenStreetMap, splits."""
    need("aiohttp", "mapbox_vector_tile", "mercantile", "numba", "osmium", "polars", "pyproj", "shapely")
    from offline_tools.curate.config import load_config
    from offline_tools.curate.pipeline import RunPlan

    path = _config_of(words)
    config = load_config(path)
    if len(words) > 1:
        _status(config, as_json)
    elif dry_run:
        _estimate(config, workers, as_json)
    else:
        _run(RunPlan(config, only, workers, cluster), path, as_json)


def _config_of(words: list[str]) -> Path:
    if len(words) == 1 and words[0] != STATUS:
        return Path(words[0])
    if len(words) == 2 and words[0] == STATUS:
        return Path(words[1])
    raise DatasetError(f"curate {' '.join(words)}: want 'mia curate CONFIG' or 'mia curate status CONFIG'")


def _run(plan: RunPlan, path: Path, as_json: bool) -> None:
    from offline_tools.curate.pipeline import curate as run
    from offline_tools.curate.progress import curating

    try:
        with curating() as (report, say):
            done = run(plan, report, say)
    except KeyboardInterrupt:
        print(f"stopped; what is done stays in {plan.config.out}: go on with the same command", file=sys.stderr)
        raise typer.Exit(_INTERRUPTED) from None
    if as_json:
        print(json.dumps({"out": str(plan.config.out), **done.record()}, indent=2))
        return
    _print_done(done, plan, path)


def _print_done(done: Done, plan: RunPlan, path: Path) -> None:
    if not done.done:
        print(f"nothing to do: {path} is done, {len(done.there_already)} stages")
    for name in done.done:
        print(f"{name}: {done.counts[name]['rows']} rows")
    if "problem" in done.counts.get("splits", {}):
        print(f"no split.json was made: {done.counts['splits']['problem']}")
    steps = done.counts.get("statistics", {}).get("steps", {})
    if steps:
        print(f"{steps['in_area']} photos in the area, {steps['key_frames']} key frames, {steps['samples']} samples")
    print(f"wrote {plan.config.out}" + (f", its page {plan.config.out / 'gallery.html'}" if steps else ""))


def _status(config: Config, as_json: bool) -> None:
    from offline_tools.curate.status import lines, status

    found = status(config)
    if as_json:
        print(json.dumps({"out": str(config.out), "stages": [one.record() for one in found]}, indent=2))
        return
    print("\n".join(lines(found)))


def _estimate(config: Config, workers: int | None, as_json: bool) -> None:
    from offline_tools.curate.estimate import estimate, total

    parts = list(estimate(config, workers))
    whole = total(parts)
    if as_json:
        print(json.dumps({"locations": [part.record() for part in parts], "all": whole.record()}, indent=2))
        return
    for part in [*parts, whole] if len(parts) > 1 else parts:
        print(part.line())
    for text in whole.assumed:
        print(f"assumed: {text}")
