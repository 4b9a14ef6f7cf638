# SPDX-License-Identifier: Apache-2.0
"""The diary of a world: a file that is there when all its pictures are, and says how each was taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from mia_ros.camera import Camera
from offline_tools.dataset.files import write_json
from offline_tools.errors import DatasetError
from offline_tools.simworld.shots import Shot

FOLDER = "worlds"
_NUMBERS = ("lat", "lon", "heading_deg", "height", "roll", "pitch")
_PINHOLE = ("width", "height", "fx", "fy", "cx", "cy")


class Entry(BaseModel):
    """A picture: the shot's numbers, and the camera's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    shot: dict[str, float]
    camera: dict[str, float]

    @classmethod
    def of(cls, id_: str, shot: Shot) -> Entry:
        """To be written."""
        camera = {name: getattr(shot.camera, name) for name in _PINHOLE}
        return cls(id=id_, shot={name: getattr(shot, name) for name in _NUMBERS}, camera=camera)

    def taken(self) -> Shot:
        """The shot."""
        numbers: dict[str, Any] = {**self.camera}
        return Shot(camera=Camera(**numbers), **self.shot)


class Diary(BaseModel):
    """Of a world; `left_out`: why pictures of it are not there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["mia_ros simulated world 1"] = "mia_ros simulated world 1"
    world: int
    count: int  # pictures that were wanted
    appearance_seed: int
    weather: str
    pictures: tuple[Entry, ...]
    left_out: tuple[str, ...] = ()

    def write(self, location: Path) -> None:
        """Into the folder of a location."""
        write_json(diary_file(location, self.world), self.model_dump(mode="json"))


def diary_file(location: Path, world: int) -> Path:
    """Where the diary of a world is."""
    return location / FOLDER / f"{world:06d}.json"


def read_diary(location: Path, world: int) -> Diary | None:
    """None where the world is not finished."""
    path = diary_file(location, world)
    try:
        return Diary.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError:
        raise DatasetError(f"{path}: of another version, or damaged; remove it, and the world is made anew") from None
