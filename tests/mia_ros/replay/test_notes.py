# SPDX-License-Identifier: Apache-2.0
import dataclasses

import numpy as np
import pytest

from mia_ros.nodes.convert import transforms_message
from mia_ros.transform import Transform
from tests.mia_ros.replay.recordings import (
    BASE,
    COMPRESSED,
    FRAME,
    IMAGE_DELAY,
    IMU,
    IMU_FRAME,
    INFO,
    MESSAGES,
    OPTICAL,
    SECOND,
    START,
    TF,
    changed,
    entry,
    renamed,
    robot,
    stamped,
    without,
)

#: Turns vectors of the IMU's axes into the camera's: x, y, z, w of the inverse of OPTICAL.
IMU_TO_CAMERA = [0.5, -0.5, 0.5, 0.5]


def shifted(entries, topic, seconds):
    """With stamps of a clock that is ahead by that much."""
    return changed(
        entries,
        topic,
        lambda message: stamped(
            message, message.header.stamp.sec * SECOND + message.header.stamp.nanosec + round(seconds * SECOND)
        ),
    )


def keys(frames):
    return {each.problem and each.problem.key for each in frames}


def test_a_healthy_recording_has_nothing_to_be_noted(replayed):
    _, notes = replayed(robot())
    assert not notes


def test_without_an_imu_no_gravity_is_guessed_and_the_way_out_is_named(replayed):
    frames, notes = replayed(without(robot(0.5), IMU))
    assert keys(frames) == {"gravity"}
    note = notes["imu.missing"]
    assert note.level == "error" and "gravity_source to fixed" in note.line


def test_an_imu_without_accelerometer_is_of_no_use(replayed):
    none = np.array([-1.0] + [0.0] * 8)
    entries = changed(robot(0.5), IMU, lambda m: dataclasses.replace(m, linear_acceleration_covariance=none))
    frames, notes = replayed(entries)
    assert keys(frames) == {"gravity"}
    assert notes["imu.unusable"].level == "error" and "no accelerometer" in notes["imu.unusable"].line


def test_where_nothing_says_how_the_imu_is_mounted_the_parameter_is_named(replayed):
    frames, notes = replayed(without(robot(0.5), TF))
    assert keys(frames) == {"gravity"}
    assert all(each.imu_to_camera is None for each in frames)
    note = notes["imu.mounting"]
    assert note.level == "error" and "imu_to_camera" in note.line and IMU_FRAME in note.line


def test_the_mounting_can_be_given_as_a_parameter(replayed):
    frames, notes = replayed(without(robot(0.5), TF), parameters={"imu_to_camera": IMU_TO_CAMERA})
    assert keys(frames) == {None}
    assert np.allclose(frames[0].imu_to_camera, OPTICAL.T)
    assert "imu.mounting" not in notes


def test_an_imu_without_orientation_is_noted(replayed):
    frames, notes = replayed(robot(3.0, orientation=False))
    assert None in keys(frames)
    assert notes["imu.orientation"].level == "info"


def test_an_orientation_that_contradicts_its_own_accelerometer_is_a_warning(replayed):
    def lying(message):
        return dataclasses.replace(message, orientation=dataclasses.replace(message.orientation, x=0.6, y=0.0, w=0.8))

    _, notes = replayed(changed(robot(3.0), IMU, lying))
    assert notes["imu.orientation"].level == "warn" and "contradicts" in notes["imu.orientation"].line


def test_an_accelerometer_in_units_of_g_is_told(replayed):
    def in_g(message):
        force = message.linear_acceleration
        small = dataclasses.replace(force, x=force.x / 9.81, y=force.y / 9.81, z=force.z / 9.81)
        return dataclasses.replace(message, linear_acceleration=small)

    _, notes = replayed(changed(robot(orientation=False), IMU, in_g))
    assert "units of g" in notes["imu.trouble"].line


@pytest.mark.parametrize("ahead", [0.7, -1.4])
def test_an_imu_of_another_clock_is_found_with_its_offset(replayed, ahead):
    _, notes = replayed(shifted(robot(4.0, fps=5), IMU, ahead))
    line = notes["clocks"].line
    offset = float(line.partition("--imu-offset ")[2].split(",")[0])
    # Images take 20 ms to be received, samples 1 ms; nobody can tell that from a clock.
    assert offset == pytest.approx(-ahead, abs=0.02)


def test_with_the_offset_that_was_found_the_clocks_agree(replayed):
    frames, notes = replayed(shifted(robot(4.0, fps=5), IMU, 40.0), imu_offset=-40.019)
    assert "clocks" not in notes
    assert keys(frames) == {None}


