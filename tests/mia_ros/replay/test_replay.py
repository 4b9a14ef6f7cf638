# SPDX-License-Identifier: Apache-2.0
import math

import cv2
import numpy as np
import pytest

from mia_ros.errors import EngineError, ReplayError
from mia_ros.nodes.convert import transforms_message
from mia_ros.replay import Replay
from mia_ros.transform import Transform
from tests.mia_ros.replay.recordings import (
    BASE,
    CAMERA_HEIGHT,
    COMPRESSED,
    IMAGE_DELAY,
    IMU,
    MESSAGES,
    MS,
    OPTICAL,
    SECOND,
    START,
    Entry,
    changed,
    image_entry,
    picture,
    pitch_at,
    robot,
    stamped,
    without,
    write_ros1,
)


def problems(frames):
    return [each.problem and each.problem.key for each in frames]


def all_of(plan, skip=0):
    with Replay(plan) as replay:
        return list(replay.frames(skip))


def same(one, other):
    """Whether two images came to the same in everything but how long it took."""
    maps = [each.stepped and each.stepped.semantic_map.probabilities for each in (one, other)]
    return (
        (one.index, one.stamp, one.received, one.frame_id, one.problem, one.camera)
        == (other.index, other.stamp, other.received, other.frame_id, other.problem, other.camera)
        and (maps[0] is None) == (maps[1] is None)
        and (maps[0] is None or np.array_equal(*maps))
        and [each.stamp for each in one.imu] == [each.stamp for each in other.imu]
    )


