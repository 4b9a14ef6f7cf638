# SPDX-License-Identifier: Apache-2.0
from mia_ros.runtime.silence import Silence

MS = 10**6


def running(until=1000):
    """Images and maps at 10 Hz; the stamp of an image is its time less 7 ns."""
    silence = Silence(1.0, 0)
    for now in range(100, until + 1, 100):
        silence.image(now * MS - 7, now * MS, usable=True)
        silence.mapped(now * MS)
    return silence


def test_while_maps_come_nothing_is_said():
    assert running().due(1900 * MS) is None


def test_when_images_stop_it_is_said_once_with_the_last_stamp():
    silence = running()
    assert silence.due(2000 * MS) == 1000 * MS - 7
    assert silence.due(2100 * MS) is None
    assert silence.due(90_000 * MS) is None


def test_after_another_map_it_can_be_said_again():
    silence = running()
    silence.due(2000 * MS)
    silence.image(3000 * MS, 3000 * MS, usable=True)
    silence.mapped(3010 * MS)
    assert silence.due(3900 * MS) is None
    assert silence.due(4000 * MS) == 3000 * MS


def test_images_that_come_back_without_a_map_do_not_say_it_again():
    silence = running()
    silence.due(2000 * MS)
    silence.image(3000 * MS, 3000 * MS, usable=True)
    silence.failed()
    assert silence.due(9000 * MS) is None


def test_images_that_cannot_be_used_do_not_count():
    """A lens that is covered: images go on, and the unknown map has the stamp of the last of them."""
    silence = running()
    for now in range(1100, 2001, 100):
        silence.image(now * MS, now * MS, usable=False)
    assert silence.due(2000 * MS) == 2000 * MS


def test_images_that_make_no_map_do_not_count():
    """Gravity is missing, for example."""
    silence = running()
    for now in range(1100, 2001, 100):
        silence.image(now * MS, now * MS, usable=True)
        silence.failed()
    assert silence.due(1900 * MS) is None
    assert silence.due(2000 * MS) == 2000 * MS


def test_a_single_image_that_makes_no_map_is_forgiven():
    silence = running()
    silence.image(1100 * MS, 1100 * MS, usable=True)
    silence.failed()
    assert silence.due(1150 * MS) is None


def test_an_engine_that_is_slower_than_the_timeout_may_take_its_time():
    silence = running()
    for now in range(1100, 4000, 100):
        silence.image(now * MS, now * MS, usable=True)
        assert silence.due(now * MS) is None


def test_an_engine_that_hangs_is_found_out():
    silence = running()
    for now in range(1100, 11_001, 100):
        silence.image(now * MS, now * MS, usable=True)
    assert silence.due(10_900 * MS) is None
    assert silence.due(11_000 * MS) == 11_000 * MS


def test_if_no_image_ever_came_there_is_nothing_to_take_back():
    assert Silence(1.0, 0).due(10**12) is None


def test_a_map_that_is_ready_too_late_would_be_taken_back_at_once():
    silence = running()
    assert not silence.lost(1900 * MS)
    assert silence.lost(2000 * MS)


def test_after_any_silence_the_first_map_is_welcome():
    """Images that made no map for long, or did not come for long, do not stand against the map of the newest."""
    silence = running()
    silence.failed()
    silence.due(30_000 * MS)
    silence.image(30_100 * MS, 30_100 * MS, usable=True)
    assert not silence.lost(30_200 * MS)
    silence.mapped(30_200 * MS)
    assert silence.due(30_900 * MS) is None


def test_at_the_end_a_map_that_stands_is_taken_back_once():
    silence = running()
    assert silence.end() == 1000 * MS - 7
    assert silence.end() is None
    assert silence.due(90_000 * MS) is None


def test_where_no_map_stands_there_is_nothing_to_take_back():
    silence = Silence(1.0, 0)
    silence.image(5, 5, usable=True)
    assert silence.end() is None
    assert silence.due(90_000 * MS) is None
