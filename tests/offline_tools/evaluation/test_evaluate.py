# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mia_ros.camera import Camera
from offline_tools.dataset import Dataset
from offline_tools.errors import TrainingError
from offline_tools.evaluation.evaluate import camera_name, evaluate
from offline_tools.evaluation.scores import score
from tests.offline_tools.evaluation.places import CAMERA, Saying, make_place, masks, two_drives

ROAD = masks(road=(slice(0, 100), slice(40, 60)))
NOTHING = np.zeros((6, 100, 100), bool)


def test_a_predictor_that_knows_the_truth_has_all_of_it(tmp_path: Path) -> None:
    found = evaluate(list(two_drives(tmp_path)), Saying(*[ROAD] * 4))
    assert score(found.found.counts).iou[0] == 1 and found.found.counts.samples == 4
    assert found.skipped.reasons == {} and found.baseline is None


def test_sequences_locations_and_cameras_are_counted_apart(tmp_path: Path) -> None:
    two_drives(tmp_path)
    wide = Camera(128, 128, 50, 50, 63.5, 63.5)
    make_place(tmp_path, "village", {"a": [9]}, camera=wide)
    found = evaluate(list(Dataset.open(tmp_path)), Saying(ROAD, ROAD, ROAD, NOTHING, NOTHING))
    samples = {name: group.samples for name, group in found.found.sequences.items()}
    assert samples == {"town/a": 2, "town/b": 2, "village/a": 1}
    assert found.found.sequences["town/b"].confusion[0].tolist() == [2000, 0, 2000]
    assert {name: group.samples for name, group in found.locations.items()} == {"town": 4, "village": 1}
    assert {name: group.samples for name, group in found.cameras.items()} == {
        "128 x 96, 60-70 deg": 4,
        "128 x 128, 100-110 deg": 1,
    }
    assert np.array_equal(
        sum(group.confusion for group in found.locations.values()), found.found.counts.confusion().sum(1)
    )


def test_the_baseline_is_looked_at_in_the_same_cells(tmp_path: Path) -> None:
    two_drives(tmp_path)
    (tmp_path / "town/flood_fill/1.npz").unlink()
    hidden = np.full((224, 224), 127, np.uint8)
    hidden[12:62] = 0
    np.savez(tmp_path / "town/flood_fill/1.npz", hidden)
    found = evaluate(list(Dataset.open(tmp_path))[:1], Saying(ROAD), ROAD.astype(np.float32))
    assert found.baseline is not None
    assert found.baseline.counts.observable == found.found.counts.observable == 50 * 100
    assert found.baseline.confusions().tolist() == found.found.confusions().tolist()


def test_damaged_samples_are_skipped_counted_and_named(tmp_path: Path) -> None:
    make_place(tmp_path, "town", {"a": [1, 2, 3, 4]})
    make_place(tmp_path, "steep", {"a": [5]}, pitch_deg=60)
    (tmp_path / "town/images/1_undistorted.jpg").write_bytes(b"damaged")
    (tmp_path / "town/semantic_masks/2.npz").write_bytes(b"damaged")
    (tmp_path / "town/images/3_undistorted.jpg").write_bytes((tmp_path / "steep/images/5_undistorted.jpg").read_bytes())
    found = evaluate(list(Dataset.open(tmp_path)), Saying(ROAD, ROAD))
    assert found.skipped.reasons == {
        "tilted so far that there is no map": 1,
        "photo not usable": 1,
        "files missing or damaged": 1,
    }
    named = [line.split(":")[0] for line in found.skipped.first]
    assert named == ["steep/5", "town/1", "town/2"] and found.found.counts.samples == 2


def test_a_sample_without_gravity_is_skipped(tmp_path: Path) -> None:
    two_drives(tmp_path)
    dump = tmp_path / "town/dump.json"
    dump.write_text(dump.read_text().replace('"roll_pitch_yaw": [0.0, 0.0', '"roll_pitch_yaw": [null, 0.0', 1))
    found = evaluate(list(Dataset.open(tmp_path)), Saying(*[ROAD] * 3))
    assert "has no roll and pitch" in found.skipped.first[0] and found.found.counts.samples == 3


def test_nothing_but_damage_is_an_error_that_names_the_first(tmp_path: Path) -> None:
    make_place(tmp_path, "town", {"a": [1, 2]})
    for path in (tmp_path / "town/images").iterdir():
        path.write_bytes(b"damaged")
    with pytest.raises(TrainingError, match=r"no sample could be used \(2 x photo not usable\); the first: town/1: .*"):
        evaluate(list(Dataset.open(tmp_path)), Saying())


def test_a_predictor_that_gives_no_probabilities_stops_it_and_names_the_sample(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="sample town/2: probabilities: .* NaN"):
        evaluate(list(two_drives(tmp_path)), Saying(ROAD, np.full((6, 100, 100), np.nan)))


def test_progress_is_told_for_every_sample(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    evaluate(list(two_drives(tmp_path)), Saying(*[ROAD] * 4), report=lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_samples_with_few_cells_are_not_shown(tmp_path: Path) -> None:
    two_drives(tmp_path)
    hidden = np.full((224, 224), 127, np.uint8)
    hidden[12:16, 62:162] = 0
    np.savez(tmp_path / "town/flood_fill/1.npz", hidden)
    found = evaluate(list(Dataset.open(tmp_path))[:2], Saying(ROAD, NOTHING))
    assert [shown.name for shown in found.best.pick()] == ["town/2"]


def test_cameras_of_a_kind_have_one_name() -> None:
    assert camera_name(CAMERA) == "128 x 96, 60-70 deg"  # 2 atan(64 / 100) = 65.2 deg
    assert camera_name(Camera(512, 512, 256, 256, 255.5, 255.5)).endswith(("80-90 deg", "90-100 deg"))
