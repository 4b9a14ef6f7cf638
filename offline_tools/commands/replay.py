# SPDX-License-Identifier: Apache-2.0
"""`mia replay`: a recording through the mapper, and how good its maps are."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from offline_tools.errors import need

EPILOG = (
    "Example: [bold]mia replay drive --out replay[/]\n\n"
    "Example: [bold]mia replay walk.mcap --engine engines/NAME --truth osm:city.osm.pbf --out replay[/]\n\n"
    "Example: [bold]mia replay drive --set camera_height=1.1 --set gravity_source=tf --out replay[/]\n\n"
    "Writes maps (a bag), frames.parquet, metrics.json, report.html, video.mp4. Stopped or killed, it goes on with "
    "the same command."
)
_INTERRUPTED = 130  # what shells give for Ctrl-C


def replay(
    bag: Annotated[Path, typer.Argument(help="rosbag2 folder, .mcap, .db3, or ROS 1 .bag.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write.", show_default=False)],
    engine: Annotated[
        Path | None, typer.Option(help="The engine's folder; the one that comes with mia_ros by default.")
    ] = None,
    truth: Annotated[
        str, typer.Option(help="bag (a simulated drive's own), osm:FILE (a street map, by GPS), dataset:FOLDER.")
    ] = "",
    image: Annotated[str, typer.Option(help="Topic of the images, where there are several cameras.")] = "",
    camera_info: Annotated[str, typer.Option(help="Topic of the camera_info.")] = "",
    imu: Annotated[str, typer.Option(help="Topic of the IMU.")] = "",
    camera: Annotated[Path | None, typer.Option(help="camera_info as YAML, instead of a topic.")] = None,
    hfov_deg: Annotated[
        float | None, typer.Option(help="Horizontal field of view, where there is no calibration at all.")
    ] = None,
    params_file: Annotated[Path | None, typer.Option(help="ROS parameter file; see config/mapper.yaml.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE: a parameter of the node; see docs/ros.md.")
    ] = None,
    start: Annotated[float, typer.Option(help="Seconds from the bag's start.")] = 0.0,
    end: Annotated[float | None, typer.Option(help="Seconds from the bag's start; the bag's end by default.")] = None,
    every: Annotated[int, typer.Option(help="Take each n-th image.")] = 1,
    imu_offset: Annotated[float, typer.Option(help="Seconds to add to the IMU's stamps.")] = 0.0,
    gravity_topic: Annotated[
        str, typer.Option(help="Recorded semantic_map topic whose gravity is used, to repeat its maps.")
    ] = "",
    driving_side: Annotated[str, typer.Option(help="With osm: right or left.")] = "right",
    search_m: Annotated[float, typer.Option(help="With osm: the path may be moved by so many metres.")] = 8.0,
    search_deg: Annotated[float, typer.Option(help="With osm: and turned by so many degrees.")] = 8.0,
    video: Annotated[bool, typer.Option(help="Also write video.mp4.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print metrics.json.")] = False,
) -> None:
    """Map every image of a recording, nothing dropped, and judge the maps: numbers, pictures, a bag, a page."""
    begun = time.perf_counter()
    need("polars", "numba", "osmium", "pyproj", "shapely")
    from mia_ros.memory import keep_freed_memory, spare_what_is_loaded
    from mia_ros.replay import ReplayPlan, TopicWishes
    from offline_tools.replay.job import run_replay
    from offline_tools.replay.plan import JobPlan, TruthPlan
    from offline_tools.replay.scoring import SearchWindow
    from offline_tools.replay.video.encoding import load_av

    if video:
        load_av()
    window = None if (search_m, search_deg) == (8.0, 8.0) else SearchWindow(search_m, search_deg)
    plan = JobPlan(
        ReplayPlan(
            bag,
            _config(engine, camera, params_file, set_ or []),
            TopicWishes(image, camera_info, imu),
            start,
            end,
            every,
            hfov_deg,
            imu_offset,
            gravity_topic,
        ),
        out,
        TruthPlan.parse(truth, driving_side, window),
        video,
    )
    keep_freed_memory()
    spare_what_is_loaded()
    try:
        metrics = run_replay(plan, _progress)
    except KeyboardInterrupt:
        print("mia: stopped; the same command goes on where it was", file=sys.stderr)
        raise typer.Exit(_INTERRUPTED) from None
    if as_json:
        print(json.dumps(metrics, indent=2))
        return
    for line in summary(metrics):
        print(line)
    files = f"report.html{', video.mp4' if video else ''}, maps, frames.parquet, metrics.json"
    print(f"wrote {out} in {time.perf_counter() - begun:.0f} s: {files}")


def summary(metrics: Mapping[str, Any]) -> list[str]:
    """What matters, worst first."""
    images, speed, truth = metrics["images"], metrics["speed"], metrics["truth"]
    lines = [f"{images['mapped']} of {images['seen']} images have a map; {_speed(speed)}"]
    if truth is not None:
        lines.append(f"against {truth['name']}: {_score(truth['score'])}")
        if truth["aligned"] is not None:
            moved = truth["aligned"]["alignment"]
            lines.append(
                f"with the path moved by {moved['size_m']:.1f} m and {moved['turn_deg']:+.1f} deg: "
                f"{_score(truth['aligned']['score'])}"
            )
    for finding in metrics["verdict"]:
        fix = f" {finding['fix']}" if finding["fix"] else ""
        lines.append(f"{finding['level']:<5}{finding['title']}: {finding['line']}{fix}")
    return lines


def _config(engine: Path | None, camera: Path | None, params_file: Path | None, given: list[str]) -> Any:
    """The node's parameters: from a file, from --set, from their own options, in this order."""
    from mia_ros.runtime.config import MapperConfig
    from mia_ros.runtime.parameter_file import read_parameter_file
    from mia_ros.shipped import shipped_engine

    values: dict[str, object] = {} if params_file is None else read_parameter_file(params_file)
    values |= dict(_parameter(each) for each in given)
    if camera is not None:
        values["camera_info_url"] = str(camera.resolve())
    if engine is not None:
        values["engine"] = str(engine)
    if not values.get("engine") and (shipped := shipped_engine()) is not None:
        values["engine"] = str(shipped)
    return MapperConfig.from_mapping(values)


def _parameter(text: str) -> tuple[str, object]:
    import yaml

    from mia_ros.errors import ConfigError

    name, sign, value = text.partition("=")
    if not sign or not name:
        raise ConfigError(f"--set {text}: want NAME=VALUE, as in camera_height=1.1")
    try:
        return name.strip(), yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {text}: the value is no YAML") from error


@contextmanager
def _progress(name: str) -> Iterator[Any]:
    from offline_tools.evaluation.progress import counting

    with counting(name) as report:
        yield lambda done, total, _new: report(done, total)


def _speed(speed: Mapping[str, Any]) -> str:
    if speed["frames_per_s"] is None:
        return "made before"
    return f"{speed['frames_per_s']:.0f} a second, {speed['times_real_time'] or 0:.1f} times real time"


def _score(score: Mapping[str, Any]) -> str:
    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:.3f}"

    per_class = ", ".join(f"{name} {shown(value)}" for name, value in score["iou"].items())
    return f"Avg. R, S {shown(score['avg_road_sidewalk'])} ({per_class}), {score['frames']} images"
