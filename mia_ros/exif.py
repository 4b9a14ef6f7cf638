# SPDX-License-Identifier: Apache-2.0
"""The focal length that a JPEG's EXIF tells, for photos without a calibration.

The bytes are untrusted: every offset is checked against what is there, and what does not fit is as if it were absent.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

#: Diagonal of the 24 x 36 mm frame that the 35 mm equivalent refers to (CIPA DCG-001): 43.27 mm.
_FILM_DIAGONAL_MM = math.hypot(36, 24)
#: EXIF 2.32, section 4.6: the tags that are read.
_ORIENTATION, _EXIF_FOLDER = 0x0112, 0x8769
_FOCAL_LENGTH, _FOCAL_LENGTH_35MM = 0x920A, 0xA405
_PIXEL_X, _PLANE_X_RESOLUTION, _PLANE_UNIT = 0xA002, 0xA20E, 0xA210
#: FocalPlaneResolutionUnit: millimetres.
_UNIT_MM = {2: 25.4, 3: 10.0, 4: 1.0}
#: Degrees clockwise that the picture must be turned to stand upright. The others mirror it, as no camera does.
_ORIENTATIONS = {3: 180, 6: 90, 8: 270}
#: Folders are read up to here; a real one has some tens of entries.
_MOST_ENTRIES = 512
_SHORT, _LONG, _RATIONAL = 3, 4, 5


@dataclass(frozen=True)
class Exif:
    """What a photo says of its lens. rotate: degrees clockwise to upright. The rest: None where it is not told.

    focal_mm: focal length, mm. focal_35mm: its 35 mm equivalent, mm. sensor_width_mm: width of the sensor that the
    picture's longer side spans.
    """

    rotate: int = 0
    focal_mm: float | None = None
    focal_35mm: float | None = None
    sensor_width_mm: float | None = None

    def focal_pixels(self, width: int, height: int) -> tuple[float, str] | None:
        """Focal length in pixels of the stored picture, and in words where it is from; None if it is not told."""
        if self.focal_35mm is not None:
            pixels = self.focal_35mm / _FILM_DIAGONAL_MM * math.hypot(width, height)
            return pixels, f"EXIF: {self.focal_35mm:g} mm at 35 mm equivalent"
        if self.focal_mm is not None and self.sensor_width_mm is not None:
            pixels = self.focal_mm / self.sensor_width_mm * max(width, height)
            return pixels, f"EXIF: {self.focal_mm:g} mm on a sensor {self.sensor_width_mm:.2f} mm wide"
        return None


def read_exif(data: bytes) -> Exif:
    """Of a JPEG file's content; an Exif without values if there is none."""
    tiff = _tiff_of(data)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return Exif()
    first = _unpack(order + "I", tiff, 4)
    tags = dict(_entries(tiff, order, first)) if first is not None else {}
    inner = tags.get(_EXIF_FOLDER)
    tags.update(_entries(tiff, order, int(inner)) if inner is not None else ())
    return Exif(
        _ORIENTATIONS.get(int(tags.get(_ORIENTATION, 1)), 0),
        _within(tags.get(_FOCAL_LENGTH), 0.1, 5000),
        _within(tags.get(_FOCAL_LENGTH_35MM), 1, 5000),
        _sensor_width(tags),
    )


def _sensor_width(tags: dict[int, float]) -> float | None:
    """From the pixels that the sensor has per unit of length, and those that the picture has."""
    resolution, pixels = tags.get(_PLANE_X_RESOLUTION, 0.0), tags.get(_PIXEL_X, 0.0)
    unit = _UNIT_MM.get(int(tags.get(_PLANE_UNIT, 2)))
    if resolution <= 0 or unit is None:
        return None
    return _within(pixels / resolution * unit, 0.5, 200)


def _within(value: float | None, low: float, high: float) -> float | None:
    """Unknown values are written as 0; what no lens or sensor has is taken as unknown, too."""
    return value if value is not None and low <= value <= high else None


def _tiff_of(data: bytes) -> bytes:
    """The TIFF structure in a JPEG's APP1 segment, or nothing."""
    position = 2
    if data[:2] != b"\xff\xd8":
        return b""
    while position + 4 <= len(data) and data[position] == 0xFF and data[position + 1] != 0xDA:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if length < 2:
            return b""
        segment = data[position + 4 : position + 2 + length]
        if marker == 0xE1 and segment[:6] == b"Exif\0\0":
            return segment[6:]
        position += 2 + length
    return b""


def _entries(tiff: bytes, order: str, folder: int) -> Iterator[tuple[int, float]]:
    """Tags of the folder at that offset which hold one number."""
    count = _unpack(order + "H", tiff, folder) or 0
    for index in range(min(count, _MOST_ENTRIES)):
        place = folder + 2 + 12 * index
        tag, kind = _unpack(order + "H", tiff, place), _unpack(order + "H", tiff, place + 2)
        if tag is None or kind is None or _unpack(order + "I", tiff, place + 4) != 1:
            continue
        value = _value(tiff, order, kind, place + 8)
        if value is not None:
            yield tag, value


def _value(tiff: bytes, order: str, kind: int, place: int) -> float | None:
    if kind == _SHORT:
        return _unpack(order + "H", tiff, place)
    if kind == _LONG:
        return _unpack(order + "I", tiff, place)
    offset = _unpack(order + "I", tiff, place) if kind == _RATIONAL else None
    if offset is None:
        return None
    above, below = _unpack(order + "I", tiff, offset), _unpack(order + "I", tiff, offset + 4)
    return above / below if above is not None and below else None


def _unpack(pattern: str, data: bytes, offset: int) -> int | None:
    """One number, or None where the data ends before it."""
    if offset < 0 or offset + struct.calcsize(pattern) > len(data):
        return None
    return int(struct.unpack_from(pattern, data, offset)[0])
