# SPDX-License-Identifier: Apache-2.0
"""Recordings with which something is wrong: a page that says it, or one line."""

import dataclasses
import json
import shutil

import numpy as np
import polars as pl
import pytest

from mia_ros.errors import MiaError
from mia_ros.replay import TopicWishes
from tests.mia_ros.replay import recordings
from tests.mia_ros.replay.recordings import COMPRESSED, IMAGE, INFO
from tests.offline_tools.replay.jobs import messages, run


@pytest.fixture
def replay(tmp_path, ground):
    """A function: the metrics of a replay of a recording, and the folder that it wrote."""

    def make(recording, **options):
        bag = recordings.write(tmp_path / "bag", recording) if isinstance(recording, list) else recording
        metrics = run(bag, ground.engine, tmp_path / "out", **options)
        assert (tmp_path / "out" / "report.html").is_file()
        return metrics, tmp_path / "out"

    return make


def table(out):
    return pl.read_parquet(out / "frames.parquet")


def refused(replay, recording, **options):
    """The line."""
    with pytest.raises(MiaError) as caught:
        replay(recording, **options)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_healthy_one_is_mapped_for_comparison(replay):
    metrics, _ = replay(recordings.robot())
    assert metrics["images"] == {"seen": 20, "mapped": 20, "problems": {}, "first_problems": []}


def test_a_cut_mcap_is_replayed_as_far_as_it_goes_and_says_where_it_ended(replay, ground, tmp_path):
    cut = shutil.copytree(ground.bag, tmp_path / "cut")
    (file,) = cut.glob("*.mcap")
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 6 // 10])
    metrics, out = replay(cut)
    assert 25 < metrics["images"]["seen"] < 45
    assert "cut" in metrics["bag"]["damaged"]
    assert any(each["key"] == "bag.damaged" for each in metrics["notes"])
    assert any("cut" in each["line"] and each["level"] in ("warn", "bad") for each in metrics["verdict"])
    assert len(messages(out / "maps")) == metrics["images"]["mapped"]


def test_an_empty_bag_is_one_line(replay):
    assert "no camera" in refused(replay, [])


def test_without_a_camera_the_line_says_what_there_is(replay):
    line = refused(replay, recordings.without(recordings.robot(), COMPRESSED))
    assert "no camera" in line and "/imu/data (sensor_msgs/msg/Imu)" in line


def test_of_two_cameras_the_line_asks_for_one(replay):
    entries = recordings.robot()
    second = [each._replace(topic="/rear/image_raw/compressed") for each in entries if each.topic == COMPRESSED]
    line = refused(replay, entries + second)
    assert "2 cameras" in line and COMPRESSED in line and "/rear/image_raw/compressed" in line and "--image" in line


def test_what_was_refused_may_be_asked_for_again_in_the_same_folder(replay, tmp_path):
    entries = recordings.robot()
    second = [each._replace(topic="/rear/image_raw/compressed") for each in entries if each.topic == COMPRESSED]
    refused(replay, entries + second)
    metrics, _ = replay(tmp_path / "bag", wishes=TopicWishes(image=COMPRESSED))
    assert metrics["topics"]["image"] == COMPRESSED and metrics["images"]["mapped"] == 20


def test_a_topic_of_the_right_name_and_a_wrong_type_is_named(replay):
    entries = recordings.robot()
    wrong = [each._replace(topic=IMAGE) for each in entries if each.topic == INFO]
    line = refused(replay, recordings.without(entries, COMPRESSED) + wrong)
    assert IMAGE in line and "sensor_msgs/msg/CameraInfo" in line


def test_images_of_an_unknown_encoding_have_no_maps_and_the_page_says_why(replay):
    odd = recordings.changed(
        recordings.robot(compressed=False), IMAGE, lambda message: dataclasses.replace(message, encoding="yuv999")
    )
    metrics, out = replay(odd, video=True)
    assert metrics["images"]["mapped"] == 0 and metrics["images"]["problems"] == {"image": 20}
    assert "yuv999" in metrics["images"]["first_problems"][0] and len(metrics["images"]["first_problems"]) == 8
    assert "yuv999" in (out / "report.html").read_text()
    assert set(table(out)["problem"]) == {"image"} and messages(out / "maps") == []
    assert (out / "video.mp4").is_file()


