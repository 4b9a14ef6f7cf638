# SPDX-License-Identifier: Apache-2.0
"""VideoPlan: what a video is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mia_ros.camera import Camera
from mia_ros.errors import ReplayError
from mia_ros.hashing import sha256_of

if TYPE_CHECKING:
    from mia_ros.replay import ReplayTopics
    from offline_tools.replay.trajectory import Trajectory

#: Called with frames that are done, all of them, and those made in this run.
Report = Callable[[int, int, int], None]

#: Changes when a frame of the same replay would look different.
_LOOK = 3
#: Frames a second that make sense for a video.
_FPS = (1.0, 60.0)


@dataclass(frozen=True, eq=False)
class VideoPlan:
    """A replay in `folder` (with frames.parquet and maps/) of a bag, to become `folder`/video.mp4.

    camera: of the images, None if it is not known, so that the levelled picture is left out. trajectory: None if there
    are no poses; no_trajectory says why, for people. title: the engine's name, say. fps: 0 for the images' own rate.
    maps_topic: where the maps lie in maps/. crf: quality of H.264, less is better. segment: seconds of a part that is
    not made again.
    """

    bag: Path
    topics: ReplayTopics
    folder: Path
    camera: Camera | None
    trajectory: Trajectory | None = None
    no_trajectory: str = "no odometry, tf or GPS in the bag"
    title: str = ""
    fps: float = 0.0
    maps_topic: str = "/mia/semantic_map"
    crf: int = 27
    segment: float = 20.0

    @property
    def out(self) -> Path:
        """The video."""
        return self.folder / "video.mp4"

    def frames(self) -> pl.DataFrame:
        """The table of the replay, an image a row."""
        path = self.folder / "frames.parquet"
        try:
            frames = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            reason = " ".join(str(error).split())
            raise ReplayError(f"{path}: cannot be read ({reason}); run `mia replay` first") from error
        if frames.is_empty():
            raise ReplayError(
                f"{path}: no image in this replay, so there is no video; check --start, --end and --image"
            )
        return frames

    def rate(self, frames: pl.DataFrame) -> float:
        """Frames a second: as wished, or such that the video takes as long as the drive."""
        if self.fps:
            return self.fps
        steps = np.diff(frames["stamp"].to_numpy())
        steps = steps[steps > 0]
        rate = 1e9 / float(np.median(steps)) if len(steps) else 10.0
        return round(min(max(rate, _FPS[0]), _FPS[1]), 2)

    def digest(self, frames: pl.DataFrame) -> str:
        """Of all that the video shows: with another digest, what was made before is of no use."""
        poses = (
            None
            if self.trajectory is None
            else [self.trajectory.at(int(s)) for s in frames["stamp"][:: _every(frames)]]
        )
        said = {
            "look": _LOOK,
            "bag": str(self.bag.resolve()),
            "image": self.topics.image,
            "table": sha256_of(self.folder / "frames.parquet"),
            "camera": repr(self.camera),
            "poses": repr(poses),
            "words": [self.title, self.no_trajectory, self.maps_topic],
            "coding": [self.rate(frames), self.crf, self.segment],
        }
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _every(frames: pl.DataFrame) -> int:
    """Some hundred poses tell one trajectory from another."""
    return max(1, len(frames) // 200)
