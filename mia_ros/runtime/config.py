# SPDX-License-Identifier: Apache-2.0
"""MapperConfig: every parameter of the mapper node, with its default, in one place."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from mia_ros.cost_profile import load_profile
from mia_ros.engine.choice import BACKENDS
from mia_ros.errors import ConfigError
from mia_ros.runtime.parameters import Parameter, describe

Reliability = Literal["best_effort", "reliable"]


def _parameter(
    default: Any,
    description: str,
    low: float | None = None,
    high: float | None = None,
    *,
    dynamic: bool = False,
    choices: tuple[str, ...] = (),
) -> Any:
    facts: dict[str, Any] = {"low": low, "high": high, "dynamic": dynamic, "choices": list(choices)}
    return Field(default, description=description, ge=low, le=high, json_schema_extra=facts)


def _as_tuple(value: object) -> object:
    """ROS hands over arrays, YAML lists."""
    return tuple(value) if isinstance(value, (list, array)) else value


class MapperConfig(BaseModel):
    """The parameters of the node `mapper`; each field is one, of the same name.

    Those that are dynamic may change while the node runs, see `with_changes`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    engine: str = _parameter("", "Folder (or manifest.json) of the engine that makes the maps. Must be given.")
    backend: str = _parameter("auto", "What runs the engine; auto takes the fastest that works here.", choices=BACKENDS)
    threads: int = _parameter(0, "CPU threads of the engine; 0: all usable cores.", 0, 1024)

    image_transport: Literal["raw", "compressed"] = _parameter(
        "raw", "raw: subscribe to image; compressed: to image/compressed."
    )
    image_reliability: Reliability = _parameter(
        "best_effort", "QoS of the image subscription. reliable asks the camera to send lost images again."
    )
    imu_reliability: Reliability = _parameter("best_effort", "QoS of the IMU subscription.")
    rectified: bool = _parameter(False, "The images are rectified already (image_rect): P of camera_info holds.")
    rotate: Literal[0, 90, 180, 270] = _parameter(
        0, "Degrees clockwise by which the image must be turned to stand upright, for a camera that is mounted turned."
    )
    camera_info_url: str = _parameter(
        "", "Camera file (YAML, a path or file://...) to use instead of the topic camera_info."
    )

    gravity_source: Literal["imu", "tf", "fixed"] = _parameter(
        "imu", "Where gravity is from: the topic imu, tf to gravity_frame, or fixed_roll and fixed_pitch."
    )
    gravity_frame: str = _parameter("odom", "gravity_source tf: the frame whose z axis points up.")
    fixed_roll: float = _parameter(
        0.0, "gravity_source fixed: roll of the camera, rad; above 0 its right side is up.", -3.1415, 3.1415
    )
    fixed_pitch: float = _parameter(
        0.0, "gravity_source fixed: pitch of the camera, rad; above 0 it looks down.", -1.5707, 1.5707
    )
    imu_to_camera: Annotated[tuple[float, ...], BeforeValidator(_as_tuple)] = _parameter(
        (),
        "Quaternion x, y, z, w of the rotation that takes vectors of the IMU's axes to the camera optical frame's; "
        "empty: from tf.",
    )
    imu_wait: float = _parameter(0.02, "Seconds that a frame waits for an IMU sample past its stamp.", 0.0, 1.0)
    max_extrapolation: float = _parameter(
        0.1, "Seconds by which gravity and transforms may be older than the image.", 0.0, 1.0
    )
    max_gravity_sigma: float = _parameter(
        0.14, "Standard deviation of gravity's direction, rad, above which there is no map.", 0.01, 1.6
    )

    camera_height: float = _parameter(0.0, "Camera above the ground, m; 0: from tf to base_frame.", 0.0, 10.0)
    base_frame: str = _parameter(
        "base_footprint", "Frame on the ground under the robot, for the camera's height; empty: not looked up."
    )
    min_valid: float = _parameter(0.35, "Least share of the levelled image that must be picture.", 0.05, 1.0)

    timeout: float = _parameter(
        1.0, "Seconds without a usable image until one map is published that is unknown everywhere.", 0.05, 60.0
    )
    max_image_age: float = _parameter(0.5, "Seconds; an image that is older on arrival gives no map.", 0.01, 60.0)
    frozen_after: float = _parameter(
        2.0,
        "Seconds of identical pixels under new stamps after which the image is taken for frozen; 0: never.",
        0.0,
        60.0,
        dynamic=True,
    )
    max_clock_difference: float = _parameter(
        0.25, "Seconds by which the clocks of camera and IMU may disagree before a warning.", 0.01, 60.0
    )
    max_rate: float = _parameter(0.0, "Maps per second at most; 0: as fast as it goes.", 0.0, 1000.0, dynamic=True)

    profile: str = _parameter("wheelchair", "Cost profile, by name or as a YAML file.", dynamic=True)
    threshold: float = _parameter(
        -1.0, "Probability from which a class is present; -1: the engine's own thresholds.", -1.0, 1.0, dynamic=True
    )
    unknown_value: Literal[-1, 100] = _parameter(
        -1, "What occupancy says where nothing is known; 100 for planners that take -1 for free."
    )
    publish_semantic_map: bool = _parameter(True, "Publish semantic_map.", dynamic=True)
    publish_occupancy: bool = _parameter(True, "Publish occupancy.", dynamic=True)
    publish_layers: bool = _parameter(True, "Publish layers/<class> while somebody listens.", dynamic=True)
    publish_bev_image: bool = _parameter(True, "Publish bev_image while somebody listens.", dynamic=True)
    publish_tf: bool = _parameter(True, "Publish the BEV frame on /tf.", dynamic=True)
    diagnostics_period: float = _parameter(1.0, "Seconds between two messages on /diagnostics.", 0.1, 60.0)

    @field_validator("rotate", "unknown_value", mode="before")
    @classmethod
    def _no_truth_value(cls, value: object) -> object:
        if isinstance(value, bool):  # which Python takes for 0 or 1
            raise ValueError("want a whole number")  # noqa: TRY004 - pydantic collects ValueErrors alone
        return value

    @field_validator("backend")
    @classmethod
    def _known_backend(cls, value: str) -> str:
        if value not in BACKENDS:
            raise ValueError(f"want {', '.join(BACKENDS)}")
        return value

    @field_validator("camera_info_url")
    @classmethod
    def _a_file(cls, value: str) -> str:
        scheme, sign, _ = value.partition("://")
        if sign and scheme != "file":
            raise ValueError("want a path or file://...")
        return value

    @field_validator("imu_to_camera")
    @classmethod
    def _a_rotation(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if value and (len(value) != 4 or abs(math.hypot(*value) - 1) > 0.01):
            raise ValueError("want a unit quaternion x, y, z, w, or nothing")
        return value

    @field_validator("threshold")
    @classmethod
    def _a_probability(cls, value: float) -> float:
        if -1 < value < 0:
            raise ValueError("want -1 or 0 to 1")
        return value

    @field_validator("profile")
    @classmethod
    def _loads(cls, value: str) -> str:
        load_profile(value)
        return value

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> MapperConfig:
        """From names and values as ROS or YAML gives them; one ConfigError names all that is wrong."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise ConfigError(f"parameters: {_problems(error)}") from error

    def with_changes(self, changes: Mapping[str, object]) -> MapperConfig:
        """With other values for dynamic parameters; a ConfigError names those that are read-only."""
        changed = MapperConfig.from_mapping({**self.model_dump(), **changes})
        fixed = [each.name for each in parameters() if not each.dynamic]
        if refused := [name for name in fixed if getattr(changed, name) != getattr(self, name)]:
            raise ConfigError(f"parameters: {', '.join(refused)}: read-only; set it when the node starts")
        return changed

    def engine_path(self) -> Path:
        """The engine; refuses to go on without one."""
        if not self.engine:
            raise ConfigError(
                "parameters: engine: not given; set it to the folder of an engine, as in engine:=/opt/engines/NAME"
            )
        return Path(self.engine).expanduser()

    def camera_path(self) -> Path | None:
        """The camera file, if one is to be used."""
        return Path(self.camera_info_url.removeprefix("file://")).expanduser() if self.camera_info_url else None


def parameters() -> list[Parameter]:
    """All parameters, in the order of the fields."""
    return [describe(name, field) for name, field in MapperConfig.model_fields.items()]


def parameters_markdown() -> str:
    """A table of all parameters, for the documentation."""
    lines = ["| parameter | type | default | values | live | what it does |", "|---|---|---|---|---|---|"]
    lines += [each.markdown() for each in parameters()]
    return "\n".join(lines) + "\n"


def _problems(error: ValidationError) -> str:
    """One line for all that pydantic found, each field once."""
    known = {each.name: each for each in parameters()}
    found: dict[str, str] = {}
    for problem in error.errors():
        name = str(problem["loc"][0])
        if name in known:
            found.setdefault(name, known[name].refusal(problem))
        else:
            near = get_close_matches(name, known, 1)
            found.setdefault(name, "unknown" + (f", is it {near[0]}?" if near else "; it is no parameter of mapper"))
    return "; ".join(f"{name}: {problem}" for name, problem in found.items())
