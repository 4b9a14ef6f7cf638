# SPDX-License-Identifier: Apache-2.0
import os
import sqlite3
from itertools import pairwise

import numpy as np
import pytest
from mcap.writer import CompressionType, Writer

from mia_ros.bag import BagReader
from mia_ros.errors import BagError
from mia_ros.nodes.convert import read_imu
from tests.mia_ros.bag.recordings import STORAGES, write_bag, write_ros1_bag

COUNT = 400
#: A message of which each byte counts, and that no packing makes small.
NOISE = np.random.default_rng(0)


def file_of(bag):
    (file,) = (each for each in bag.iterdir() if each.suffix in {".mcap", ".db3"})
    return file


def read(path):
    with BagReader(path, salvage=True) as bag:
        messages = [(each.topic, each.received) for each in bag.messages()]
        return messages, bag.topics, bag.damage


def shorten(file, share):
    os.truncate(file, int(file.stat().st_size * share))


def write_mcap(path, compression, chunk_size=8000, texts=200, **options):
    """An mcap of strings, as a recorder other than ours writes it."""
    with path.open("wb") as stream:
        writer = Writer(stream, chunk_size=chunk_size, compression=compression, **options)
        writer.start("ros2", "a test")
        schema = writer.register_schema("std_msgs/msg/String", "ros2msg", b"string data\n")
        channels = [writer.register_channel(name, "cdr", schema) for name in ("/a", "/b")]
        for k in range(texts):
            text = NOISE.bytes(100).hex().encode()
            cdr = b"\x00\x01\x00\x00" + (len(text) + 1).to_bytes(4, "little") + text + b"\x00"
            # A message of the other topic is sometimes written late.
            time = 1000 + 10 * k - (25 if k % 7 == 3 else 0)
            writer.add_message(channels[k % 2], time, cdr, time)
        writer.finish()
    return path


@pytest.mark.parametrize("storage", STORAGES)
def test_a_whole_bag_is_read_as_ever_and_has_no_damage(tmp_path, storage):
    messages, topics, damage = read(write_bag(tmp_path / "bag", storage))
    assert len(messages) == 22 and topics["/imu/data"].count == 20 and damage == ""


@pytest.mark.parametrize("storage", STORAGES)
def test_of_a_bag_that_was_cut_off_the_messages_before_the_cut_are_read(tmp_path, storage):
    bag = write_bag(tmp_path / "bag", storage, COUNT)
    whole, _, _ = read(bag)
    shorten(file_of(bag), 0.6)
    messages, topics, damage = read(bag)
    # The maps are small: a share of the file is about that share of the messages.
    assert 0.3 * len(whole) < len(messages) < len(whole)
    assert messages[:100] == whole[:100]
    # SQLite keeps its pages in an order of its own: of the last ones some may be missing.
    assert set(messages) <= set(whole) and messages == sorted(messages, key=lambda each: each[1])
    assert topics["/imu/data"].count >= len(messages) - 2
    assert str(file_of(bag)) in damage and "cut off" in damage and "\n" not in damage


@pytest.mark.parametrize("storage", STORAGES)
def test_without_being_asked_to_a_torn_bag_is_refused(tmp_path, storage):
    bag = write_bag(tmp_path / "bag", storage, COUNT)
    shorten(file_of(bag), 0.6)
    with pytest.raises(BagError), BagReader(bag) as reader:
        list(reader.messages())


@pytest.mark.parametrize("storage", STORAGES)
def test_a_bag_without_metadata_is_read(tmp_path, storage):
    bag = write_bag(tmp_path / "bag", storage)
    (bag / "metadata.yaml").unlink()
    messages, _, damage = read(bag)
    assert len(messages) == 22 and "metadata.yaml" in damage


def test_the_files_of_a_split_bag_are_read_in_the_order_of_time(tmp_path):
    folder = tmp_path / "split"
    folder.mkdir()
    first = write_bag(tmp_path / "one", "mcap", 20)
    file_of(first).rename(folder / "split_2.mcap")
    file_of(write_bag(tmp_path / "two", "mcap", 60)).rename(folder / "split_10.mcap")
    shorten(folder / "split_10.mcap", 0.7)
    messages, topics, damage = read(folder)
    received = [when for _, when in messages]
    assert received == sorted(received) and len(messages) > 22
    assert topics["/imu/data"].count == sum(topic == "/imu/data" for topic, _ in messages)
    assert "split_10.mcap" in damage and "split_2.mcap" not in damage


