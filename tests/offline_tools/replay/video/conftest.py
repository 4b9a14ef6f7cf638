# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mia_ros import Camera
from offline_tools.simworld.drive import DrivePlan, Mount, plan_drive, record
from tests.offline_tools.simworld.drive.maps import TOWN, write_map

CAMERA = Camera(64, 48, 40.0, 40.0, 31.5, 23.5)


@pytest.fixture(scope="package")
def bag(tmp_path_factory) -> Path:
    """A drive of 30 images, each of one grey, whose truth says road everywhere."""
    folder = tmp_path_factory.mktemp("video")
    drive = plan_drive(write_map(folder, TOWN), DrivePlan(seconds=3, seed=8, camera=Mount(x=0.2, z=1.1)))
    truth = np.zeros((100, 100, 6), np.uint8)
    truth[..., 0] = 1
    frames: Iterator[np.ndarray] = (np.full((48, 64, 3), 40 + 6 * k, np.uint8) for k in range(len(drive)))
    return record(drive, frames, (truth for _ in range(len(drive))), folder / "drive", CAMERA, images="png")
