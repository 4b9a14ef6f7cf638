# SPDX-License-Identifier: Apache-2.0
"""Where everything of a data set in the making lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STATE = ".curate"


@dataclass(frozen=True)
class Paths:
    """Of one location."""

    out: Path
    name: str

    @property
    def folder(self) -> Path:
        """Where the samples are."""
        return self.out / self.name

    @property
    def state(self) -> Path:
        """What the work needs, and the data set does not."""
        return self.out / STATE / self.name

    @property
    def boundary(self) -> Path:
        """What is asked for."""
        return self.folder / "boundary_info.json"

    @property
    def points(self) -> Path:
        """All photos of the area."""
        return self.folder / "image_points.parquet"

    @property
    def metadata(self) -> Path:
        """Of those that the server still has."""
        return self.folder / "image_metadata.parquet"

    @property
    def filtered(self) -> Path:
        """Of those that the recipe keeps."""
        return self.folder / "image_metadata_filtered.parquet"

    @property
    def processed(self) -> Path:
        """Of those that became samples."""
        return self.folder / "image_metadata_filtered_processed.parquet"

    @property
    def keyframes(self) -> Path:
        """Those of the filtered that are worth a download."""
        return self.state / "keyframes.parquet"

    @property
    def photos(self) -> Path:
        """As they were downloaded."""
        return self.state / "photos"

    def units(self, stage: str) -> Path:
        """Folder of the tables of a stage's units."""
        return self.state / stage

    def record(self, stage: str) -> Path:
        """What a stage says when it is finished."""
        return self.state / f"{stage}.json"
