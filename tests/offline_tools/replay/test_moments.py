# SPDX-License-Identifier: Apache-2.0
import json

import polars as pl

from mia_ros import Camera
from offline_tools.replay.mapping import camera_record
from offline_tools.replay.moments import camera_of, moments, pictures_of
from tests.offline_tools.replay.jobs import CAMERA, job

SECOND = 10**9


def frames(confidence, agreement=None, problem=None):
    count = len(confidence)
    return pl.DataFrame(
        {
            "stamp": [k * SECOND for k in range(count)],
            "problem": problem or [""] * count,
            "confidence": confidence,
            "agreement": agreement or [None] * count,
            "coverage": [None] * count,
        },
        schema_overrides=dict.fromkeys(("confidence", "agreement", "coverage"), pl.Float64),
    )


def chosen(table):
    return [(moment.row, moment.why) for moment in moments(table)]


def test_best_typical_and_worst_are_shown_and_none_close_to_another_of_its_kind():
    table = frames([(k * 7 % 30) / 30 for k in range(30)])  # neighbours differ, ranks are known
    found = chosen(table)
    confidence = table["confidence"].to_list()
    best = [row for row, why in found if why == "best confidence"]
    worst = [row for row, why in found if why == "worst confidence"]
    assert confidence[best[0]] == max(confidence) and confidence[worst[0]] == min(confidence)
    assert len(found) == 6 and len({row for row, _ in found}) == 6
    assert all(abs(a - b) > 2 for a, b in (best, worst))


def test_agreement_with_the_truth_comes_before_confidence():
    found = chosen(frames([0.5] * 5, agreement=[0.1, 0.9, 0.2, 0.3, 0.4]))
    assert found[0] == (1, "best agreement")


def test_an_image_without_a_map_is_shown_too():
    table = frames([0.1, None, None, None, 0.5], problem=["", "gravity", "gravity", "gravity", ""])
    assert (2, "no map") in chosen(table)


def test_where_nothing_has_a_map_one_image_is_enough():
    assert chosen(frames([None, None], problem=["image", "image"])) == [(1, "no map")]


def test_one_image_is_shown_once():
    assert chosen(frames([0.5])) == [(0, "best confidence")]


def test_a_camera_is_read_as_it_was_written():
    turned = Camera(160, 120, 101.3, 102.1, 80.7, 58.9, rotate=90)
    for camera in (CAMERA, turned):
        assert camera_of(json.loads(json.dumps(camera_record(camera)))) == camera
    assert camera_of(camera_record(None)) is None


def test_pictures_are_made_again_from_the_recording(finished, ground):
    facts = json.loads((finished / ".facts.json").read_text())
    table = pl.read_parquet(finished / "frames.parquet")
    pictures = pictures_of(job(ground.bag, ground.engine, finished), facts, table)
    assert [each.title for each in pictures][:1] == ["best agreement"]
    for each in pictures:
        assert each.photo.startswith("data:image/") and f"image {_row(each)}" in each.caption
    mapped = [each for each in pictures if each.title != "no map"]
    assert len(mapped) >= 4 and all(each.found and each.level for each in mapped)


def _row(picture):
    return picture.caption.split()[1].rstrip(",")
