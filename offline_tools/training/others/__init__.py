# SPDX-License-Identifier: Apache-2.0
"""Data sets of others as sources: nuScenes with its map expansion, and KITTI-360-BEV, as they are on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from offline_tools.dataset.ready import Photographed
from offline_tools.training.others import kitti360, nuscenes


class OtherPart(NamedTuple):
    """Samples of such a data set, the classes that its maps know, and how many more are listed in vain."""

    samples: Sequence[Photographed]
    classes: tuple[str, ...]
    unknown: int


def open_other(root: Path, part: str) -> OtherPart | None:
    """A part of the data set of another layout at `root`; None where it has none of them."""
    for layout in (nuscenes, kitti360):
        if layout.is_here(root):
            samples, unknown = layout.samples_of(root, part)
            return OtherPart(samples, layout.CLASSES, unknown)
    return None
