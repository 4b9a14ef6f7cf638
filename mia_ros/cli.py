# SPDX-License-Identifier: Apache-2.0
"""The command `mia`: the verbs that a robot needs."""

from __future__ import annotations

import json
import math
import os
import sys
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

import mia_ros
from mia_ros.commands import demo as demo_verb
from mia_ros.commands import play as play_verb
from mia_ros.commands import run as run_verb
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
        for half in entry_points(group="mia_ros.verbs"):
            half.load()(app)
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
    from mia_ros.demo import level_sheet
    from mia_ros.gravity import Gravity
    from mia_ros.pictures import read_image, write_image

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


@app.command(
    "map",
    epilog="Example: [bold]mia map photo.jpg --hfov-deg 70 --pitch-deg 5 --engine engines/NAME --out map.png[/]",
)
def map_photo(
    image: Annotated[Path, typer.Argument(help="A frame of the camera, as a picture file.", show_default=False)],
    engine: Annotated[Path, typer.Option(help="The engine's folder, or its manifest.json.", show_default=False)],
    camera: Annotated[Path | None, typer.Option(help="camera_info as YAML.")] = None,
    hfov_deg: Annotated[
        float | None, typer.Option(help="Horizontal field of view; without it and --camera, EXIF's focal length.")
    ] = None,
    roll_deg: Annotated[float | None, typer.Option(help="Roll; > 0: the camera's right side is up.")] = None,
    pitch_deg: Annotated[float | None, typer.Option(help="Pitch; > 0: the camera looks down.")] = None,
    gravity: Annotated[
        str | None, typer.Option(help="X,Y,Z: down in the camera's axes (right, down, forward), for roll and pitch.")
    ] = None,
    rotate: Annotated[
        int | None,
        typer.Option(help="Turn the frame clockwise first: 0, 90, 180 or 270; with EXIF's lens, as it says."),
    ] = None,
    rectified: Annotated[bool, typer.Option(help="The frame is rectified already: use P, no lens.")] = False,
    backend: Annotated[str, typer.Option(help="What runs the engine, see docs/engines.md.")] = "auto",
    threads: Annotated[int | None, typer.Option(help="CPU threads; all cores by default.")] = None,
    camera_height: Annotated[float | None, typer.Option(help="Metres above the ground.")] = None,
    profile: Annotated[str, typer.Option(help="Cost profile: a name, or a YAML file.")] = "wheelchair",
    out: Annotated[Path, typer.Option(help="Picture to write; what was used stands beside it as .json.")] = Path(
        "map.png"
    ),
    npz: Annotated[Path | None, typer.Option(help="File for the arrays.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was used and found as JSON.")] = False,
) -> None:
    """Map one photo: its levelled view beside the bird's-eye map."""
    from mia_ros.cost_profile import load_profile
    from mia_ros.mapper import Mapper
    from mia_ros.photo import PhotoMap, camera_from_exif, parse_gravity
    from mia_ros.pictures import decode_image, read_bytes, write_bytes, write_image

    data = read_bytes(image)
    frame = decode_image(data, image)
    height, width = frame.shape[:2]
    down, costs = parse_gravity(gravity, roll_deg, pitch_deg), load_profile(profile)
    if camera is None and hfov_deg is None:
        used, source = camera_from_exif(data, width, height, rotate)
    else:
        used = _camera(camera, hfov_deg, width, height, rectified, rotate or 0)
        source = str(camera) if camera else f"a field of view of {hfov_deg:g} deg"
    mapper = Mapper.load(engine, backend, threads, camera_height)
    view = mapper.level(frame, used, down)
    result = PhotoMap(view, mapper.map_view(view, 0, camera_height), costs)
    record = {"image": str(image), "camera": source, "rotate": used.rotate, **result.record(mapper)}
    text = json.dumps(record, indent=2)
    write_image(out, result.sheet())
    write_bytes(out.with_suffix(".json"), f"{text}\n".encode())
    if npz is not None:
        result.save_arrays(npz)
    if as_json:
        print(text)
    else:
        _say_what_was_mapped(record)
        print(f"wrote {', '.join(str(path) for path in (out, out.with_suffix('.json'), npz) if path is not None)}")


app.command(epilog=demo_verb.EPILOG)(demo_verb.demo)
app.command(epilog=play_verb.EPILOG)(play_verb.play)
app.command(epilog=run_verb.EPILOG)(run_verb.run)


def _say_what_was_mapped(record: dict[str, Any]) -> None:
    from mia_ros.gravity import Gravity

    down = Gravity(*record["gravity"])
    print(f"camera: from {record['camera']}")
    print(f"gravity: roll {math.degrees(down.roll):+.1f} deg, pitch {math.degrees(down.pitch):+.1f} deg")
    for reason in record["backends_skipped"]:
        print(f"skipped {reason}")
    print(f"engine: {record['engine']} on {record['backend']}, {record['backend_description']}")
    print(f"map: {1 - record['shares']['not observed']:.0%} of the cells were observed")


def _camera(path: Path | None, hfov_deg: float | None, width: int, height: int, rectified: bool, rotate: int) -> Camera:
    from mia_ros.camera_file import read_camera
    from mia_ros.errors import CameraError
    from mia_ros.photo import camera_of_hfov

    if (path is None) == (hfov_deg is None):
        raise CameraError("camera: give either --camera FILE or --hfov-deg ANGLE")
    if path is not None:
        return read_camera(path, rectified=rectified, rotate=rotate)
    assert hfov_deg is not None
    return camera_of_hfov(hfov_deg, width, height, rotate)


if __name__ == "__main__":
    main()