@pytest.mark.parametrize(("storage", "compressed"), [("mcap", True), ("sqlite3", False)])
def test_every_image_becomes_a_map_of_its_stamp(replayed, storage, compressed):
    frames, _ = replayed(robot(compressed=compressed), storage=storage)
    stamps = [START + k * SECOND // 10 for k in range(20)]
    assert [each.index for each in frames] == list(range(20))
    assert [each.stamp for each in frames] == stamps
    assert [each.stepped.semantic_map.stamp for each in frames] == stamps
    assert [each.received for each in frames] == [stamp + IMAGE_DELAY for stamp in stamps]
    assert {each.frame_id for each in frames} == {"camera_optical_frame"}


def test_a_bag_of_ros_1_comes_to_the_same(plan, tmp_path):
    new, old = all_of(plan(robot(1.0))), all_of(plan(write_ros1(tmp_path / "old.bag", robot(1.0))))
    assert len(new) == 10 and problems(new) == [None] * 10
    assert all(same(*pair) for pair in zip(new, old, strict=True))


@pytest.mark.parametrize("backend", ["onnx-cpu", "openvino"])
def test_maps_that_are_made_side_by_side_are_those_made_one_after_the_other(plan, backend):
    pytest.importorskip("openvino" if backend == "openvino" else "onnxruntime")
    one, four = (all_of(plan(robot(), parameters={"backend": backend, "threads": threads})) for threads in (1, 4))
    assert problems(four) == [None] * 20
    assert all(same(*pair) for pair in zip(one, four, strict=True))


def test_gravity_can_be_that_of_tf(replayed):
    """Of an odometry that nods as the robot does, and comes 0.2 s late."""
    entries = without(robot(), IMU)
    for k in range(-10, 110):
        stamp = START + k * SECOND // 50
        turn = np.array(cv2.Rodrigues(np.array([0.0, pitch_at(stamp), 0.0]))[0])
        link = Transform("odom", BASE, stamp, turn, np.zeros(3))
        moved = transforms_message(MESSAGES, [link])
        entries.append(Entry(stamp + SECOND // 5, "/tf", moved, "tf2_msgs/msg/TFMessage"))
    frames, notes = replayed(entries, parameters={"gravity_source": "tf"})
    assert problems(frames) == [None] * 20
    for each in frames:
        assert each.stepped.gravity.gravity.pitch == pytest.approx(pitch_at(each.stamp), abs=math.radians(0.05))
    assert "imu.missing" not in notes


def test_gravity_is_interpolated_at_the_stamp_of_the_image(replayed):
    frames, _ = replayed(robot())
    for each in frames:
        assert each.stepped.gravity.gravity.pitch == pytest.approx(pitch_at(each.stamp), abs=math.radians(0.05))
        assert abs(each.stepped.gravity.gravity.roll) < 1e-3


def test_the_height_is_that_of_tf(replayed):
    frames, _ = replayed(robot(0.5))
    assert frames[0].stepped.camera_height == pytest.approx(CAMERA_HEIGHT)


def test_each_image_has_the_samples_since_the_one_before_and_how_the_imu_is_mounted(replayed):
    frames, _ = replayed(robot())
    assert [sample.stamp for sample in frames[3].imu] == [frames[3].stamp + k * 10 * MS for k in range(-8, 2)]
    assert np.allclose(frames[3].imu_to_camera, OPTICAL.T)


def test_times_are_told_of_all_stages(replayed):
    frames, _ = replayed(robot(0.5))
    assert set(frames[0].times) == {"decode", "level", "network", "unpack"}


def test_images_wait_for_an_imu_that_comes_late(replayed):
    """Half a second late, as through a buffer: the live node would have extrapolated, or given up."""
    entries = [each._replace(received=each.received + SECOND // 2) if each.topic == IMU else each for each in robot()]
    frames, _ = replayed(entries)
    assert problems(frames) == [None] * 20
    assert [each.index for each in frames] == list(range(20))


def test_when_the_imu_stops_the_images_come_all_the_same(replayed):
    entries = [each for each in robot(3.0) if each.topic != IMU or each.received < START + SECOND]
    frames, _ = replayed(entries)
    assert problems(frames)[:10] == [None] * 10
    assert problems(frames)[-15:] == ["gravity"] * 15


@pytest.mark.parametrize("skip", [1, 7, 30])
def test_what_is_skipped_changes_nothing_of_the_rest(plan, skip):
    chosen = plan(robot())
    whole, rest = all_of(chosen), all_of(chosen, skip)
    assert len(rest) == max(0, 20 - skip)
    assert all(same(*pair) for pair in zip(whole[skip:], rest, strict=True))


@pytest.mark.parametrize("skip", [12, 25])
def test_a_camera_that_hangs_is_found_whatever_was_skipped(plan, skip):
    """Its picture stands from the 4th image on, and moves again from the 27th on."""
    stills = [image_entry(picture(min(k, 4) if k < 27 else k), START + k * SECOND // 10) for k in range(30)]
    chosen = plan([*without(robot(3.0), COMPRESSED), *stills])
    whole, rest = all_of(chosen), all_of(chosen, skip)
    assert problems(whole) == [None] * 24 + ["image"] * 3 + [None] * 3
    assert all(same(*pair) for pair in zip(whole[skip:], rest, strict=True))


def test_a_time_that_jumped_back_is_the_same_whatever_was_skipped(plan):
    again = [each._replace(received=each.received + 5 * SECOND) for each in robot()]
    chosen = plan([*robot(), *again])
    whole = all_of(chosen)
    assert len(whole) == 40 and problems(whole)[:20] == [None] * 20 and problems(whole)[-15:] == [None] * 15
    for skip in (20, 33):
        assert all(same(*pair) for pair in zip(whole[skip:], all_of(chosen, skip), strict=True))


def test_every_other_image_can_be_taken(plan):
    chosen = plan(robot(), every=3)
    frames = all_of(chosen)
    assert [each.index for each in frames] == list(range(7))
    assert [each.stamp for each in frames] == [START + 3 * k * SECOND // 10 for k in range(7)]
    with Replay(chosen) as replay:
        assert replay.images == 7


def test_a_stretch_is_taken_and_gravity_has_settled_before_it(plan):
    # The bag begins a second before the first image, with tf.
    frames = all_of(plan(robot(3.0), start=2.02, end=3.02))
    assert [each.stamp for each in frames] == [START + k * SECOND // 10 for k in range(10, 20)]
    assert problems(frames) == [None] * 10


def test_nothing_is_left_running_when_nobody_wants_more(plan):
    with Replay(plan(robot())) as replay:
        frames = replay.frames()
        assert next(frames).index == 0
        frames.close()
        assert next(replay.frames()).index == 0


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"start": -1.0}, "start: -1"),
        ({"start": 99.0}, "over after"),
        ({"start": 2.0, "end": 1.0}, "end: 1, must be after"),
        ({"every": 0}, "every: 0"),
        ({"hfov_deg": 300.0}, "hfov-deg: 300"),
        ({"imu_offset": math.inf}, "imu-offset: inf"),
        ({"gravity_topic": "/map"}, "gravity-topic: /map is not there"),
        ({"gravity_topic": IMU}, "gravity-topic: /imu/data is of type sensor_msgs/msg/Imu"),
    ],
)
def test_a_plan_that_cannot_be_is_one_line(plan, option, said):
    with pytest.raises(ReplayError, match=said):
        all_of(plan(robot(0.3), **option))


def test_an_engine_that_is_missing_is_said_at_once(plan):
    with pytest.raises(EngineError), Replay(plan(robot(0.3), {"engine": "nowhere"})):
        pass


def test_a_picture_that_cannot_be_decoded_has_a_problem_and_the_others_have_maps(replayed):
    entries = robot()
    index = [k for k, each in enumerate(entries) if each.topic == COMPRESSED][4]
    torn = entries[index].message.data[:200]
    entries[index] = changed([entries[index]], COMPRESSED, lambda m: m.__class__(m.header, m.format, torn))[0]
    frames, _ = replayed(entries)
    assert problems(frames) == [None] * 4 + ["image"] + [None] * 15
    assert frames[4].frame is None and frames[4].camera is None
    assert "200 bytes are no picture" in frames[4].problem.line


def test_an_unknown_encoding_is_named_for_each_image(replayed):
    def strange(message):
        message.encoding = "yuv999"
        return message

    frames, _ = replayed(changed(robot(0.5, compressed=False), "/camera/image_raw", strange))
    assert problems(frames) == ["image"] * 5
    assert "encoding: 'yuv999' is not known" in frames[0].problem.line


def test_a_black_picture_has_a_problem(replayed):
    entries = [*without(robot(0.5), COMPRESSED), *(image_entry(0 * picture(k), START + k * 10**8) for k in range(5))]
    frames, _ = replayed(entries)
    assert problems(frames) == ["image"] * 5
    assert "black" in frames[0].problem.line


def test_a_camera_that_lies_on_its_side_is_told_by_its_tilt(replayed):
    steep = {"gravity_source": "fixed", "fixed_pitch": -1.2}
    frames, _ = replayed(robot(0.3), parameters=steep)
    assert problems(frames) == ["tilt"] * 3
    assert "roll" in frames[0].problem.line


def test_images_of_any_age_are_mapped(replayed):
    late = [each._replace(received=each.received + SECOND) if each.topic == COMPRESSED else each for each in robot()]
    frames, notes = replayed(late)
    assert problems(frames) == [None] * 20
    assert "max_image_age" in notes["images.age"].line


def test_the_imus_stamps_can_be_corrected(replayed):
    wrong = changed(robot(), IMU, lambda m: stamped(m, m.header.stamp.sec * SECOND + m.header.stamp.nanosec + SECOND))
    frames, _ = replayed(wrong, imu_offset=-1.0)
    for each in frames:
        assert each.stepped.gravity.gravity.pitch == pytest.approx(pitch_at(each.stamp), abs=math.radians(0.05))
    assert frames[3].imu[-1].stamp == frames[3].stamp + 10 * MS