def test_pictures_that_are_broken_now_and_then_are_counted(replay):
    entries = recordings.robot()
    images = [k for k, each in enumerate(entries) if each.topic == COMPRESSED]
    for k in images[5:8]:
        entries[k] = entries[k]._replace(message=dataclasses.replace(entries[k].message, data=np.arange(9, dtype="u1")))
    metrics, out = replay(entries)
    assert metrics["images"]["problems"] == {"image": 3}
    assert np.flatnonzero(table(out)["problem"] == "image").tolist() == [5, 6, 7]
    assert "no map" in (out / "report.html").read_text()


def test_images_without_stamps_take_their_receipt_and_the_verdict_says_so(replay):
    metrics, out = replay(
        recordings.changed(recordings.robot(), COMPRESSED, lambda message: recordings.stamped(message, 0))
    )
    assert (table(out)["stamp"] == table(out)["received"]).all()
    assert "stamps.missing" in {each["key"] for each in metrics["notes"]}
    assert metrics["images"]["mapped"] > 0


def test_without_an_imu_there_are_no_maps_and_the_verdict_says_what_to_do(replay):
    metrics, out = replay(recordings.without(recordings.robot(), recordings.IMU))
    assert metrics["images"]["problems"] == {"gravity": 20}
    assert any("gravity_source" in each["line"] + each["fix"] for each in metrics["verdict"])
    assert table(out)["roll"].null_count() == 20


def test_a_camera_info_of_another_size_is_told_with_both(replay):
    entries = recordings.changed(
        recordings.robot(), INFO, lambda message: dataclasses.replace(message, width=640, height=480)
    )
    metrics, _ = replay(entries)
    assert metrics["images"]["problems"] == {"camera": 20} and metrics["camera"] is None
    told = " ".join(each["line"] for each in metrics["verdict"])
    assert "640 x 480" in told and "160 x 120" in told


def test_a_single_image_is_a_replay(replay):
    metrics, out = replay(recordings.robot(), end=1.05, video=True)
    assert metrics["images"]["seen"] == 1 and (out / "video.mp4").is_file()


def test_stamps_of_another_epoch_do_not_spoil_the_speed(replay):
    def early(message):
        return recordings.stamped(message, 5 * 10**9 + message.header.stamp.nanosec)

    entries = recordings.robot()
    first = next(each for each in entries if each.topic == COMPRESSED)
    entries[entries.index(first)] = first._replace(message=early(first.message))
    speed = replay(entries)[0]["speed"]
    assert speed["times_real_time"] == pytest.approx(1.9 / speed["wall_s"])


@pytest.mark.parametrize(
    ("kind", "file", "words"),
    [
        ("bag", "", ["--truth bag", "has no true maps"]),
        ("osm", "map.osm", ["--truth osm", "no GPS"]),
        ("dataset", "empty", ["data set", "empty"]),
    ],
)
def test_truth_that_cannot_be_there_is_one_line_before_the_first_map(replay, ground, tmp_path, kind, file, words):
    (tmp_path / "empty").mkdir()
    shutil.copy(ground.streets, tmp_path / "map.osm")
    line = refused(replay, recordings.robot(), truth=f"{kind}:{tmp_path / file}" if file else kind)
    assert all(word in line for word in words), line
    assert not any((tmp_path / "out" / name).exists() for name in ("maps", ".parts", "frames.parquet"))


def test_a_street_map_that_is_none_is_one_line_before_the_first_map(ground, tmp_path):
    """Of a recording that has GPS."""
    (tmp_path / "map.osm").write_text("this is no map")
    with pytest.raises(MiaError, match=r"map\.osm"):
        run(ground.bag, ground.engine, tmp_path / "out", truth=f"osm:{tmp_path / 'map.osm'}")
    assert not any((tmp_path / "out" / name).exists() for name in ("maps", ".parts", "frames.parquet"))


def test_a_bag_that_is_text_is_one_line(replay, tmp_path):
    (tmp_path / "notes.mcap").write_text("this is no recording")
    assert "notes.mcap" in refused(replay, tmp_path / "notes.mcap")


def test_the_facts_of_a_replay_hold_no_numbers_that_json_does_not_know(replay):
    _, out = replay(recordings.without(recordings.robot(), recordings.IMU), end=2.0)
    json.loads((out / "metrics.json").read_text(), parse_constant=pytest.fail)
