# SPDX-License-Identifier: Apache-2.0
"""The built message, with the real type support and the real serialization."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
REASON = "the ROS interfaces are not built here (see `mia doctor`)"

serialization = pytest.importorskip("rclpy.serialization", reason="rclpy is not installed", exc_type=ImportError)
messages = pytest.importorskip("mia_ros.msg", reason=REASON, exc_type=ImportError)

ROWS, COLUMNS, CLASSES = 3, 5, 6


def fields_of_definition() -> dict[str, str]:
    """Name to type of each field, as msg/BevSemanticMap.msg states them."""
    text = (ROOT / "msg" / "BevSemanticMap.msg").read_text()
    return {name: kind for kind, name in re.findall(r"^([\w/]+(?:\[\])?)\s+(\w+)\s*$", text, flags=re.MULTILINE)}


def filled_map(seed: int):
    """A message with a value in each field that the default does not have."""
    random = np.random.default_rng(seed)
    message = messages.BevSemanticMap()
    message.header.frame_id = "camera_bev"
    message.header.stamp.sec = 1_700_000_000
    message.header.stamp.nanosec = 999_999_999
    message.info.resolution = 0.5
    message.info.width = COLUMNS
    message.info.height = ROWS
    message.info.origin.position.y = -25.0
    message.class_names = ["road", "crossing", "sidewalk", "building", "terrain", "parking"]
    message.thresholds = [0.25] * CLASSES
    message.probabilities = random.integers(0, 256, CLASSES * ROWS * COLUMNS, dtype=np.uint8).tobytes()
    message.observed = random.integers(0, 2, ROWS * COLUMNS, dtype=np.uint8).tobytes()
    message.gravity.y = 1.0
    message.gravity_sigma = math.inf
    message.engine_name = "mapper"
    message.engine_sha256 = "0" * 64
    message.image_age.nanosec = 40_000_000
    return message


def through_the_wire(message):
    """What a subscriber of another process would get."""
    return serialization.deserialize_message(serialization.serialize_message(message), type(message))


def test_the_built_message_has_the_fields_of_its_definition():
    built = messages.BevSemanticMap.get_fields_and_field_types()
    stated = fields_of_definition()
    assert len(stated) > 10
    assert {name: kind.replace("sequence<", "").replace(">", "[]") for name, kind in built.items()} == {
        name: kind.replace("float32", "float") for name, kind in stated.items()
    }


@pytest.mark.parametrize("seed", range(3))
def test_a_map_survives_serialization(seed):
    sent = filled_map(seed)
    assert through_the_wire(sent) == sent


def test_layers_keep_their_order_through_serialization():
    layers = np.arange(CLASSES * ROWS * COLUMNS, dtype=np.uint8).reshape(CLASSES, ROWS, COLUMNS)
    sent = filled_map(0)
    sent.probabilities = layers.tobytes()
    got = np.frombuffer(through_the_wire(sent).probabilities, np.uint8).reshape(layers.shape)
    np.testing.assert_array_equal(got, layers)


def test_an_unknown_gravity_sigma_stays_not_a_number():
    sent = filled_map(0)
    sent.gravity_sigma = math.nan
    assert math.isnan(through_the_wire(sent).gravity_sigma)


def test_a_probability_above_255_is_refused():
    message = messages.BevSemanticMap()
    with pytest.raises((AssertionError, OverflowError)):
        message.probabilities = [256]
