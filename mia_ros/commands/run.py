# SPDX-License-Identifier: Apache-2.0
"""`mia run`: the mapper node without `ros2 launch`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

EPILOG = (
    "Example: [bold]mia run --engine engines/NAME --image /camera/image_raw --camera-info /camera/camera_info "
    "--imu /imu/data[/]"
)


def run(
    engine: Annotated[str, typer.Option(help="The engine's folder.")] = "",
    image: Annotated[
        str, typer.Option(help="Topic of the images; with .../compressed at its end, compressed ones.")
    ] = "image",
    camera_info: Annotated[str, typer.Option(help="Topic of the camera_info.")] = "camera_info",
    imu: Annotated[str, typer.Option(help="Topic of the IMU.")] = "imu",
    profile: Annotated[str, typer.Option(help="Cost profile, by name or as a YAML file.")] = "",
    params_file: Annotated[Path | None, typer.Option(help="ROS parameter file; see config/mapper.yaml.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE: a parameter of the node; see docs/ros.md.")
    ] = None,
    namespace: Annotated[str, typer.Option(help="Before the node's and its topics' names.")] = "",
    sim_time: Annotated[
        bool, typer.Option("--sim-time", help="Take the time from /clock, as `mia play` sends it.")
    ] = False,
    autostart: Annotated[bool, typer.Option(help="Configure and activate; else wait for `ros2 lifecycle`.")] = True,
) -> None:
    """Map what a camera and an IMU publish, until Ctrl-C."""
    from mia_ros.errors import ConfigError

    try:
        from mia_ros.nodes.running import run_mapper
    except ImportError as error:
        raise ConfigError(
            f"ROS 2 is missing ({error}): source /opt/ros/DISTRO/setup.bash, or pip install 'mia_ros[ros]'"
        ) from error
    topics = {"image": image, "camera_info": camera_info, "imu": imu}
    given = dict(_pair(each) for each in set_ or ())
    given |= {name: json.dumps(value) for name, value in (("engine", engine), ("profile", profile)) if value}
    given |= {"use_sim_time": "true"} if sim_time else {}
    raise typer.Exit(run_mapper(_ros_arguments(topics, given, namespace, params_file), autostart=autostart))


def _ros_arguments(
    topics: dict[str, str], given: dict[str, str], namespace: str, params_file: Path | None
) -> list[str]:
    from mia_ros.errors import ConfigError

    if topics["image"].endswith("/compressed"):
        topics["image/compressed"] = topics.pop("image")
        given.setdefault("image_transport", "compressed")
    arguments = ["--ros-args"]
    for name, topic in topics.items():
        arguments += ["-r", f"{name}:={topic}"] if topic != name else []
    if namespace:
        arguments += ["-r", f"__ns:=/{namespace.strip('/')}"]
    if params_file is not None:
        if not params_file.is_file():
            raise ConfigError(f"params_file: {params_file}: there is no such file")
        arguments += ["--params-file", str(params_file)]
    for name, value in given.items():
        arguments += ["-p", f"{name}:={value}"]
    return arguments


def _pair(text: str) -> tuple[str, str]:
    from mia_ros.errors import ConfigError

    name, sign, value = text.partition("=")
    if not (name and sign and value):
        raise ConfigError(f"set: '{text}', want NAME=VALUE, as in max_rate=10")
    return name, value
