# SPDX-License-Identifier: Apache-2.0
"""`mia demo`: the package at work, without a robot."""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

EPILOG = "Example: [bold]mia demo --out demo --seconds 30[/]"


def demo(
    out: Annotated[Path, typer.Option(help="Folder for pictures and numbers.")] = Path("demo"),
    seconds: Annotated[float, typer.Option(help="How long the wheelchair drives.")] = 20.0,
    seed: Annotated[int, typer.Option(help="Of the town and the drive.")] = 7,
    engine: Annotated[
        Path | None, typer.Option(help="Engine to map with. [dim]\\[default: the one that comes with the package][/]")
    ] = None,
    still: Annotated[bool, typer.Option("--still", help="Only the drawn street; no ROS, no simulator.")] = False,
) -> None:
    """Level a drawn street; then drive a simulated wheelchair through a town and map it live, on real ROS topics."""
    from mia_ros.demonstration.plan import DemoPlan, missing_ros, missing_simulator

    lacking, without = missing_simulator(), missing_ros()
    if not (still or lacking or without):
        import_module("mia_ros.nodes.spectator")  # first: where ROS is from PyPI, this starts Python anew
    _draw_street(out / "street.png")
    if still:
        return
    if lacking:
        print(f"the drive is left out, the simulator needs {lacking}: pip install 'mia_ros[maps]'")
        return
    plan, name = DemoPlan(out, seconds, seed, engine), "recorded" if without else "live"
    if without:
        print(f"no ROS 2 here ({without}): the drive is recorded, and mapped from the recording by the same code")
        told = import_module("mia_ros.demonstration.recorded").run_recorded(plan, _say)
    else:
        told = import_module("mia_ros.demonstration.live").run_live(plan, _say)
    scores = ", ".join(f"{name} {value:.2f}" for name, value in told["iou"].items() if value is not None)
    print(f"{told['maps']} maps, {told['image_age_ms']['median']:.0f} ms after their images (median)")
    print(f"IoU with the true maps: {scores}")
    print(f"wrote {out / f'{name}.png'} and {out / f'{name}.json'}")


def _say(line: str) -> None:
    print(line, flush=True)


def _draw_street(path: Path) -> None:
    from mia_ros.demo import STREET_CAMERA, STREET_GRAVITY, street_sheet
    from mia_ros.pictures import write_image

    camera, gravity = STREET_CAMERA, STREET_GRAVITY
    print(f"camera: {camera.width} x {camera.height}, f = {camera.fx:.0f} px, {camera.lens.model} lens")
    print(f"gravity: roll {math.degrees(gravity.roll):+.1f} deg, pitch {math.degrees(gravity.pitch):+.1f} deg")
    write_image(path, street_sheet())
    print(f"wrote {path}: the frame, the network's input made from it, and the map it should become", flush=True)
