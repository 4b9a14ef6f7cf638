# SPDX-License-Identifier: Apache-2.0
import pytest

from mia_ros.errors import BagError
from mia_ros.replay import Replay
from tests.mia_ros.bag.recordings import STORAGES
from tests.mia_ros.replay.recordings import robot, write


def cut(folder, storage, share):
    """A recording whose writer was killed: no metadata.yaml, and the file ends somewhere."""
    bag = write(folder / "drive", robot(), storage)
    (bag / "metadata.yaml").unlink()
    (file,) = bag.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    return bag


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("share", [0.4, 0.9])
def test_what_is_left_of_a_recording_is_replayed_and_the_end_is_told(plan, tmp_path, storage, share):
    with Replay(plan(cut(tmp_path, storage, share))) as replay:
        frames = list(replay.frames())
        (note,) = [each for each in replay.notes() if each.key == "bag.damaged"]
    assert 20 * share - 5 <= len(frames) <= 20 * share + 3
    assert all(each.problem is None for each in frames[:-1])
    assert replay.ended and replay.ended in note.line
    assert "cut off" in note.line and " s can be read" in note.line


def test_damage_in_the_middle_ends_it_there_and_says_when(plan, tmp_path):
    bag = write(tmp_path / "drive", robot(6.0, compressed=False))
    file = bag / "drive.mcap"
    content = bytearray(file.read_bytes())
    middle = len(content) * 3 // 4
    content[middle : middle + 70_000] = b"\xff" * 70_000  # more than an image
    file.write_bytes(content)
    with Replay(plan(bag)) as replay:
        frames = list(replay.frames())
    assert 10 < len(frames) < 50
    assert "it was read up to" in replay.ended


def test_of_what_is_no_recording_nothing_is_left(plan, tmp_path):
    (tmp_path / "noise.mcap").write_bytes(bytes(1000))
    with pytest.raises(BagError, match=r"noise\.mcap"), Replay(plan(tmp_path / "noise.mcap")):
        pass
