# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import Reader

from mia_ros.bag import BagWriter
from mia_ros.errors import BagError
from tests.commands import python
from tests.mia_ros.bag.recordings import STORAGES, imu_at, map_at, write_bag

#: A process that writes until somebody stops it.
ENDLESS = """
import sys
from mia_ros.bag import BagWriter
from tests.mia_ros.bag.recordings import imu_at
with BagWriter(sys.argv[1], sys.argv[2]) as bag:
    bag.add_topic("/imu", "sensor_msgs/msg/Imu")
    stamp = 0
    while True:
        stamp += 1
        bag.write("/imu", imu_at(bag.messages, stamp), stamp)
        print(stamp, flush=True)
"""
#: A process that may write files of 300 kB, and no larger: the real error of a full disk or quota.
FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
from mia_ros.bag import BagWriter
from mia_ros.errors import BagError
from tests.mia_ros.bag.recordings import imu_at
try:
    with BagWriter("full", sys.argv[1]) as bag:
        bag.add_topic("/imu", "sensor_msgs/msg/Imu")
        for stamp in range(20_000):
            bag.write("/imu", imu_at(bag.messages, stamp), stamp)
except BagError as error:
    print(error)
"""


def write_and(path, act):
    """A bag with one message, and something that happens in between."""
    with BagWriter(path) as bag:
        bag.add_topic("/imu", "sensor_msgs/msg/Imu")
        bag.write("/imu", imu_at(bag.messages, 1), 1)
        act(bag)


@pytest.mark.parametrize("storage", STORAGES)
def test_rosbags_opens_the_bag_with_the_definitions_in_it(tmp_path, storage):
    with AnyReader([write_bag(tmp_path / "bag", storage)]) as bag:
        assert {each.topic: each.msgcount for each in bag.connections} == {"/imu/data": 20, "/map": 2}
        (own,) = (each for each in bag.connections if each.topic == "/map")
        assert "float32 gravity_sigma" in own.msgdef.data
        messages = [bag.deserialize(raw, each.msgtype) for each, _, raw in bag.messages([own])]
    assert [message.header.stamp.nanosec for message in messages] == [1050, 1090]
    assert list(messages[0].class_names)[:2] == ["road", "crossing"]


def test_the_mcap_file_is_whole_without_its_folder(tmp_path):
    (file,) = write_bag(tmp_path / "bag", "mcap").glob("*.mcap")
    with Reader(file) as bag:
        assert bag.message_count == 22
        assert [stamp for _, stamp, _ in bag.messages()][:3] == [1003, 1013, 1023]


def test_the_mcap_reader_decodes_the_file_by_the_definitions_in_it(tmp_path):
    (file,) = write_bag(tmp_path / "bag", "mcap").glob("*.mcap")
    with file.open("rb") as stream:
        reader = make_reader(stream, decoder_factories=[DecoderFactory()])
        summary = reader.get_summary()
        assert {each.topic: each.message_encoding for each in summary.channels.values()} == {
            "/imu/data": "cdr",
            "/map": "cdr",
        }
        assert {each.name for each in summary.schemas.values()} == {"sensor_msgs/msg/Imu", "mia_ros/msg/BevSemanticMap"}
        found = [(channel.topic, message.log_time, own) for _, channel, message, own in reader.iter_decoded_messages()]
    assert len(found) == 22
    imu = [(time, own.linear_acceleration.z) for topic, time, own in found if topic == "/imu/data"]
    assert imu == [(1003 + 10 * k, 9.8) for k in range(20)]
    own = next(own for topic, _, own in found if topic == "/map")
    assert (own.info.width, own.info.height, own.header.frame_id) == (3, 5, "camera_bev")
    assert own.gravity.y == 1.0


@pytest.mark.parametrize("storage", STORAGES)
def test_the_same_messages_give_the_same_bytes(tmp_path, storage):
    first, second = (write_bag(tmp_path / folder / "bag", storage) for folder in "ab")
    assert {p.name: p.read_bytes() for p in first.iterdir()} == {p.name: p.read_bytes() for p in second.iterdir()}


def test_notes_stand_in_the_metadata(tmp_path):
    assert "made_by: a test" in (write_bag(tmp_path / "bag") / "metadata.yaml").read_text()


@pytest.mark.parametrize("storage", STORAGES)
def test_nothing_stands_at_the_path_after_a_kill_and_the_next_writer_tidies_up(tmp_path, storage):
    path = tmp_path / "bag"
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(path), storage], env=environment, stdout=subprocess.PIPE, text=True
    ) as writer:
        for _ in range(3000):
            assert writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    assert not path.exists()
    assert len(list(tmp_path.iterdir())) == 1
    write_bag(path, storage)
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_at_work_is_not_disturbed_by_another(tmp_path):
    path = tmp_path / "bag"
    with pytest.raises(BagError, match="exists already"):
        write_and(path, lambda _: write_bag(path))
    assert list(tmp_path.iterdir()) == [path]
    with AnyReader([path]) as bag:
        assert bag.message_count == 22


def test_an_error_in_the_block_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError):
        write_and(tmp_path / "bag", lambda _: 1 // 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("storage", STORAGES)
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, storage):
    result = python("-c", FULL, storage, cwd=tmp_path)
    assert result.stderr == ""
    assert result.stdout.startswith("full: the bag cannot be written: ") and result.stdout.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_bag_that_exists_is_kept(tmp_path):
    path = write_bag(tmp_path / "bag")
    with pytest.raises(BagError, match="exists already"), BagWriter(path):
        pass
    with AnyReader([path]) as bag:
        assert bag.message_count == 22


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BagError, match="file/bag: the bag cannot be written"), BagWriter(tmp_path / "file" / "bag"):
        pass


@pytest.mark.parametrize(
    ("act", "named"),
    [
        (lambda bag: bag.add_topic("/imu", "sensor_msgs/msg/Imu"), "/imu: this topic was added before"),
        (lambda bag: bag.add_topic("/x", "sensor_msgs/msg/Imus"), "'sensor_msgs/msg/Imus' is not known"),
        (lambda bag: bag.write("/y", None, 1), "/y: add_topic must come before write"),
    ],
)
def test_wrong_use_is_named(tmp_path, act, named):
    with pytest.raises(BagError, match=named):
        write_and(tmp_path / "bag", act)


def test_a_bag_is_a_folder_and_has_a_storage_that_is_known(tmp_path):
    with pytest.raises(BagError, match="leave out '.mcap'"):
        BagWriter(tmp_path / "drive.mcap")
    with pytest.raises(BagError, match="storage: 'hdf5', want mcap or sqlite3"):
        BagWriter(tmp_path / "drive", "hdf5")


def test_writing_outside_of_the_block_is_refused(tmp_path):
    with pytest.raises(BagError, match="not open"):
        BagWriter(tmp_path / "bag").add_topic("/imu", "sensor_msgs/msg/Imu")


def test_a_compressed_mcap_is_smaller_and_holds_the_same(tmp_path):
    contents, sizes = [], []
    for compress in (False, True):
        path = tmp_path / f"{compress}"
        with BagWriter(path, compress=compress) as bag:
            bag.add_topic("/map", "mia_ros/msg/BevSemanticMap")
            for k in range(200):
                bag.write("/map", map_at(bag.messages, k), k)
        (file,) = path.glob("*.mcap")
        sizes.append(file.stat().st_size)
        with file.open("rb") as stream:
            contents.append([message.data for *_, message in make_reader(stream).iter_messages()])
        with AnyReader([path]) as bag:
            assert bag.message_count == 200
    assert contents[0] == contents[1] and sizes[1] < sizes[0] / 2


def test_other_storages_are_not_compressed(tmp_path):
    with pytest.raises(BagError, match="compress: mcap alone"):
        BagWriter(tmp_path / "drive", "sqlite3", compress=True)


@pytest.mark.parametrize("storage", STORAGES)
def test_messages_as_ros_sends_them_are_copied_byte_for_byte(tmp_path, storage):
    with AnyReader([write_bag(tmp_path / "bag", storage)]) as bag:
        given = [(each.topic, each.msgtype, stamp, bytes(raw)) for each, stamp, raw in bag.messages()]
    with BagWriter(tmp_path / "copy", storage) as writer:
        for topic, kind in {each[0]: each[1] for each in given}.items():
            writer.add_topic(topic, kind)
        for topic, _, stamp, cdr in given:
            writer.write_cdr(topic, cdr, stamp)
    with AnyReader([tmp_path / "copy"]) as bag:
        assert [(each.topic, each.msgtype, stamp, bytes(raw)) for each, stamp, raw in bag.messages()] == given


def test_a_copy_needs_its_topic_too(tmp_path):
    with pytest.raises(BagError, match="/y: add_topic must come before write"):
        write_and(tmp_path / "bag", lambda bag: bag.write_cdr("/y", b"", 1))
