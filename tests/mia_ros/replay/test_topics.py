# SPDX-License-Identifier: Apache-2.0
import dataclasses
from itertools import count

import numpy as np
import pytest

from mia_ros import Gravity, GridSpec, SemanticMap
from mia_ros.bag import BagReader
from mia_ros.errors import ReplayError
from mia_ros.nodes.convert import MapOrigin, fix_message, image_message, semantic_map_message
from mia_ros.replay import TopicWishes, read_topics
from tests.mia_ros.replay.recordings import (
    COMPRESSED,
    FRAME,
    IMAGE,
    IMU,
    INFO,
    KINDS,
    MESSAGES,
    START,
    Entry,
    changed,
    image_entry,
    picture,
    renamed,
    robot,
    without,
    write,
)

ROBOT = robot(0.5)
FIX, MAP, TEXT = "sensor_msgs/msg/NavSatFix", "mia_ros/msg/BevSemanticMap", "std_msgs/msg/String"


@pytest.fixture
def topics(tmp_path):
    numbers = count()

    def read(entries, **wishes):
        with BagReader(write(tmp_path / f"bag-{next(numbers)}", entries)) as bag:
            return read_topics(bag, TopicWishes(**wishes))

    return read


@pytest.fixture
def refusal(topics):
    def read(entries, **wishes):
        with pytest.raises(ReplayError) as caught:
            topics(entries, **wishes)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return read


def texts(topic):
    return Entry(START, topic, MESSAGES.make(TEXT, data="no picture"), TEXT)


def depth(topic, encoding="16UC1"):
    """What a depth camera sends."""
    message = image_message(MESSAGES, picture(0), START, FRAME)
    message = dataclasses.replace(message, encoding=encoding, step=320, data=np.zeros(320 * 120, np.uint8))
    return Entry(START, topic, message, KINDS[IMAGE])


def semantic_map(topic, engine):
    grid = GridSpec(100, 100, 0.5)
    sent = SemanticMap(np.zeros((6, 100, 100), np.float32), np.ones((100, 100), bool), START, grid)
    origin = MapOrigin(Gravity(0.0, 1.0, 0.0), engine_name=engine)
    return Entry(START, topic, semantic_map_message(MESSAGES, sent, f"{FRAME}_bev", origin), MAP)


def test_topics_are_found_by_their_types(topics):
    found = topics(ROBOT)
    assert (found.image, found.image_type, found.images) == (COMPRESSED, "sensor_msgs/msg/CompressedImage", 5)
    assert (found.camera_info, found.imu, found.tf) == (INFO, IMU, ("/tf_static",))
    assert (found.odometry, found.fix, found.truth, found.notes) == ("", "", "", ())


def test_a_camera_that_is_there_raw_and_compressed_is_one_and_its_raw_images_are_taken(topics):
    raw = [image_entry(picture(k), START + k * 10**8, compressed=False) for k in range(5)]
    found = topics([*ROBOT, *raw])
    assert found.image == IMAGE
    assert found.notes == (f"image: {IMAGE} is used, and not {COMPRESSED}, which is of the same camera",)


def test_compressed_images_are_taken_where_most_raw_ones_are_missing(topics):
    assert topics([*ROBOT, image_entry(picture(0), START, compressed=False)]).image == COMPRESSED


def test_depth_and_pictures_of_maps_are_no_cameras(topics):
    bev = Entry(START, "/bev_image", image_message(MESSAGES, picture(0), START, f"{FRAME}_bev"), KINDS[IMAGE])
    compressed = image_entry(picture(0), START)
    far = compressed._replace(
        topic="/depth/compressedDepth",
        message=dataclasses.replace(compressed.message, format="16UC1; compressedDepth png"),
    )
    found = topics([*ROBOT, depth("/depth/image_raw"), depth("/range", "32FC1"), far, bev])
    assert found.image == COMPRESSED


def test_two_cameras_are_both_named_and_the_option(refusal):
    entries = [*ROBOT, *renamed(ROBOT, COMPRESSED, "/rear/image_raw/compressed")]
    line = refusal(entries)
    assert "2 cameras: /camera/image_raw/compressed and /rear/image_raw/compressed" in line
    assert "--image /camera/image_raw/compressed" in line


