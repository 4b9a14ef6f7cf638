# SPDX-License-Identifier: Apache-2.0
"""Bags, as files of Rerun that are read back."""

import math

import numpy as np
import pytest

from mia_ros.bag import BagWriter
from mia_ros.camera import Camera
from mia_ros.errors import ReplayError
from mia_ros.nodes.convert import compressed_image_message
from offline_tools.viewing.job import ViewPlan, view
from tests.mia_ros.bag.recordings import imu_at
from tests.offline_tools.viewing import replays
from tests.offline_tools.viewing.recordings import Recording
from tests.offline_tools.viewing.replays import DELAY, STAMPS


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    return replays.write_mapped_bag(tmp_path_factory.mktemp("bag") / "drive")


def shown(bag, tmp_path, **wishes):
    said = []
    viewed = view(ViewPlan(bag, tmp_path / "view.rrd", **wishes), said.append)
    return viewed, Recording(tmp_path / "view.rrd"), said


def test_a_bag_with_maps_is_shown_with_its_photos(mapped, tmp_path):
    viewed, recording, said = shown(mapped, tmp_path)
    assert viewed.counts == {"photos": 3, "levelled": 3, "maps": 3, "occupancy": 3, "placed": 3}
    assert viewed.problems == {} and said == []
    for path in ("/camera/image", "/camera/level", "/map/labels", "/map/occupancy", "/world/map"):
        assert [(row.stamp, row.frame) for row in recording.of(path)] == list(zip(STAMPS, range(3), strict=True)), path
    for k, data in enumerate(recording.files("/camera/image")):
        assert (replays.decoded(data) == replays.photo(k)).all()


def test_maps_are_laid_where_tf_says_though_it_comes_later(mapped, tmp_path):
    _, recording, _ = shown(mapped, tmp_path)
    strip = recording.of("/world/path/00001")[-1].parts["LineStrips3D:strips"][0]
    assert np.allclose([point[:2] for point in strip], [(10, 5), (13, 5), (16, 5)], atol=1e-5)
    vector = recording.of("/world/camera")[0].parts["Arrows3D:vectors"][0]
    assert np.allclose(vector, (0, 3, 0), atol=1e-5)


def test_gravity_and_coverage_of_the_maps_are_plotted(mapped, tmp_path):
    _, recording, _ = shown(mapped, tmp_path)
    assert all(math.isclose(value, 0.9) for _, value in recording.numbers("shares/coverage"))
    roll = [value for _, value in recording.numbers("attitude/roll")]
    assert np.allclose(roll, math.degrees(replays.ROLL))


def test_a_bag_without_maps_shows_photos_and_says_so(tmp_path):
    bag = replays.write_robot_bag(tmp_path / "drive")
    viewed, recording, said = shown(bag, tmp_path)
    assert recording.paths() >= {"/camera/image"} and "/world/map" not in recording.paths()
    assert viewed.counts == {"photos": 3}
    assert said == ["there are no maps, photos alone; `mia replay` makes maps from a bag"]


def test_maps_without_photos_are_shown(tmp_path):
    bag = replays.write_maps(tmp_path / "maps")
    viewed, recording, _ = shown(bag, tmp_path)
    assert viewed.counts["maps"] == 2 and "/camera/image" not in recording.paths()


def test_a_stretch_keeps_what_holds_from_before_it(mapped, tmp_path):
    viewed, recording, _ = shown(mapped, tmp_path, start=0.15)
    assert [row.stamp for row in recording.of("/camera/image")] == [STAMPS[2]]
    assert viewed.counts["levelled"] == 1 and viewed.counts["placed"] == 1


def test_a_stretch_outside_the_bag_is_refused(mapped, tmp_path):
    with pytest.raises(ReplayError, match="nothing is left of .*, which lasts 0.2 s"):
        shown(mapped, tmp_path, start=9.0)


def test_a_bag_with_neither_lists_what_is_there(tmp_path):
    with BagWriter(tmp_path / "imu") as bag:
        bag.add_topic("/imu", "sensor_msgs/msg/Imu")
        bag.write("/imu", imu_at(bag.messages, 1), 1)
    with pytest.raises(ReplayError, match=r"neither a camera nor a semantic map in it; there is /imu \(sensor_msgs"):
        shown(tmp_path / "imu", tmp_path)


def test_a_photo_that_cannot_be_decoded_is_counted_and_the_rest_is_shown(tmp_path):
    with BagWriter(tmp_path / "bag") as bag:
        bag.add_topic("/image/compressed", "sensor_msgs/msg/CompressedImage")
        for k, stamp in enumerate(STAMPS):
            message = compressed_image_message(bag.messages, replays.photo(k), stamp, "camera")
            if k == 1:
                message.data = message.data[:0]
            bag.write("/image/compressed", message, stamp)
    viewed, recording, said = shown(tmp_path / "bag", tmp_path)
    assert viewed.counts["photos"] == 2 and viewed.problems == {"photos": 1}
    assert "0 bytes are no picture" in said[0]
    assert recording.of("/log")[0].stamp == STAMPS[1]


def test_images_without_stamps_have_those_of_their_receipt(tmp_path):
    with BagWriter(tmp_path / "bag") as bag:
        bag.add_topic("/image/compressed", "sensor_msgs/msg/CompressedImage")
        message = compressed_image_message(bag.messages, replays.photo(0), 0, "camera")
        bag.write("/image/compressed", message, STAMPS[0] + DELAY)
    _, recording, _ = shown(tmp_path / "bag", tmp_path)
    assert [row.stamp for row in recording.of("/camera/image")] == [STAMPS[0] + DELAY]


def test_a_camera_info_of_another_size_levels_nothing_and_is_said_once(tmp_path):
    bag = replays.write_mapped_bag(tmp_path / "drive", Camera(640, 480, 500.0, 500.0, 319.5, 239.5))
    viewed, recording, said = shown(bag, tmp_path)
    assert viewed.counts["photos"] == 3 and viewed.problems == {"levelled": 3}
    assert len(said) == 1 and "640" in said[0] and "64" in said[0]
    assert "/camera/level" not in recording.paths()


def test_a_truncated_bag_is_shown_as_far_as_it_goes(mapped, tmp_path):
    whole = next(mapped.glob("*.mcap")).read_bytes()
    torn = tmp_path / "torn.mcap"
    torn.write_bytes(whole[: len(whole) * 9 // 10])
    viewed, _, said = shown(torn, tmp_path)
    assert viewed.counts["photos"] and any("what could be read is shown" in line for line in said)
