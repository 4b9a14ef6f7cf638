# SPDX-License-Identifier: Apache-2.0
"""`mia view`: a replay, a bag or a robot's topics in Rerun."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from offline_tools.viewing.job import Viewed

EPILOG = (
    "Examples: [bold]mia view out[/], [bold]mia view my_bag --out my_bag.rrd[/], "
    "[bold]mia view --live --namespace robot[/]"
)


def view(
    target: Annotated[Path | None, typer.Argument(help="Folder of mia replay, or a bag.", show_default=False)] = None,
    live: Annotated[bool, typer.Option("--live", help="Show ROS 2 topics as they come, until Ctrl-C.")] = False,
    namespace: Annotated[str, typer.Option(help="With --live: of the mapper, as in /robot/semantic_map.")] = "",
    seconds: Annotated[float | None, typer.Option(min=0.1, help="With --live: end after so many seconds.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write, .rrd, in place of opening the viewer.", show_default=False)
    ] = None,
    image: Annotated[str, typer.Option(help="Topic of the camera, where there are several.")] = "",
    maps: Annotated[str, typer.Option(help="Topic of the semantic maps, where there are several.")] = "",
    start: Annotated[float, typer.Option(min=0.0, help="Seconds from the beginning.")] = 0.0,
    end: Annotated[float | None, typer.Option(help="Seconds from the beginning; all of it by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was shown as JSON.")] = False,
) -> None:
    """Look at maps beside the camera's photos, on the ground that was driven, with all numbers over time.

    Opens Rerun's viewer; without a screen, or with --out, it writes a file for it.
    """
    from mia_ros.errors import ReplayError

    if live == (target is not None):
        raise ReplayError("give a replay's folder or a bag, or --live for a robot's topics; see mia view --help")
    if live and (start or end is not None):
        raise ReplayError("--start, --end: a robot's topics come as they come; want --seconds")
    if not live and (namespace or seconds is not None):
        raise ReplayError("--namespace, --seconds: are for --live")
    if target is None:
        from offline_tools.viewing.live import LivePlan, view_live

        shown = view_live(LivePlan(namespace, image, maps, seconds, out), _say)
    else:
        from offline_tools.viewing.job import ViewPlan
        from offline_tools.viewing.job import view as view_target

        shown = view_target(ViewPlan(target, out, image, maps, start, end), _say)
    _print(shown, as_json)


def _print(shown: Viewed, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**asdict(shown), "out": str(shown.out) if shown.out else None}, indent=2))
        return
    where = f"wrote {shown.out}" if shown.out else "in the viewer"
    print(f"{where}: {shown.line}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
