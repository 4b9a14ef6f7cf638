# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mia_ros.bag import BagReader, Topic
from mia_ros.errors import BagError
from mia_ros.nodes.convert import read_camera, read_image, read_imu, read_semantic_map
from tests.mia_ros.bag.recordings import STORAGES, write_bag, write_ros1_bag


def bag_of(kind, folder):
    """A bag and the file in it that holds the messages."""
    if kind == "ros1":
        path = write_ros1_bag(folder / "old.bag")
        return path, path
    path = write_bag(folder / "bag", kind)
    (file,) = (each for each in path.iterdir() if each.suffix in {".mcap", ".db3"})
    return path, file


def refusal_of(path):
    """The line that a bag is refused with, if it is."""
    try:
        read_all(path)
    except BagError as error:
        return str(error)
    return None


def read_all(path):
    with BagReader(path) as bag:
        return list(bag.messages())


@pytest.mark.parametrize("kind", [*STORAGES, "ros1"])
def test_all_kinds_of_bags_give_the_same_messages(tmp_path, kind):
    path, _ = bag_of(kind, tmp_path)
    with BagReader(path) as bag:
        assert bag.topics["/imu/data"] == Topic("/imu/data", "sensor_msgs/msg/Imu", 20)
        assert bag.topics_of("sensor_msgs/msg/Imu") == ["/imu/data"]
        messages = list(bag.messages(["/imu/data"]))
        assert (bag.start, bag.end) == (1003, 1194)
    assert [each.received for each in messages] == [1003 + 10 * k for k in range(20)]
    assert [each.stamp for each in messages] == [1000 + 10 * k for k in range(20)]
    assert read_imu(messages[3].message).linear_acceleration.tolist() == [0, 0, 9.8]
    assert read_imu(messages[3].message).orientation is None


@pytest.mark.parametrize("storage", STORAGES)
def test_a_single_file_of_a_bag_can_be_read(tmp_path, storage):
    path, file = bag_of(storage, tmp_path)
    assert len(read_all(file)) == len(read_all(path)) == 22


@pytest.mark.parametrize("storage", STORAGES)
def test_topics_are_mixed_in_the_order_of_time(tmp_path, storage):
    received = [each.received for each in read_all(write_bag(tmp_path / "bag", storage))]
    assert received == sorted(received)


def test_a_span_of_time_ends_before_its_end(tmp_path):
    with BagReader(write_bag(tmp_path / "bag")) as bag:
        assert [each.received for each in bag.messages(["/imu/data"], 1013, 1033)] == [1013, 1023]


def test_maps_are_read_with_the_definition_in_the_bag(tmp_path):
    with BagReader(write_bag(tmp_path / "bag")) as bag:
        maps = [read_semantic_map(each.message) for each in bag.messages(["/map"])]
    assert [each.stamp for each in maps] == [1050, 1090]
    assert maps[0].probabilities[0, 0, 0] == pytest.approx(128 / 255)


def test_a_topic_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with BagReader(write_bag(tmp_path / "bag")) as bag, pytest.raises(BagError, match="no topic /x; there are /imu"):
        list(bag.messages(["/x"]))


def test_what_is_no_bag_is_said_so(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "folder").mkdir()
    for name, said in (("none", "no such bag"), ("notes.txt", "is no bag"), ("folder", "no metadata.yaml")):
        with pytest.raises(BagError, match=said), BagReader(tmp_path / name):
            pass


@pytest.mark.parametrize("kind", [*STORAGES, "ros1"])
def test_a_torn_bag_is_one_line(tmp_path, kind):
    path, file = bag_of(kind, tmp_path)
    whole = file.read_bytes()
    refusals = []
    for share in np.linspace(0, 0.99, 34):
        file.write_bytes(whole[: int(len(whole) * share)])
        refusals.append(refusal_of(path))
    # sqlite keeps its pages in an order of its own: some of its last ones may be dispensable.
    assert sum(refusal is not None for refusal in refusals) > 25


@pytest.mark.parametrize("kind", [*STORAGES, "ros1"])
def test_a_damaged_bag_gives_messages_or_one_line(tmp_path, kind):
    path, file = bag_of(kind, tmp_path)
    whole = np.frombuffer(file.read_bytes(), np.uint8)
    random = np.random.default_rng(4)
    for _ in range(60):
        damaged = whole.copy()
        damaged[random.integers(0, len(whole), 20)] = random.integers(0, 256, 20)
        file.write_bytes(damaged.tobytes())
        refusal = refusal_of(path)
        assert refusal is None or (str(tmp_path) in refusal and "\n" not in refusal)


def test_a_real_recording_with_pictures_is_read(shared):
    with BagReader(shared / "data" / "bags" / "gopro_sidewalk_mcap") as bag:
        assert bag.topics["/imu/data"].count == 2082
        camera = read_camera(next(bag.messages(["/camera/camera_info"])).message)
        frame = read_image(next(bag.messages(bag.topics_of("sensor_msgs/msg/CompressedImage"))).message)
    assert frame.shape == (camera.height, camera.width, 3)
    assert camera.lens.model == "equidistant"


def test_a_real_recording_of_ros_2_without_definitions_is_read(shared):
    with BagReader(shared / "data" / "bags" / "jackal_25s_ros2_db3") as bag:
        norms = [
            np.linalg.norm(read_imu(each.message).linear_acceleration)
            for each in bag.messages(bag.topics_of("sensor_msgs/msg/Imu"))
        ]
    assert np.median(norms) == pytest.approx(9.8, abs=0.5)


def test_a_real_recording_of_ros_1_is_read(shared):
    with BagReader(shared / "data" / "imu" / "imu_tools" / "ardrone_imu.bag") as bag:
        samples = [read_imu(each.message) for each in bag.messages(bag.topics_of("sensor_msgs/msg/Imu"))]
    assert len(samples) > 100
    assert np.diff([sample.stamp for sample in samples]).min() > 0
