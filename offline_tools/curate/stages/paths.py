# SPDX-License-Identifier: Apache-2.0
"""Where everything of a data set in the making lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STATE = ".curate"


@dataclass(frozen=True)
class Paths:
    """Of one location; `state` is what the work needs and the data set does not."""

    out: Path
    name: str

    @property
    def folder(self) -> Path:
        return self.out / self.name

    @property
    def state(self) -> Path:
        return self.out / STATE / self.name

    @property
    def boundary(self) -> Path:
        return self.folder / "boundary_info.json"

    @property
    def points(self) -> Path:
        return self.folder / "image_points.parquet"

    @property
    def metadata(self) -> Path:
        return self.folder / "image_metadata.parquet"

    @property
    def filtered(self) -> Path:
        return self.folder / "image_metadata_filtered.parquet"

    @property
    def processed(self) -> Path:
        return self.folder / "image_metadata_filtered_processed.parquet"

    @property
    def keyframes(self) -> Path:
        return self.state / "keyframes.parquet"

    @property
    def photos(self) -> Path:
        return self.state / "photos"

    def units(self, stage: str) -> Path:
        """Folder of the tables of a stage's units."""
        return self.state / stage

    def record(self, stage: str) -> Path:
        """What a stage says when it is finished."""
        return self.state / f"{stage}.json"
