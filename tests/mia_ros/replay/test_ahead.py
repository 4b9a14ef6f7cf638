# SPDX-License-Identifier: Apache-2.0
import threading

import pytest

from mia_ros.replay.ahead import Ahead


def one(_item):
    """All weigh the same."""
    return 1.0


def test_items_come_in_their_order():
    with Ahead(range(1000), one, 10.0) as ahead:
        assert list(ahead) == list(range(1000))


def test_no_more_is_made_ahead_than_the_weights_allow():
    made = []

    def items():
        for k in range(100):
            made.append(k)
            yield k

    with Ahead(items(), one, 5.0) as ahead:
        for k in ahead:
            assert len(made) <= k + 12  # five that were handed over, five that are ready, one in hand


def test_an_item_that_is_heavier_than_all_that_is_allowed_comes_alone():
    with Ahead(range(5), lambda _: 99.0, 5.0) as ahead:
        assert list(ahead) == list(range(5))


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield 1
        raise OSError("the disk is gone")

    seen = []
    with Ahead(items(), one, 5.0) as ahead, pytest.raises(OSError, match="the disk is gone"):
        seen.extend(k for k in ahead)
    assert seen == [1]


def test_the_thread_has_ended_after_the_block():
    before = threading.active_count()
    with Ahead(iter(int, 1), one, 5.0) as ahead:
        assert next(iter(ahead)) == 0
    assert threading.active_count() == before
