# SPDX-License-Identifier: Apache-2.0
"""`mia simulate live`: a drive on ROS 2 topics while it is filmed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from offline_tools.commands.simulate_options import (
    PARTS,
    CameraHeight,
    Fov,
    Fps,
    Height,
    Images,
    Infer,
    Kind,
    LensName,
    Map,
    Seconds,
    Seed,
    Side,
    Start,
    StyleName,
    Weather,
    Width,
    film_plan,
    opened,
)
from offline_tools.errors import need

EPILOG = "Example: [bold]mia simulate live --map towns/town-7.osm --seconds 60 --wait-for /imu/data[/]"


def live(
    map_: Map,
    seconds: Seconds = 60.0,
    kind: Kind = "wheelchair",
    seed: Seed = 0,
    style: StyleName = "mia",
    infer_sidewalks: Infer = True,
    driving_side: Side = "",
    start: Start = "",
    images: Images = "jpeg",
    fps: Fps = 10.0,
    width: Width = 640,
    height: Height = 480,
    fov: Fov = 80.0,
    lens: LensName = "none",
    camera_height: CameraHeight = None,
    weather: Weather = "",
    remap: Annotated[list[str] | None, typer.Option(help="FROM:=TO: publish a topic under another name.")] = None,
    rate: Annotated[float, typer.Option(help="1: real time; 2: twice as fast.")] = 1.0,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end; time jumps back.")] = False,
    wait_for: Annotated[
        list[str] | None, typer.Option(help="Start when these topics, as published, have a subscriber.")
    ] = None,
    wait_s: Annotated[float, typer.Option(help="Give up waiting after so many seconds.")] = 30.0,
) -> None:
    """Drive through a street map and publish it on ROS 2 topics, with /clock; nothing is written to disk.

    The topics are those that `mia simulate drive` records.
    """
    need(*PARTS, "rosbags")
    from mia_ros.nodes.player import play
    from mia_ros.playing import PlayPlan, parse_remaps
    from offline_tools.simworld.live import LiveDrive

    how = PlayPlan(
        remaps=parse_remaps(remap or []), rate=rate, loop=loop, wait_for=tuple(wait_for or ()), wait_s=wait_s
    )
    filmed = film_plan(
        seconds=seconds,
        kind=kind,
        seed=seed,
        style=style,
        infer_sidewalks=infer_sidewalks,
        start=start,
        images=images,
        fps=fps,
        size=(width, height),
        fov=fov,
        lens=lens,
        camera_height=camera_height,
        weather=weather,
    )
    drive = LiveDrive(opened(map_, driving_side), filmed)
    for note in drive.notes:
        _say(note)
    summary = play(drive, how, _say)
    for line in summary.lines():
        print(line)
    raise typer.Exit(0 if summary.finished else 130)  # what shells give for Ctrl-C


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