def test_clocks_of_different_epochs_are_found(replayed):
    """An IMU that counts from when it was switched on."""
    frames, notes = replayed(shifted(robot(4.0, fps=5), IMU, 1000 - START / SECOND))
    assert keys(frames) == {"gravity"}
    offset = float(notes["clocks"].line.partition("--imu-offset ")[2].split(",")[0])
    assert offset == pytest.approx(START / SECOND - 1000, abs=0.02)


def test_an_imu_of_another_time_is_told_where_the_times_of_receipt_say_nothing(replayed):
    """As in a recording that was put together from files: each message at its own stamp."""
    images = [each._replace(received=each.received - IMAGE_DELAY) for each in without(robot(0.5), IMU)]
    samples = [
        each._replace(received=each.received - 500 * SECOND)
        for each in shifted(robot(0.5), IMU, -500)
        if each.topic == IMU
    ]
    frames, notes = replayed([*images, *samples])
    assert keys(frames) == {"gravity"}
    assert notes["clocks"].level == "warn" and "s apart, and nowhere of one time" in notes["clocks"].line


def test_images_that_arrive_old_are_a_warning_as_the_live_node_would_drop_them(replayed):
    late = [each._replace(received=each.received + SECOND) if each.topic == COMPRESSED else each for each in robot()]
    _, notes = replayed(late)
    assert notes["images.age"].level == "warn" and "1.020 s old on arrival" in notes["images.age"].line


def test_images_without_stamps_get_the_time_of_receipt_and_a_warning(replayed):
    frames, notes = replayed(changed(robot(), COMPRESSED, lambda message: stamped(message, 0)))
    assert keys(frames) == {None}
    assert [each.stamp for each in frames] == [each.received for each in frames]
    assert notes["stamps.missing"].level == "warn" and "20 images" in notes["stamps.missing"].line


def test_samples_without_stamps_get_the_time_of_receipt_and_a_warning(replayed):
    frames, notes = replayed(changed(robot(), IMU, lambda message: stamped(message, 0)))
    assert keys(frames) == {None}
    assert "IMU samples" in notes["stamps.missing"].line


def test_images_out_of_order_are_counted(replayed):
    entries = robot()
    images = [each for each in entries if each.topic == COMPRESSED]
    swapped = [images[6]._replace(received=images[5].received), images[5]._replace(received=images[6].received)]
    twice = images[9]._replace(received=images[9].received + 1)
    kept = [each for each in entries if each is not images[5] and each is not images[6]]
    frames, notes = replayed([*kept, *swapped, twice])
    assert [each.index for each in frames if each.problem] == [6, 10]
    line = notes["stamps.order"].line
    assert "1 came after one with a later stamp" in line and "1 have the stamp of the one before" in line


def test_images_before_gravity_is_known_are_counted(replayed):
    entries = [each for each in robot() if each.topic != IMU or each.received > START + SECOND]
    frames, notes = replayed(entries)
    missing = [each.problem for each in frames if each.problem]
    assert notes["gravity.missing"].level == "warn"
    assert notes["gravity.missing"].line.startswith(f"{len(missing)} images have no gravity")
    assert missing[0].line in notes["gravity.missing"].line


def test_a_gravity_that_is_not_the_imus_is_noted(replayed):
    _, notes = replayed(robot(0.3), parameters={"gravity_source": "fixed"})
    assert notes["gravity.source"].level == "info" and "fixed" in notes["gravity.source"].line


def test_images_that_look_rectified_are_a_warning_where_a_lens_is_undone(replayed):
    def bent(message):
        message.d[:] = (0.1, 0.01, 0.0, 0.0, 0.0)
        return message

    topic = "/camera/image_rect/compressed"
    entries = renamed(changed(robot(0.3), INFO, bent), COMPRESSED, topic)
    _, notes = replayed(entries)
    assert notes["images.rectified"].level == "warn" and topic in notes["images.rectified"].line
    _, notes = replayed(entries, parameters={"rectified": True})
    assert "images.rectified" not in notes


def test_a_height_that_is_not_known_is_noted(replayed):
    _, notes = replayed(robot(0.3), parameters={"base_frame": "wheels"})
    assert "'wheels'" in notes["camera_height"].line


def test_frames_with_two_parents_are_a_warning(replayed):
    def said(parent, stamp):
        link = Transform(parent, "mast", stamp, np.eye(3), np.zeros(3))
        return entry(stamp, TF, transforms_message(MESSAGES, [link]))

    disputed = [said(parent, START + k * 10**7) for k, parent in enumerate([BASE, FRAME] * 4)]
    _, notes = replayed([*robot(0.5), *disputed])
    assert "'mast'" in notes["tf.contradiction"].line


def test_choices_of_topics_are_noted(replayed):
    entries = [*robot(0.3), *(each._replace(topic="/other/imu") for each in robot(0.1) if each.topic == IMU)]
    _, notes = replayed(entries)
    assert [note.level for key, note in notes.items() if key.startswith("topics")] == ["info"]
