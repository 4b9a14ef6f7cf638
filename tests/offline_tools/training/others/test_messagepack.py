# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct

import pytest

from offline_tools.training.others.messagepack import unpack


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\x07", 7),
        (b"\xff", -1),
        (b"\xe0", -32),
        (b"\xc0", None),
        (b"\xc2", False),
        (b"\xc3", True),
        (b"\xcc\xff", 255),
        (b"\xcd\x01\x00", 256),
        (b"\xce\x00\x01\x00\x00", 65536),
        (b"\xcf" + bytes(7) + b"\x05", 5),
        (b"\xd0\x80", -128),
        (b"\xd1\xff\x00", -256),
        (b"\xd3" + b"\xff" * 8, -1),
        (b"\xca" + struct.pack(">f", 0.5), 0.5),
        (b"\xcb" + struct.pack(">d", 0.1), 0.1),
        (b"\xa3abc", "abc"),
        (b"\xd9\x02\xc3\xa4", "ä"),
        (b"\xda\x00\x01x", "x"),
        (b"\xc4\x02\x00\x01", b"\x00\x01"),
        (b"\x93\x01\x02\xa1x", [1, 2, "x"]),
        (b"\xdc\x00\x01\xc0", [None]),
        (b"\x82\xa1a\x01\xa1b\x90", {"a": 1, "b": []}),
        (b"\xde\x00\x01\xa1a\x01", {"a": 1}),
    ],
)
def test_values_are_as_the_specification_says(data: bytes, value: object) -> None:
    assert unpack(data) == value


@pytest.mark.parametrize(
    "data", [b"", b"\xa5ab", b"\x92\x01", b"\x01\x02", b"\xc7\x01\x01\x01", b"\x81\x01\x01", b"\x91" * 100, b"\xa1\xff"]
)
def test_what_is_none_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        unpack(data)
