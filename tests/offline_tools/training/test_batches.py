# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest
import torch

from mia_ros.camera import Camera
from offline_tools.dataset import Dataset
from offline_tools.dataset.ready import prepare
from offline_tools.errors import TrainingError
from offline_tools.training.augmentation import EXTENDED, NONE
from offline_tools.training.batches import Batch, Batches, Plan, collate, frames_per_second
from offline_tools.training.sources import open_source
from tests.offline_tools.training.data_sets import posed, simple, write_samples

SIZE = 64


def batches_of(root: Path, plan: Plan, validation: str = "") -> Batches:
    held_out = [open_source(root, validation)] if validation else []
    return Batches([open_source(root, "train")], held_out, plan)


def same(first: Batch, second: Batch) -> bool:
    tensors = ("images", "cameras", "masks", "visible")
    return (
        first.names == second.names
        and first.skipped == second.skipped
        and all(torch.equal(getattr(first, name), getattr(second, name)) for name in tensors)
    )


def damage(root: Path, id_: int) -> None:
    path = root / f"here/images/{id_}_undistorted.jpg"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])


def test_a_batch_has_the_promised_types_and_holds_the_samples(tmp_path: Path) -> None:
    simple(tmp_path)
    batch = batches_of(tmp_path, Plan(4, augmentation=NONE)).batch(0, SIZE)
    assert (batch.images.dtype, batch.images.shape) == (torch.uint8, (4, 3, SIZE, SIZE))
    assert (batch.cameras.dtype, batch.cameras.shape) == (torch.float32, (4, 4))
    assert (batch.masks.dtype, batch.masks.shape) == (torch.bool, (4, 6, 100, 100))
    assert (batch.visible.dtype, batch.visible.shape) == (torch.bool, (4, 100, 100))
    place, id_ = batch.names[2].split("/")
    ready = prepare(Dataset.open(tmp_path).sample(place, id_), SIZE)
    assert np.array_equal(batch.images[2].numpy().transpose(1, 2, 0), ready.image)
    assert np.array_equal(batch.masks[2].numpy(), ready.masks)
    assert batch.cameras[2].tolist() == ready.camera.tolist()


def test_a_batch_is_a_function_of_seed_and_number_alone(tmp_path: Path) -> None:
    plan = Plan(3, seed=7, augmentation=EXTENDED)
    simple(tmp_path)
    row = list(batches_of(tmp_path, plan).batches(0, 8, SIZE))
    again = list(batches_of(tmp_path, plan).batches(5, 8, SIZE))  # as a run that goes on
    assert all(same(first, second) for first, second in zip(row[5:], again, strict=True))
    assert same(batches_of(tmp_path, plan).batch(6, SIZE), row[6])
    assert not same(batches_of(tmp_path, Plan(3, seed=8, augmentation=EXTENDED)).batch(6, SIZE), row[6])


def test_the_shares_of_devices_make_the_whole_batch(tmp_path: Path) -> None:
    simple(tmp_path)
    batches = batches_of(tmp_path, Plan(6, augmentation=EXTENDED))
    whole = batches.batch(2, SIZE)
    parts = [next(batches.batches(2, 3, SIZE, (which, 3))) for which in range(3)]
    assert [name for place in range(2) for part in parts for name in part.names[place : place + 1]] == whole.names
    assert torch.equal(parts[1].images[1], whole.images[4])
    with pytest.raises(TrainingError, match="6 samples cannot be shared by 4 devices"):
        next(batches.batches(0, 1, SIZE, (0, 4)))


def test_weights_decide_how_often_a_source_is_drawn(tmp_path: Path) -> None:
    sources = [open_source(simple(tmp_path / name, name), "train", weight) for name, weight in (("a", 2), ("b", 0.5))]
    batches = Batches(sources, [], Plan(20, augmentation=NONE))
    assert len(batches) == 20
    names = batches.batch(0, SIZE).names
    assert sum(name.startswith("a/") for name in names) == 16
    assert all(names.count(f"a/{index}") == 2 for index in range(8))


def test_a_damaged_photo_is_skipped_counted_and_named(tmp_path: Path) -> None:
    damage(simple(tmp_path), 5)
    batches = batches_of(tmp_path, Plan(4, augmentation=EXTENDED))
    epoch = list(batches.batches(0, 4, SIZE))  # two epochs
    assert all(len(batch.names) == 4 and "here/5" not in batch.names for batch in epoch)
    assert [skipped.name for batch in epoch for skipped in batch.skipped] == ["here/5", "here/5"]
    assert len(batches.damage) == 1 and batches.damage.draws == 2
    assert "5_undistorted.jpg: not a picture" in batches.damage.reasons["here/5"]
    assert all(same(first, second) for first, second in zip(epoch, batches.batches(0, 4, SIZE), strict=True))


