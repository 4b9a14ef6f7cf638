# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mia_ros import Camera, SemanticMap
from mia_ros.errors import ReplayError
from offline_tools.replay.truth import bag_truth
from offline_tools.simworld.drive import DrivePlan, plan_drive, record

CAMERA = Camera(16, 12, 9.5, 9.5, 7.5, 5.5)
TOPIC = "/truth/semantic_map"


@pytest.fixture(scope="module")
def drive(streets):
    return plan_drive(streets, DrivePlan(seconds=2, seed=1, imu_hz=50))


@pytest.fixture(scope="module")
def bag(drive, tmp_path_factory):
    """Its k-th map has a sidewalk in row 99 - k alone; the left half is not observed."""
    out = tmp_path_factory.mktemp("truth") / "bag"
    frames = (np.zeros((12, 16, 3), np.uint8) for _ in drive.stamps)
    record(drive, frames, (striped(k) for k in range(len(drive))), out, CAMERA, images="png")
    return out


def striped(k):
    layers = np.zeros((6, 100, 100), np.float32)
    layers[2, 99 - k] = 1
    observed = np.zeros((100, 100), bool)
    observed[:, 50:] = True
    return SemanticMap(layers, observed)


def row_of(found):
    (row,) = np.flatnonzero(found.masks[2].all(1))
    return 99 - row


def test_each_image_has_the_map_of_its_stamp(bag, drive):
    truth = bag_truth(bag, TOPIC)
    assert [row_of(truth.of(int(stamp))) for stamp in drive.stamps[::3]] == list(range(0, 20, 3))


def test_it_can_be_asked_again_from_the_start(bag, drive):
    truth = bag_truth(bag, TOPIC)
    truth.of(int(drive.stamps[9]))
    assert row_of(truth.of(int(drive.stamps[2]))) == 2


def test_an_image_without_a_map_has_none(bag, drive):
    truth = bag_truth(bag, TOPIC)
    assert truth.of(int(drive.stamps[3]) + 10**7) is None
    assert row_of(truth.of(int(drive.stamps[4]))) == 4
    assert truth.of(int(drive.stamps[-1]) + 10**9) is None
    assert truth.record() == {"name": "bag", "topic": TOPIC, "asked": 3, "found": 1}


def test_what_the_camera_cannot_see_is_not_visible(bag, drive):
    visible = bag_truth(bag, TOPIC).of(int(drive.stamps[0])).visible
    assert visible[50, 55] and not visible[:, :50].any()


def test_truth_of_other_images_is_refused_in_the_end(bag, drive):
    truth = bag_truth(bag, TOPIC)
    for stamp in drive.stamps:
        truth.of(int(stamp) + 10**15)
    with pytest.raises(ReplayError, match=f"none of 20 images has a map of the same stamp on {TOPIC}"):
        truth.record()
