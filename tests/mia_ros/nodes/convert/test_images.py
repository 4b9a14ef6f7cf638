# SPDX-License-Identifier: Apache-2.0
import cv2
import numpy as np
import pytest
from rosbags.image import message_to_cvimage

from mia_ros.errors import MessageError
from mia_ros.nodes.convert import compressed_image_message, header, image_message, read_image

BLUE, GREEN, RED = (250, 10, 20), (10, 240, 30), (15, 25, 230)


def picture(height=4, width=6):
    """BGR: no two pixels alike."""
    return np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)


def image(world, data, height, width, encoding, *, step=None, big=0):
    raw = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
    return world.messages.make(
        "sensor_msgs/msg/Image",
        header=header(world.messages, 1, "camera"),
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=big,
        step=len(raw) // height if step is None else step,
        data=world.messages.sequence(raw),
    )


def test_an_image_comes_back_as_it_was_sent(world):
    sent = world.sent(image_message(world.messages, picture(), 1_700_000_000_123_456_789, "camera"))
    assert (read_image(sent) == picture()).all()
    assert (sent.header.stamp.sec, sent.header.stamp.nanosec) == (1_700_000_000, 123_456_789)


@pytest.mark.parametrize(
    ("encoding", "arranged"),
    [
        ("bgr8", lambda bgr: bgr),
        ("8UC3", lambda bgr: bgr),
        ("rgb8", lambda bgr: bgr[..., ::-1]),
        ("bgra8", lambda bgr: np.dstack([bgr, bgr[..., :1]])),
        ("rgba8", lambda bgr: np.dstack([bgr[..., ::-1], bgr[..., :1]])),
    ],
)
def test_colours_keep_their_places(world, encoding, arranged):
    assert (read_image(world.sent(image(world, arranged(picture()), 4, 6, encoding))) == picture()).all()


def test_grey_is_the_same_in_all_channels(world):
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert (read_image(image(world, grey, 3, 4, "mono8")) == grey[..., None]).all()


def test_padding_at_the_ends_of_rows_is_left_out(world):
    padded = np.full((4, 25), 99, np.uint8)
    padded[:, :18] = picture().reshape(4, 18)
    assert (read_image(image(world, padded, 4, 6, "bgr8", step=25)) == picture()).all()


@pytest.mark.parametrize(("big", "order"), [(0, "<u2"), (1, ">u2")])
def test_sixteen_bits_are_read_in_the_byte_order_of_the_message(world, big, order):
    values = (picture().astype(np.uint16) << 8 | 0x7F).astype(order)
    assert (read_image(image(world, values, 4, 6, "bgr16", big=big)) == picture()).all()


@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
@pytest.mark.parametrize("colour", [BLUE, GREEN, RED])
def test_bayer_patterns_are_named_by_their_first_two_rows(world, pattern, colour):
    of_letter = dict(zip("bgr", colour, strict=True))
    tile = np.array([of_letter[letter] for letter in pattern], np.uint8).reshape(2, 2)
    frame = read_image(image(world, np.tile(tile, (4, 4)), 8, 8, f"bayer_{pattern}8"))
    assert (frame[2:-2, 2:-2] == colour).all()


@pytest.mark.parametrize("encoding", ["yuv422", "uyvy", "yuv422_yuy2", "yuyv"])
@pytest.mark.parametrize("colour", [BLUE, GREEN, RED])
def test_yuv_pairs_of_pixels_give_their_colour(world, encoding, colour):
    b, g, r = colour
    # ITU-R BT.601, limited range: the definition.
    y = 16 + 0.257 * r + 0.504 * g + 0.098 * b
    u, v = 128 - 0.148 * r - 0.291 * g + 0.439 * b, 128 + 0.439 * r - 0.368 * g - 0.071 * b
    pair = (u, y, v, y) if encoding in {"yuv422", "uyvy"} else (y, u, y, v)
    frame = read_image(image(world, np.tile(np.rint(pair).astype(np.uint8), (2, 3)), 2, 6, encoding))
    assert np.abs(frame.astype(int) - colour).max() <= 4


@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_compressed_images_are_read(world, form):
    smooth = cv2.resize(picture(), (64, 48), interpolation=cv2.INTER_LINEAR)
    message = world.sent(compressed_image_message(world.messages, smooth, 1, "camera", form=form, quality=95))
    assert form in message.format
    assert np.abs(read_image(message).astype(int) - smooth).max() <= (0 if form == "png" else 12)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"encoding": "32FC1"}, "encoding: '32FC1'"),
        ({"step": 17}, "step: 17 bytes, but 6 pixels of 'bgr8' need 18"),
        ({"height": 5}, "data: 72 bytes, but 5 rows of step 18 need 90"),
        ({"width": 0}, "the image is empty"),
        ({"encoding": "bayer_rggb8", "width": 5}, "5 x 4 is odd for 'bayer_rggb8'"),
    ],
)
def test_an_image_that_contradicts_itself_is_refused_by_the_field(world, changed, named):
    fields = {"height": 4, "width": 6, "encoding": "bgr8", "step": 18} | changed
    with pytest.raises(MessageError, match=named):
        read_image(image(world, picture(), fields["height"], fields["width"], fields["encoding"], step=fields["step"]))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xe0 torn"])
def test_a_torn_compressed_image_is_refused(world, data):
    message = world.messages.make(
        "sensor_msgs/msg/CompressedImage",
        header=header(world.messages, 1, "camera"),
        format="jpeg",
        data=world.messages.sequence(np.frombuffer(data, np.uint8)),
    )
    with pytest.raises(MessageError, match=f"data: {len(data)} bytes .* \\(format: 'jpeg'\\)"):
        read_image(message)


CHANNELS = {
    "mono": 1,
    "bayer": 1,
    "bgr8": 3,
    "rgb8": 3,
    "bgr16": 3,
    "rgb16": 3,
    "bgra": 4,
    "rgba": 4,
    "yu": 2,
    "uyvy": 2,
}


@pytest.mark.parametrize(
    ("encoding", "away"),
    [(f"bayer_{pattern}8", 0) for pattern in ("rggb", "bggr", "gbrg", "grbg")]
    + [(name, 0) for name in ("bgr8", "rgb8", "bgra8", "rgba8", "mono8", "yuv422", "uyvy", "yuv422_yuy2", "yuyv")]
    + [(name, 1) for name in ("bgr16", "rgb16", "bgra16", "rgba16", "mono16")],  # it divides by 257
)
def test_pixels_are_those_of_rosbags_image(world, encoding, away):
    channels = next(number for start, number in CHANNELS.items() if encoding.startswith(start))
    kind = np.uint16 if encoding.endswith("16") else np.uint8
    data = np.random.default_rng(3).integers(0, np.iinfo(kind).max, (24, 32, channels), kind, endpoint=True)
    message = image(world, data, 24, 32, encoding)
    theirs = message_to_cvimage(message, "bgr8").astype(int)
    assert np.abs(read_image(message).astype(int) - theirs).max() <= away
