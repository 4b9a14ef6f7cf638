# SPDX-License-Identifier: Apache-2.0
"""Lengths as people write them into tags."""

import pytest

from offline_tools.osm.lengths import metres, plain_metres


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5.5", 5.5), ("5.5 m", 5.5), (" 7m ", 7.0), ("20 ft", 6.096), ("10'", 3.048), ("10'6\"", 3.2004)],
)
def test_units_are_read(text, expected):
    assert metres(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "abc", "2;3", "5.5 yards", "-3", "nan", "inf", "1e", "narrow"])
def test_what_is_no_length_is_none(text):
    assert metres(text) is None


@pytest.mark.parametrize(
    ("text", "expected"), [("5.5", 5.5), ("1e1", 10.0), ("5.5 m", None), ("nan", None), ("", None)]
)
def test_a_plain_number_has_no_unit(text, expected):
    assert plain_metres(text) == expected
