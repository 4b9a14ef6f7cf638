# SPDX-License-Identifier: Apache-2.0
"""`mia play`: a bag on ROS 2 topics."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

EPILOG = "Example: [bold]mia play drive --rate 2 --wait-for /imu/data --remap /imu/data:=/robot/imu[/]"


def play(
    bag: Annotated[Path, typer.Argument(help="rosbag2 folder, .mcap, .db3, or ROS 1 .bag.", show_default=False)],
    topics: Annotated[
        list[str] | None, typer.Option(help="Only these topics of the bag: separated by commas, or repeated.")
    ] = None,
    remap: Annotated[list[str] | None, typer.Option(help="FROM:=TO: publish a topic under another name.")] = None,
    rate: Annotated[float, typer.Option(help="1: real time; 2: twice as fast.")] = 1.0,
    start: Annotated[float, typer.Option(help="Seconds from the bag's start.")] = 0.0,
    end: Annotated[float | None, typer.Option(help="Seconds from the bag's start; the bag's end by default.")] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end; time jumps back.")] = False,
    clock_hz: Annotated[float, typer.Option(help="/clock messages per second of the bag; 0: no /clock.")] = 100.0,
    wait_for: Annotated[
        list[str] | None, typer.Option(help="Start when these topics, as published, have a subscriber.")
    ] = None,
    wait_s: Annotated[float, typer.Option(help="Give up waiting after so many seconds.")] = 30.0,
) -> None:
    """Publish a bag on ROS 2 topics, with /clock from its time; the messages' stamps stay as they are."""
    from mia_ros.nodes.player import play_bag
    from mia_ros.playing import PlayPlan, parse_remaps

    plan = PlayPlan(
        _split(topics), parse_remaps(_split(remap)), rate, start, end, loop, clock_hz, _split(wait_for), wait_s
    )
    summary = play_bag(bag, plan, lambda line: print(line, file=sys.stderr, flush=True))
    for line in summary.lines():
        print(line)
    raise typer.Exit(0 if summary.finished else 130)  # what shells give for Ctrl-C


def _split(values: list[str] | None) -> tuple[str, ...]:
    return tuple(part.strip() for value in values or () for part in value.split(",") if part.strip())