def test_damage_moves_no_other_sample(tmp_path: Path) -> None:
    simple(tmp_path)
    batches = batches_of(tmp_path, Plan(8, augmentation=EXTENDED))
    before = batches.batch(0, SIZE)
    place = before.names.index("here/5")
    damage(tmp_path, 5)
    after = batches.batch(0, SIZE)
    kept = [index for index in range(8) if index != place]
    assert torch.equal(before.images[kept], after.images[kept]) and after.names[place] != "here/5"


def test_masks_that_are_damaged_count_as_well(tmp_path: Path) -> None:
    (simple(tmp_path) / "here/semantic_masks/2.npz").write_bytes(b"PK\x03\x04 torn")
    batches = batches_of(tmp_path, Plan(8))
    list(batches.batches(0, 1, SIZE))
    assert list(batches.damage.reasons) == ["here/2"] and "2.npz: damaged" in batches.damage.reasons["here/2"]


@pytest.mark.parametrize("workers", [0, 1])
def test_data_of_which_nothing_can_be_used_is_one_line(tmp_path: Path, workers: int) -> None:
    simple(tmp_path)
    (tmp_path / "here/dump.json").write_text("{}")
    batches = batches_of(tmp_path, Plan(2, workers=workers))
    with pytest.raises(
        TrainingError, match=r"20 samples .* cannot be used; .*dump\.json: sample \d has no view"
    ) as error:
        list(batches.batches(0, 1, SIZE))
    assert "\n" not in str(error.value)


def test_processes_make_the_same_batches_in_the_same_order(tmp_path: Path) -> None:
    damage(simple(tmp_path), 3)
    alone = batches_of(tmp_path, Plan(3, augmentation=EXTENDED))
    helped = batches_of(tmp_path, Plan(3, augmentation=EXTENDED, workers=2))
    state = torch.get_rng_state()
    found = list(helped.batches(4, 10, SIZE))
    assert torch.equal(state, torch.get_rng_state())  # the dice of the training itself are left alone
    assert all(same(first, second) for first, second in zip(found, alone.batches(4, 10, SIZE), strict=True))
    assert helped.damage == alone.damage and len(helped.damage) == 1


def test_a_stream_may_be_left_in_the_middle(tmp_path: Path) -> None:
    simple(tmp_path)
    taken = batches_of(tmp_path, Plan(2, workers=1)).batches(0, 1000, SIZE)
    assert len(next(taken).names) == 2
    taken.close()


@pytest.mark.slow
def test_a_process_that_is_killed_is_one_line(tmp_path: Path) -> None:
    simple(tmp_path)
    taken = batches_of(tmp_path, Plan(2, workers=1)).batches(0, 1000, SIZE)
    next(taken)
    for process in active_children():
        process.kill()
    with pytest.raises(TrainingError, match="a process that makes batches died") as error:
        list(taken)
    assert "\n" not in str(error.value)


def test_validation_is_spread_over_the_part_and_unchanged(tmp_path: Path) -> None:
    simple(tmp_path, count=12, split={"train": [0], "val": list(range(1, 12))})
    damage(tmp_path, 11)
    batches = batches_of(tmp_path, Plan(1, augmentation=EXTENDED), validation="val")
    found = list(batches.validation(SIZE, 3))
    assert [ready.name for ready in found] == ["here/1", "here/6"] and list(batches.damage.reasons) == ["here/11"]
    assert np.array_equal(found[1].image, prepare(Dataset.open(tmp_path).sample("here", 6), SIZE).image)
    assert len(list(batches.validation(SIZE, 100))) == 10
    assert not list(batches_of(tmp_path, Plan(1)).validation(SIZE, 5))


def test_pictures_of_different_sizes_are_padded_at_the_right_and_below(tmp_path: Path) -> None:
    for place, camera in (("a", Camera(80, 60, 60, 60, 40, 30)), ("b", Camera(70, 90, 60, 60, 35, 45))):
        write_samples(tmp_path, place, {"d": [posed(1)]}, camera=camera)
    found = [prepare(sample, 64, target_focal=60, multiple=2) for sample in Dataset.open(tmp_path)]
    batch = collate(found)
    assert batch.images.shape == (2, 3, 90, 80)
    assert not batch.images[0, :, 60:].any() and not batch.images[1, :, :, 70:].any()
    assert batch.images[0, :, :60].all() and batch.images[1, :, :, :70].all()


def test_the_description_holds_what_decides_the_batches(tmp_path: Path) -> None:
    simple(tmp_path)
    first = batches_of(tmp_path, Plan(4, augmentation=NONE, workers=0)).describe()
    assert first == batches_of(tmp_path, Plan(4, augmentation=NONE, workers=2)).describe()
    assert first != batches_of(tmp_path, Plan(4, augmentation=EXTENDED)).describe()
    assert batches_of(tmp_path, Plan(4)).in_words() == f"{tmp_path.name}, part train, 8 samples"


def test_the_rate_is_of_frames(tmp_path: Path) -> None:
    simple(tmp_path)
    assert frames_per_second(batches_of(tmp_path, Plan(2)), SIZE, count=3) > 1
