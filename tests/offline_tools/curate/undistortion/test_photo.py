# SPDX-License-Identifier: Apache-2.0
import struct
from contextlib import suppress

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_tools.curate.undistortion import OpensfmCamera, PhotoError, Taken, undistort, undistort_photo
from tests.offline_tools.curate.undistortion.photos import grey_levels, jpeg, published, street

AS_STORED = Taken()
CAMERA = OpensfmCamera("perspective", 0.75, -0.1, 0.03)
SMALL = jpeg(street(160, 120))


def png(photo: np.ndarray) -> bytes:
    return cv2.imencode(".png", photo)[1].tobytes()


def with_exif(data: bytes, exif: bytes) -> bytes:
    """A JPEG with an APP1 segment after its first marker."""
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def orientation_tag(value: int) -> bytes:
    return b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">HH", value, 0) + b"\0\0\0\0"


@pytest.mark.parametrize("projection", ["perspective", "fisheye"])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (2048, 1536), (3264, 1836)])
def test_a_jpeg_gives_what_its_pixels_give(projection: str, width: int, height: int) -> None:
    camera, data = OpensfmCamera(projection, 0.6, -0.05, 0.01), jpeg(street(width, height))
    (view,) = undistort_photo(data, camera)
    full = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert grey_levels(view.image, published(full, camera)) < 1
    assert max(view.camera.width, view.camera.height) == 512


def test_a_png_gives_what_its_pixels_give() -> None:
    (view,) = undistort_photo(png(street(640, 480)), CAMERA)
    np.testing.assert_array_equal(view.image, undistort(street(640, 480), CAMERA).image)


def test_grey_photos_get_three_channels() -> None:
    (view,) = undistort_photo(jpeg(street(160, 120)[..., 0]), CAMERA)
    assert view.image.shape == (120, 160, 3)


def test_a_progressive_photo_is_read() -> None:
    data = cv2.imencode(".jpg", street(160, 120), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    assert undistort_photo(data, CAMERA)[0].image.shape == (120, 160, 3)


@pytest.mark.parametrize(
    "exif", [orientation_tag(6), orientation_tag(77), b"Exif\0\0MM", b"Exif\0\0" + b"\xff" * 40, b""]
)
def test_the_files_own_exif_changes_nothing(exif: bytes) -> None:
    (view,), (plain,) = undistort_photo(with_exif(SMALL, exif), CAMERA), undistort_photo(SMALL, CAMERA)
    np.testing.assert_array_equal(view.image, plain.image)


def test_the_orientation_that_the_api_tells_turns_it() -> None:
    (view,) = undistort_photo(SMALL, CAMERA, Taken(orientation=6))
    assert (view.camera.width, view.camera.height) == (120, 160)


def test_a_spherical_photo_gives_four_views() -> None:
    assert len(undistort_photo(jpeg(street(512, 256)), OpensfmCamera("spherical"), size=64)) == 4


def test_stored_smaller_than_the_metadata_say_is_fine() -> None:
    assert len(undistort_photo(SMALL, CAMERA, Taken(size=(4000, 3000)))) == 1


@pytest.mark.parametrize("size", [(3000, 4000), (4000, 2250), (0, 3000)])
def test_a_photo_of_another_shape_is_refused(size: tuple[int, int]) -> None:
    refused(SMALL, "metadata", Taken(size=size))


@pytest.mark.parametrize("data", [SMALL, png(street(160, 120))], ids=["JPEG", "PNG"])
@pytest.mark.parametrize("part", [0.03, 0.5, 0.99])
def test_a_cut_photo_is_refused(data: bytes, part: float) -> None:
    refused(data[: int(len(data) * part)], "ends too early")


def test_a_cut_photo_with_a_whole_thumbnail_in_its_exif_is_refused() -> None:
    refused(with_exif(SMALL, b"Exif\0\0" + SMALL[:5000] + b"\xff\xd9")[:-500], "ends too early")


@pytest.mark.parametrize("data", [b"", b"<html>429</html>", b'{"error": {}}', b"GIF89a" + bytes(99), b"\xff\xd8\xff"])
def test_what_is_no_photo_is_refused(data: bytes) -> None:
    refused(data, "")


def test_a_photo_that_claims_to_be_huge_is_refused_before_it_is_decoded() -> None:
    at = SMALL.index(b"\xff\xc0") + 5
    refused(SMALL[:at] + struct.pack(">HH", 30_000, 30_000) + SMALL[at + 4 :], "30000 x 30000 pixels")
    small = png(street(160, 120))
    refused(small[:16] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + small[24:], "pixels")


def test_a_damaged_png_is_refused() -> None:
    data = bytearray(png(street(160, 120)))
    data[16:20] = struct.pack(">I", 161)  # the header's check sum is wrong now
    refused(bytes(data), "cannot be decoded")


@settings(max_examples=40)
@given(st.data())
def test_damage_gives_a_picture_or_is_refused(data: st.DataObject) -> None:
    """A JPEG carries no check sums, so damage may go unseen; it never raises anything else."""
    photo = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 8))):
        photo[data.draw(st.integers(0, len(photo) - 1))] = data.draw(st.integers(0, 255))
    with suppress(PhotoError):
        assert undistort_photo(bytes(photo), CAMERA)[0].image.ndim == 3


def refused(data: bytes, words: str, taken: Taken = AS_STORED) -> None:
    with pytest.raises(PhotoError, match=f"^7.jpg: [^\n]*{words}[^\n]*$"):
        undistort_photo(data, CAMERA, taken, name="7.jpg")
