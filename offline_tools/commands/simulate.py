# SPDX-License-Identifier: Apache-2.0
"""`mia simulate`: towns, drives through them as bags, data sets, and a sheet to look at."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from offline_tools.errors import need

if TYPE_CHECKING:
    from offline_tools.osm import MapStore
    from offline_tools.simworld.drive import Drive, DrivePlan

simulate = typer.Typer(
    no_args_is_help=True, help="Make towns, drive through any street map, and record what a robot would see and feel."
)

Map = Annotated[
    Path,
    typer.Option("--map", help="Street map: a town, or any .osm, .osm.gz, .osm.bz2, .osm.pbf.", show_default=False),
]
Maps = Annotated[list[Path], typer.Option("--map", help="Street map; give the option again for more of them.")]
Seed = Annotated[int, typer.Option(help="All that is random follows from it.")]
StyleName = Annotated[str, typer.Option(help="How the truth is drawn: mia (as published), navigation, or a YAML file.")]
Infer = Annotated[bool, typer.Option(help="Draw sidewalks that tags do not mention.")]
Side = Annotated[str, typer.Option(help="right or left. [dim]\\[default: as a made town says, else right][/]")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

_INTERRUPTED = 130  # what shells give for Ctrl-C
_PARTS = ("numba", "osmium", "polars", "pyproj", "shapely")


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
    seconds: Annotated[float, typer.Option(help="How long the drive is.")] = 60.0,
    kind: Annotated[str, typer.Option(help="wheelchair, sidewalk_robot, pedestrian or car.")] = "wheelchair",
    seed: Seed = 0,
    style: StyleName = "mia",
    infer_sidewalks: Infer = True,
    driving_side: Side = "",
    start: Annotated[str, typer.Option(help="Where it begins: LAT,LON. [dim]\\[default: somewhere][/]")] = "",
    storage: Annotated[str, typer.Option(help="mcap or sqlite3.")] = "mcap",
    images: Annotated[str, typer.Option(help="jpeg, png or raw.")] = "jpeg",
    fps: Annotated[float, typer.Option(help="Images a second.")] = 10.0,
    width: Annotated[int, typer.Option(help="Pixels.")] = 640,
    height: Annotated[int, typer.Option(help="Pixels.")] = 480,
    fov: Annotated[float, typer.Option(help="Field of view across the width, degrees.")] = 80.0,
    lens: Annotated[str, typer.Option(help="none, plumb_bob or equidistant.")] = "none",
    camera_height: Annotated[
        float | None, typer.Option(help="Metres above the ground. [dim]\\[default: drawn, as the kind has it][/]")
    ] = None,
    weather: Annotated[
        str, typer.Option(help="sun, 'low sun', overcast, dusk, rain or mist. [dim]\\[default: drawn][/]")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Drive through a street map and record it as a rosbag2: camera, IMU, odometry, GPS, tf and the true maps."""
    need(*_PARTS, "rosbags")
    from offline_tools.rendering.progress import drawing
    from offline_tools.simworld.drive import DrivePlan
    from offline_tools.simworld.filming import FilmPlan, film
    from offline_tools.simworld.lenses import camera_of

    plan = DrivePlan(
        kind=kind,
        seconds=seconds,
        seed=seed,
        start=_place(start),
        image_hz=fps,
        style=style,
        infer_sidewalks=infer_sidewalks,
    )
    if camera_height is not None:
        plan = _with_height(plan, camera_height)
    filmed = FilmPlan(plan, camera_of(width, height, fov, lens), weather, storage, images)
    store = _opened(map_, driving_side)
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
    need(*_PARTS)
    from offline_tools.rendering.progress import drawing
    from offline_tools.simworld.dataset_job import DatasetPlan, simulate_dataset

    plan = DatasetPlan(tuple(maps), out, n, seed, style, infer_sidewalks, driving_side, split, workers)
    stores = [_opened(path, driving_side) for path in maps]
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
    need(*_PARTS)
    from offline_tools.rendering.progress import drawing
    from offline_tools.simworld.sheet import write_sheet

    with drawing(out.name, "frames", "frames") as report:
        write_sheet(out, maps or [], seed, style, report)
    print(f"wrote {out}")


def _opened(path: Path, driving_side: str) -> MapStore:
    from offline_tools.rendering.progress import parsing
    from offline_tools.simworld.maps import open_map

    with parsing(path.name) as progress:
        return open_map(path, driving_side, progress)


def _place(text: str) -> tuple[float, float] | None:
    """LAT,LON as numbers."""
    from offline_tools.errors import SimulationError

    if not text:
        return None
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise SimulationError(f"start '{text}': want LAT,LON in degrees, for example 48.8790,2.3480") from None
    return lat, lon


def _with_height(plan: DrivePlan, height: float) -> DrivePlan:
    """The plan with a camera so many metres above the ground; where else it sits is drawn."""
    import numpy as np

    from offline_tools.errors import SimulationError
    from offline_tools.simworld.drive import VEHICLES
    from offline_tools.simworld.drive.mounting import drawn_camera

    if not 0.2 <= height <= 4.0:
        raise SimulationError(f"camera_height {height}: want 0.2 to 4 metres")
    forward = VEHICLES[plan.kind].camera_forward
    return replace(plan, camera=drawn_camera((height, height), forward, np.random.default_rng(plan.seed)))


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