def test_what_is_salvaged_can_be_deserialised(tmp_path):
    bag = write_bag(tmp_path / "bag", "mcap", COUNT)
    shorten(file_of(bag), 0.5)
    with BagReader(bag, salvage=True) as reader:
        samples = [read_imu(each.message) for each in reader.messages(["/imu/data"])]
    assert [sample.stamp for sample in samples] == [1000 + 10 * k for k in range(len(samples))]
    assert {tuple(sample.linear_acceleration) for sample in samples} == {(0.0, 0.0, 9.8)}


def test_a_span_of_time_is_taken_from_what_is_left(tmp_path):
    bag = write_bag(tmp_path / "bag", "mcap", COUNT)
    shorten(file_of(bag), 0.6)
    with BagReader(bag, salvage=True) as reader:
        assert [each.received for each in reader.messages(["/imu/data"], 1013, 1033)] == [1013, 1023]
        assert reader.start == 1003


@pytest.mark.parametrize("compression", list(CompressionType))
@pytest.mark.parametrize("chunks", [True, False])
@pytest.mark.parametrize("share", [0.3, 0.75])
def test_all_ways_to_pack_an_mcap_are_salvaged_in_the_order_of_time(tmp_path, compression, chunks, share):
    path = write_mcap(tmp_path / "a.mcap", compression, use_chunking=chunks)
    shorten(path, share)
    messages, topics, _ = read(path)
    assert 200 * share - 40 < len(messages) < 200 * share + 20
    assert sorted(topics) == ["/a", "/b"]
    backwards = [later - earlier for (_, earlier), (_, later) in pairwise(messages) if later < earlier]
    assert not backwards or not chunks


def test_of_a_chunk_that_is_cut_what_can_be_unpacked_is_read(tmp_path):
    path = write_mcap(tmp_path / "a.mcap", CompressionType.ZSTD, chunk_size=1 << 30, texts=5000)
    shorten(path, 0.5)
    assert 1000 < len(read(path)[0]) < 4000


def test_a_chunk_that_is_damaged_ends_the_messages_and_is_told(tmp_path):
    path = write_mcap(tmp_path / "a.mcap", CompressionType.LZ4)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 200] = bytes(200)
    path.write_bytes(content)
    messages, _, damage = read(path)
    assert 20 < len(messages) < 180
    assert str(path) in damage


def test_a_missing_index_hides_nothing(tmp_path):
    path = write_mcap(tmp_path / "a.mcap", CompressionType.LZ4)
    content = bytearray(path.read_bytes())
    content[-28:-8] = bytes(20)  # where it begins, in the footer
    path.write_bytes(content)
    messages, _, damage = read(path)
    assert len(messages) == 200
    assert "its index is missing" in damage


@pytest.mark.parametrize("kind", [*STORAGES, "ros1"])
def test_any_damage_gives_messages_or_one_line(tmp_path, kind):
    path = write_ros1_bag(tmp_path / "old.bag") if kind == "ros1" else write_bag(tmp_path / "bag", kind)
    file = path if kind == "ros1" else file_of(path)
    whole = np.frombuffer(file.read_bytes(), np.uint8)
    random = np.random.default_rng(4)
    for k in range(40):
        damaged = whole.copy()
        damaged[random.integers(0, len(whole), 20)] = random.integers(0, 256, 20)
        file.write_bytes(damaged[: len(whole) if k % 2 else random.integers(len(whole))].tobytes())
        try:
            _, _, said = read(path)
        except BagError as error:
            said = str(error)
            assert said
        assert "\n" not in said


def test_rows_that_a_killed_recorder_left_in_its_journal_are_read(tmp_path):
    """The file of a recorder that was killed: its rows are in the journal beside it, and there is no metadata.yaml."""
    bag = write_bag(tmp_path / "bag", "sqlite3")
    (bag / "metadata.yaml").unlink()
    file = file_of(bag)
    rows = sqlite3.connect(file)
    rows.execute("PRAGMA journal_mode = WAL")
    rows.execute("PRAGMA wal_autocheckpoint = 0")
    rows.execute("INSERT INTO messages SELECT id + 1000, topic_id, timestamp + 500, data FROM messages")
    rows.commit()
    os.truncate(file, file.stat().st_size)
    left = tmp_path / "left"
    left.mkdir()
    for each in bag.iterdir():
        (left / each.name).write_bytes(each.read_bytes())
    rows.close()
    messages, _, _ = read(left)
    assert len(messages) == 44


def test_where_there_is_nothing_to_salvage_the_reason_is_told(tmp_path):
    (tmp_path / "empty").mkdir()
    for name, said in (("none", "no such bag"), ("empty", "no metadata.yaml")):
        with pytest.raises(BagError, match=said), BagReader(tmp_path / name, salvage=True):
            pass