def test_a_camera_can_be_named(topics):
    entries = [*ROBOT, *renamed(renamed(ROBOT, COMPRESSED, "/rear/image/compressed"), INFO, "/rear/camera_info")]
    assert topics(entries, image="/rear/image/compressed").camera_info == "/rear/camera_info"


def test_a_camera_can_be_named_without_its_transport(topics):
    assert topics(ROBOT, image=IMAGE).image == COMPRESSED


def test_without_a_camera_all_that_is_there_is_named(refusal):
    line = refusal([*without(ROBOT, COMPRESSED), depth("/depth/image_raw")])
    assert "no camera" in line
    for topic, kind in ((IMU, KINDS[IMU]), (INFO, KINDS[INFO]), ("/depth/image_raw", KINDS[IMAGE])):
        assert f"{topic} ({kind})" in line


def test_an_empty_bag_is_said_to_be_empty(refusal):
    assert "the bag has no messages at all" in refusal([])


def test_a_topic_of_the_right_name_and_the_wrong_type_is_named_with_its_type(refusal):
    line = refusal([*without(ROBOT, COMPRESSED), texts(IMAGE)])
    assert f"{IMAGE} ({TEXT})" in line
    line = refusal([*ROBOT, texts("/rear")], image="/rear")
    assert f"image: /rear is of type {TEXT}, want" in line and COMPRESSED in line
    assert f"imu: {INFO} is of type {KINDS[INFO]}, want {KINDS[IMU]}" in refusal(ROBOT, imu=INFO)


def test_a_wish_that_is_not_there_is_named_with_what_is(refusal):
    line = refusal(ROBOT, camera_info="/front/camera_info")
    assert "camera_info: no topic /front/camera_info" in line and INFO in line


def test_an_imu_of_the_wrong_type_is_noted(topics):
    found = topics([*without(ROBOT, IMU), texts(IMU)])
    assert found.imu == ""
    assert found.notes == (f"imu: the bag has none ({KINDS[IMU]}); {IMU} is of type {TEXT}",)


def test_of_several_imus_the_one_that_tells_most_is_taken(topics):
    def accelerometer_alone(message):
        none = np.array([-1.0] + [0.0] * 8)
        return dataclasses.replace(message, angular_velocity_covariance=none, orientation_covariance=none)

    poor = renamed(changed(without(ROBOT, COMPRESSED, INFO), IMU, accelerometer_alone), IMU, "/accel/sample")
    found = topics([*ROBOT, *poor])
    assert found.imu == IMU
    assert any("/accel/sample" in line and "--imu" in line for line in found.notes)


def test_the_only_camera_info_is_taken_wherever_it_is_and_that_is_noted(topics):
    found = topics(renamed(ROBOT, INFO, "/calibration"))
    assert found.camera_info == "/calibration"
    assert any("is it that of" in line for line in found.notes)


def test_of_several_camera_infos_none_is_guessed(topics):
    entries = [*renamed(ROBOT, INFO, "/left/camera_info"), *renamed(ROBOT, INFO, "/right/camera_info")]
    found = topics(entries)
    assert found.camera_info == ""
    assert any("/left/camera_info, /right/camera_info" in line for line in found.notes)


def test_of_several_receivers_the_one_with_most_messages_is_taken(topics):
    def fix(topic, stamp):
        return Entry(stamp, topic, fix_message(MESSAGES, stamp, "gps", (48.0, 11.0, 0.0), 1.0), FIX)

    found = topics([*ROBOT, fix("/a", START), fix("/b", START), fix("/b", START + 1)])
    assert found.fix == "/b"
    assert any(line.startswith("fix: /b is used, and not /a") for line in found.notes)


def test_true_maps_are_known_by_what_they_say_of_themselves(topics):
    maps = [semantic_map("/semantic_map", "small"), semantic_map("/truth/semantic_map", "truth")]
    assert topics([*ROBOT, *maps]).truth == "/truth/semantic_map"
    assert topics([*ROBOT, maps[0]]).truth == ""
