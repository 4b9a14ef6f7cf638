# SPDX-License-Identifier: Apache-2.0
"""`mia simulate`: towns, drives through them as bags, data sets, and a sheet to look at."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from offline_tools.commands.simulate_live import EPILOG, live
from offline_tools.commands.simulate_options import (
    PARTS,
    AsJson,
    CameraHeight,
    Fov,
    Fps,
    Height,
    Images,
    Infer,
    Kind,
    LensName,
    Map,
    Maps,
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

if TYPE_CHECKING:
    from offline_tools.simworld.drive import Drive

simulate = typer.Typer(
    no_args_is_help=True, help="Make towns, drive through any street map, and record what a robot would see and feel."
)

_INTERRUPTED = 130  # what shells give for Ctrl-C


@simulate.command(epilog="Example: [bold]mia simulate town --seed 7 --out towns[/]")
def town(
    out: Annotated[Path, typer.Option(help="Folder to write town-SEED.osm and town-SEED.json to.", show_default=False)],
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Make a street map of a town that does not exist, as OpenStreetMap XML."""
    need("shapely", "pyproj")
    from offline_tools.simworld.maps import write_town

    made, path = write_town(seed, out)
    if as_json:
        print(json.dumps({"out": str(path), "notes": str(path.with_suffix(".json")), "seed": seed, "name": made.name}))
        return
    print(f"wrote {path}: {made.name}, {made.width:.0f} x {made.height:.0f} m, traffic keeps {made.driving_side}")


@simulate.command(
    epilog="Example: [bold]mia simulate drive --map towns/town-7.osm --seconds 60 --out drive[/]\n\n"
    "Map data of OpenStreetMap is under the ODbL: name (c) OpenStreetMap contributors where you show it."
)
def drive(
    map_: Map,
    out: Annotated[Path, typer.Option(help="Bag to write: a folder, which must not be there.", show_default=False)],
    seconds: Seconds = 60.0,
    kind: Kind = "wheelchair",
    seed: Seed = 0,
    style: StyleName = "mia",
    infer_sidewalks: Infer = True,
    driving_side: Side = "",
    start: Start = "",
    storage: Annotated[str, typer.Option(help="mcap or sqlite3.")] = "mcap",
    images: Images = "jpeg",
    fps: Fps = 10.0,
    width: Width = 640,
    height: Height = 480,
    fov: Fov = 80.0,
    lens: LensName = "none",
    camera_height: CameraHeight = None,
    weather: Weather = "",
    as_json: AsJson = False,
) -> None:
    """Drive through a street map and record it as a rosbag2: camera, IMU, odometry, GPS, tf and the true maps."""
    need(*PARTS, "rosbags")
    from offline_tools.rendering.progress import drawing
    from offline_tools.simworld.filming import film

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
        storage=storage,
    )
    store = opened(map_, driving_side)
    with drawing(store.source.name, "frames", "frames") as report:
        driven = film(store, filmed, out, report)
    for note in driven.notes:
        _say(note)
    _print_drive(driven, out, as_json)


@simulate.command(
    epilog="Example: [bold]mia simulate dataset --map towns/town-7.osm --map towns/town-8.osm --n 2000 --out data[/]"
)
def dataset(
    maps: Maps,
    n: Annotated[int, typer.Option("--n", help="Pictures in all, dealt out evenly over the maps.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write; each map becomes a location in it.", show_default=False)],
    seed: Seed = 0,
    style: StyleName = "mia",
    infer_sidewalks: Infer = True,
    driving_side: Side = "",
    split: Annotated[
        bool,
        typer.Option("--split", help="Also split.json: every tenth world to val, the last of several maps to test."),
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes; the result does not depend on it.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Take pictures in worlds of street maps, with their true maps, in the published layout.

    A job that was stopped goes on with the same command; a larger --n adds to what is there.
    """
    need(*PARTS)
    from offline_tools.rendering.progress import drawing
    from offline_tools.simworld.dataset_job import DatasetPlan, simulate_dataset

    plan = DatasetPlan(tuple(maps), out, n, seed, style, infer_sidewalks, driving_side, split, workers)
    stores = [opened(path, driving_side) for path in maps]
    try:
        with drawing(str(out), "pictures", "pictures") as report:
            summary = simulate_dataset(plan, report, stores)
    except KeyboardInterrupt:
        _say(f"stopped; worlds that are finished stay in {out}: go on with the same command")
        raise typer.Exit(_INTERRUPTED) from None
    if as_json:
        print(json.dumps({"out": str(out), **summary.record()}, indent=2))
    else:
        print(f"{summary.made} pictures made, {summary.there_already} there already")
        for line in summary.left_out[:5]:
            print(f"left out: {line}")
        print(f"wrote {out}")
    if summary.failed_worlds:
        _say(f"{summary.failed_worlds} worlds could not be made; the same command tries them again")
        raise typer.Exit(1)


@simulate.command(epilog="Example: [bold]mia simulate sheet --out sheet.png[/]")
def sheet(
    out: Annotated[Path, typer.Option(help="Picture to write, .png.", show_default=False)],
    maps: Annotated[
        list[Path] | None, typer.Option("--map", help="Street maps. [dim]\\[default: towns made for it][/]")
    ] = None,
    seed: Seed = 0,
    style: StyleName = "mia",
) -> None:
    """Draw 48 frames over seeds and weathers on one sheet, each with its true map, to judge the simulation by."""
    need(*PARTS)
    from offline_tools.rendering.progress import drawing
    from offline_tools.simworld.sheet import write_sheet

    with drawing(out.name, "frames", "frames") as report:
        write_sheet(out, maps or [], seed, style, report)
    print(f"wrote {out}")


simulate.command(epilog=EPILOG)(live)


def _print_drive(driven: Drive, out: Path, as_json: bool) -> None:
    import numpy as np

    length = float(np.hypot(*np.diff(driven.body_positions[:, :2], axis=0).T).sum())
    if as_json:
        found = {"out": str(out), "images": len(driven), "metres": round(length, 1), "notes": list(driven.notes)}
        print(json.dumps(found, indent=2))
        return
    print(f"wrote {out}: {driven.plan.seconds:g} s, {len(driven)} images, {length:.0f} m by {driven.plan.kind}")


def _say(text: str) -> None:
    print(text, file=sys.stderr)
