# SPDX-License-Identifier: Apache-2.0
"""The command `mia`: the verbs that a robot needs."""

from __future__ import annotations

import json
import math
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

import mia_ros
from mia_ros.errors import MiaError

if TYPE_CHECKING:
    from mia_ros.camera import Camera

app = typer.Typer(
    name="mia",
    help="Bird's-eye semantic maps from one camera and gravity.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Entry point: a mistake of the user is one line and exit status 2."""
    try:
        app()
    except MiaError as error:
        print(f"mia: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"mia_ros {mia_ros.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Bird's-eye semantic maps from one camera and gravity."""


@app.command(epilog="Example: [bold]mia doctor[/]")
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False) -> None:
    """Show what is installed and usable here: backends, GPU, ROS, messages. Exit status 0 if the base works, else 1."""
    from mia_ros.doctor import base_works, examine

    checks = examine()
    works = base_works(checks)
    if as_json:
        print(json.dumps({"base_works": works, "checks": [asdict(check) for check in checks]}, indent=2))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for check in checks:
            mark = "[green]ok  [/]" if check.ok else "[red]FAIL[/]" if check.needed else "[dim]-   [/]"
            console.print(f"{mark} {check.name:<23} {escape(check.detail)}")
        console.print("the base works" if works else "[red]the base does not work: see FAIL above[/]")
    raise typer.Exit(0 if works else 1)


@app.command(epilog="Example: [bold]mia demo --out demo[/]")
def demo(out: Annotated[Path, typer.Option(help="Folder for the picture.")] = Path("demo")) -> None:
    """Draw a street, see it with a tilted camera, and level that into what the network will see."""
    from mia_ros.demo import STREET_CAMERA, STREET_GRAVITY, street_sheet, write_image

    path = out / "street.png"
    camera, gravity = STREET_CAMERA, STREET_GRAVITY
    print(f"camera: {camera.width} x {camera.height}, f = {camera.fx:.0f} px, {camera.lens.model} lens")
    print(f"gravity: roll {math.degrees(gravity.roll):+.1f} deg, pitch {math.degrees(gravity.pitch):+.1f} deg")
    write_image(path, street_sheet())
    print(f"wrote {path}: the frame, the network's input made from it, and the map it should become")


@app.command(
    epilog="Example: [bold]mia level photo.jpg --camera camera_info.yaml --roll-deg 3 --pitch-deg -8 --out level.png[/]"
)
def level(
    image: Annotated[Path, typer.Argument(help="A frame of the camera, as a picture file.", show_default=False)],
    camera: Annotated[
        Path | None, typer.Option(help="camera_info as YAML: a calibration file, or what ros2 topic echo prints.")
    ] = None,
    hfov_deg: Annotated[
        float | None, typer.Option(help="Horizontal field of view, if there is no calibration.")
    ] = None,
    roll_deg: Annotated[float, typer.Option(help="Roll; > 0: the camera's right side is up.")] = 0.0,
    pitch_deg: Annotated[float, typer.Option(help="Pitch; > 0: the camera looks down.")] = 0.0,
    rotate: Annotated[int, typer.Option(help="Turn the frame clockwise first: 0, 90, 180 or 270.")] = 0,
    rectified: Annotated[bool, typer.Option(help="The frame is rectified already: use P, no lens.")] = False,
    out: Annotated[Path, typer.Option(help="Picture to write: the frame beside its levelled view.")] = Path(
        "level.png"
    ),
) -> None:
    """Level one frame: check a calibration and the signs of an IMU before the robot drives."""
    from mia_ros.demo import level_sheet, read_image, write_image
    from mia_ros.gravity import Gravity

    gravity = Gravity.from_roll_pitch(math.radians(roll_deg), math.radians(pitch_deg))
    frame = read_image(image)
    used = _camera(camera, hfov_deg, frame.shape[1], frame.shape[0], rectified, rotate)
    sheet, view = level_sheet(frame, used, gravity)
    write_image(out, sheet)
    intrinsics = view.camera
    print(
        f"wrote {out}: {view.valid.mean():.0%} of the input is picture; fx {intrinsics.fx:.2f} fy {intrinsics.fy:.2f} "
        f"cx {intrinsics.cx:.2f} cy {intrinsics.cy:.2f}"
    )


def _camera(path: Path | None, hfov_deg: float | None, width: int, height: int, rectified: bool, rotate: int) -> Camera:
    from mia_ros.camera import Camera
    from mia_ros.camera_file import read_camera
    from mia_ros.errors import CameraError

    if (path is None) == (hfov_deg is None):
        raise CameraError("camera: give either --camera FILE or --hfov-deg ANGLE")
    if path is not None:
        return read_camera(path, rectified=rectified, rotate=rotate)
    assert hfov_deg is not None
    if not 1 <= hfov_deg <= 170:
        raise CameraError(f"hfov-deg: {hfov_deg}, want 1 to 170 degrees")
    focal = width / 2 / math.tan(math.radians(hfov_deg) / 2)
    return Camera(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2).turned(rotate)


if __name__ == "__main__":
    main()
