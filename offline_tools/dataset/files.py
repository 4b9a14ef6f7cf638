# SPDX-License-Identifier: Apache-2.0
"""Files of a data set: written whole or not at all, read without trust."""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mia_ros.arrays import Array
from offline_tools.errors import DatasetError

ARRAY = "arr_0"
#: 9.3 KB and 0.8 ms for a map of a dense city; level 1 takes 12.5 KB and 0.8 ms, numpy's 6 takes 6.9 KB and 2.2 ms.
LEVEL = 3

_LARGEST = 64 << 20  # bytes of an array that we read; a published mask has 0.45 million
_PART = ".part"
_DAMAGED = (
    OSError, ValueError, KeyError, EOFError, TypeError, NotImplementedError, RuntimeError, SyntaxError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def write_whole(path: Path, data: bytes) -> None:
    """Write a file in a folder that exists; another process sees all of it or what was there before."""
    part = path.with_name(f".{path.name}.{os.getpid()}{_PART}")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DatasetError(f"data set {path}: cannot be written: {error.strerror}") from error


def write_json(path: Path, value: Any, indent: int | None = None) -> None:
    """The same for JSON; numbers that JSON does not have are refused."""
    write_whole(path, f"{json.dumps(value, indent=indent, allow_nan=False)}\n".encode())


def remove_parts(folder: Path) -> None:
    """Remove what writers that were killed have left in a folder."""
    for path in folder.glob(f".*{_PART}"):
        path.unlink(missing_ok=True)


def make_folder(folder: Path) -> Path:
    """The folder, made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"data set {folder}: cannot be made: {error.strerror}") from error
    return folder


def npz_bytes(array: Array, compress: bool = True) -> bytes:
    """An .npz file with the array as arr_0; the same array gives the same bytes."""
    data = io.BytesIO()
    np.lib.format.write_array(data, array, allow_pickle=False)
    file = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(f"{ARRAY}.npy"), data.getvalue(), method, LEVEL)
    return file.getvalue()


def read_array(path: Path) -> Array:
    """The array of an .npz (its arr_0), .npy or .png file."""
    try:
        if path.suffix == ".png":
            return _grey(path.read_bytes())
        return _parsed(_npy_bytes(path))
    except FileNotFoundError as error:
        raise DatasetError(f"data set {path}: no such file") from error
    except _DAMAGED as error:
        problem = " ".join(str(error).split())[:200] or type(error).__name__
        raise DatasetError(f"data set {path}: damaged or of another kind: {problem}") from error


def read_json(path: Path) -> Any:
    """A JSON file."""
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"data set {path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"data set {path}: not JSON: {error}") from error


def _npy_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        zipped = file.read(4) == b"PK\x03\x04"  # numpy.save to NAME.npz writes NAME.npz.npy, which is no archive
    if not zipped:
        _check_size(path.stat().st_size)
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(f"{ARRAY}.npy")
        _check_size(member.file_size)
        return archive.read(member)


def _parsed(data: bytes) -> Array:
    """What numpy.load would give, but nothing is allocated that the header only claims, and nothing is unpickled."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"version {version} of .npy")
    shape, by_columns, dtype = readers[version](stream)
    if dtype.hasobject:
        raise ValueError("holds Python objects, which are not read")
    if min(shape, default=0) < 0:
        raise ValueError(f"shape {shape}")
    flat = np.frombuffer(data, dtype, math.prod(shape), stream.tell())
    return flat.reshape(shape, order="F" if by_columns else "C")


def _grey(data: bytes) -> Array:
    _check_size(len(data))
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    except cv2.error:  # claims more pixels than OpenCV decodes
        picture = None
    if picture is None:
        raise ValueError("not a picture that OpenCV can read")
    return np.asarray(picture)


def _check_size(size: int) -> None:
    if size > _LARGEST:
        raise ValueError(f"{size} bytes, which is more than any mask has")
