# SPDX-License-Identifier: Apache-2.0
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_ros.exif import Exif, read_exif

ORIENTATION, EXIF_FOLDER, FOCAL, FOCAL_35, PIXEL_X, PLANE_X, PLANE_UNIT = (
    0x0112, 0x8769, 0x920A, 0xA405, 0xA002, 0xA20E, 0xA210,
)  # fmt: skip


def photo(tags: dict[int, object], orientation: int = 1, order: str = "<") -> bytes:
    """The start of a JPEG: an APP0 segment, then EXIF. Whole numbers are written as SHORT, pairs as RATIONAL."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    inner_at = 8 + 2 + 2 * 12 + 4
    outer = struct.pack(order + "H", 2) + entry(order, ORIENTATION, 3, orientation)
    outer += entry(order, EXIF_FOLDER, 4, inner_at) + bytes(4)
    data_at = inner_at + 2 + 12 * len(tags) + 4
    inner, data = struct.pack(order + "H", len(tags)), b""
    for tag, value in tags.items():
        if isinstance(value, tuple):
            inner += entry(order, tag, 5, data_at + len(data))
            data += struct.pack(order + "II", *value)
        else:
            inner += entry(order, tag, 3, value)
    tiff = mark + struct.pack(order + "I", 8) + outer + inner + bytes(4) + data
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0") + segment(0xE1, b"Exif\0\0" + tiff) + b"\xff\xda"


def entry(order: str, tag: int, kind: int, value: object) -> bytes:
    packed = struct.pack(order + ("H" if kind == 3 else "I"), value).ljust(4, b"\0")
    return struct.pack(order + "HHI", tag, kind, 1) + packed


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


@pytest.mark.parametrize("order", ["<", ">"])
def test_focal_length_at_35_mm_equivalent(order: str) -> None:
    exif = read_exif(photo({FOCAL_35: 26, FOCAL: (425, 100)}, order=order))
    assert exif == Exif(focal_mm=4.25, focal_35mm=26)
    pixels, source = exif.focal_pixels(4000, 3000) or (0, "")
    assert pixels == pytest.approx(26 * 5000 / math.sqrt(36**2 + 24**2))
    assert source == "EXIF: 26 mm at 35 mm equivalent"


@pytest.mark.parametrize(("unit", "millimetres"), [(2, 25.4), (3, 10.0), (4, 1.0)])
def test_focal_length_and_sensor_width(unit: int, millimetres: float) -> None:
    """A sensor of 23.6 mm with 4000 pixels, of a photo that was made smaller."""
    resolution = 4000 / 23.6 * millimetres
    tags = {FOCAL: (18, 1), PIXEL_X: 4000, PLANE_X: (round(resolution * 1000), 1000), PLANE_UNIT: unit}
    pixels, source = read_exif(photo(tags)).focal_pixels(1000, 750) or (0, "")
    assert pixels == pytest.approx(18 / 23.6 * 1000, rel=1e-3)
    assert source == "EXIF: 18 mm on a sensor 23.60 mm wide"


@pytest.mark.parametrize(("orientation", "rotate"), [(1, 0), (3, 180), (6, 90), (8, 270), (2, 0), (99, 0)])
def test_orientation(orientation: int, rotate: int) -> None:
    assert read_exif(photo({FOCAL_35: 26}, orientation)).rotate == rotate


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {FOCAL: (425, 100)},
        {FOCAL_35: 0},
        {FOCAL: (425, 0), PIXEL_X: 4000, PLANE_X: (1000, 1), PLANE_UNIT: 2},
        {FOCAL: (18, 1), PIXEL_X: 4000, PLANE_X: (1, 1000), PLANE_UNIT: 2},
        {FOCAL: (18, 1), PIXEL_X: 4000, PLANE_X: (1000, 1), PLANE_UNIT: 9},
    ],
)
def test_what_does_not_tell_a_focal_length(tags: dict[int, object]) -> None:
    assert read_exif(photo(tags)).focal_pixels(4000, 3000) is None


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\x89PNG", b"\xff\xd8\xff\xe1\x00\x00", b"\xff\xd8\xff\xe1\xff\xff"]
)
def test_files_without_exif(data: bytes) -> None:
    assert read_exif(data) == Exif()


def test_a_file_cut_anywhere_is_read_without_a_fault() -> None:
    whole = photo({FOCAL_35: 26, FOCAL: (425, 100), PLANE_X: (1000, 1), PIXEL_X: 4000, PLANE_UNIT: 2}, 6)
    for length in range(len(whole)):
        read_exif(whole[:length]).focal_pixels(4000, 3000)


@given(st.binary(max_size=200), st.integers(0, 150), st.sampled_from("<>"))
def test_bytes_from_anywhere_are_read_without_a_fault(noise: bytes, start: int, order: str) -> None:
    whole = photo({FOCAL_35: 26, FOCAL: (425, 100), PLANE_X: (1000, 1)}, order=order)
    exif = read_exif(whole[: 30 + start] + noise + whole[30 + start + len(noise) :])
    found = exif.focal_pixels(4000, 3000)
    assert found is None or (math.isfinite(found[0]) and found[0] > 0)
