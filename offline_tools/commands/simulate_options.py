# SPDX-License-Identifier: Apache-2.0
"""The options of `mia simulate`, and the plan of a drive that they make."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from offline_tools.osm import MapStore
    from offline_tools.simworld.drive import DrivePlan
    from offline_tools.simworld.filming import FilmPlan

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

Seconds = Annotated[float, typer.Option(help="How long the drive is.")]
Kind = Annotated[str, typer.Option(help="wheelchair, sidewalk_robot, pedestrian or car.")]
Start = Annotated[str, typer.Option(help="Where it begins: LAT,LON. [dim]\\[default: somewhere][/]")]
Images = Annotated[str, typer.Option(help="jpeg, png or raw.")]
Fps = Annotated[float, typer.Option(help="Images a second.")]
Width = Annotated[int, typer.Option(help="Pixels.")]
Height = Annotated[int, typer.Option(help="Pixels.")]
Fov = Annotated[float, typer.Option(help="Field of view across the width, degrees.")]
LensName = Annotated[str, typer.Option(help="none, plumb_bob or equidistant.")]
CameraHeight = Annotated[
    float | None, typer.Option(help="Metres above the ground. [dim]\\[default: drawn, as the kind has it][/]")
]
Weather = Annotated[str, typer.Option(help="sun, 'low sun', overcast, dusk, rain or mist. [dim]\\[default: drawn][/]")]

#: What all verbs but `town` need.
PARTS = ("numba", "osmium", "polars", "pyproj", "shapely")


def film_plan(
    *,
    seconds: float,
    kind: str,
    seed: int,
    style: str,
    infer_sidewalks: bool,
    start: str,
    images: str,
    fps: float,
    size: tuple[int, int],
    fov: float,
    lens: str,
    camera_height: float | None,
    weather: str,
    storage: str = "mcap",
) -> FilmPlan:
    """A drive and how it is filmed, from the options' values."""
    from offline_tools.simworld.drive import DrivePlan
    from offline_tools.simworld.filming import FilmPlan
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
    return FilmPlan(plan, camera_of(*size, fov, lens), weather, storage, images)


def opened(path: Path, driving_side: str) -> MapStore:
    """The map, with progress while it is parsed."""
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
