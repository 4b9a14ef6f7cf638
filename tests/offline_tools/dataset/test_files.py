# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from offline_tools.dataset.files import npz_bytes, read_array, remove_parts, write_whole
from offline_tools.errors import DatasetError

MASK = np.random.default_rng(0).random((224, 224, 9)) < 0.1


@pytest.mark.parametrize("compress", [True, False])
def test_numpy_reads_what_is_written(compress: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_whole(path, npz_bytes(MASK, compress))
    with np.load(path, allow_pickle=False) as found:
        assert found.files == ["arr_0"]
        assert found["arr_0"].dtype == bool and np.array_equal(found["arr_0"], MASK)


def test_the_same_array_gives_the_same_bytes() -> None:
    assert npz_bytes(MASK) == npz_bytes(MASK.copy())


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("name", ["a.npz", "a.npy", "a.npz.npy"])
def test_what_numpy_writes_is_read(name: str, order: str, tmp_path: Path) -> None:
    array = np.asarray(MASK, order=order)
    if name == "a.npz":
        np.savez_compressed(tmp_path / name, array)
    else:
        np.save(tmp_path / name, array)
    assert np.array_equal(read_array(tmp_path / name), MASK)


def test_a_grey_picture_is_read(tmp_path: Path) -> None:
    grey = (MASK[..., 0] * 127).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), grey)
    assert np.array_equal(read_array(tmp_path / "a.png"), grey)


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def zipped(data: bytes, name: str = "arr_0.npy") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


def pickled() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{}], object), allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "damaged"),
        (b"no array at all", "damaged"),
        (npz_bytes(MASK)[:2000], "damaged"),
        (npz_bytes(MASK)[:400] + b"\0" * 40 + npz_bytes(MASK)[440:], "damaged"),
        (zipped(npz_bytes(MASK), "other.npy"), "arr_0.npy"),
        (zipped(bytes(65 << 20)), "more than any mask has"),
        (zipped(pickled()), "Python objects"),
        (pickled(), "Python objects"),
        (npy("{'descr': '|b1', 'fortran_order': False, 'shape': (1000000000000,), }", b"\1"), "damaged"),
        (npy("{'descr': '|b1', 'fortran_order': False, 'shape': (-1,), }", b"\1\1"), "damaged"),
        (npy("{'descr': 'quatsch', 'fortran_order': False, 'shape': (1,), }", b"\1"), "damaged"),
    ],
)
def test_a_damaged_or_hostile_file_is_one_line(data: bytes, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=problem) as caught:
        read_array(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_a_picture_that_is_none_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(DatasetError, match="not a picture"):
        read_array(tmp_path / "a.png")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"a\.npz: no such file"):
        read_array(tmp_path / "a.npz")


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.npz").mkdir()
    with pytest.raises(DatasetError, match="cannot be written"):
        write_whole(tmp_path / "a.npz", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_parts_of_killed_writers_are_removed(tmp_path: Path) -> None:
    for name in (".a.npz.17.part", "a.npz", "b.part"):
        (tmp_path / name).touch()
    remove_parts(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.part"]
