# SPDX-License-Identifier: Apache-2.0
import pytest

from mia_ros.runtime.clocks import ClockWatch

MS = 10**6
S = 10**9
START = 10**18  # where stamps begin; local time begins at 0


def watched(image_ahead=0.0, imu_ahead=0.0, seconds=3, image_delay=50 * MS, jitter=()):
    clocks = ClockWatch(0.25)
    for index in range(seconds * 100):
        taken = index * 10 * MS
        clocks.imu(START + taken + round(imu_ahead * S), taken + 2 * MS)
        if index % 4 == 0:
            delay = image_delay + (jitter[index % len(jitter)] * MS if jitter else 0)
            clocks.image(START + taken + round(image_ahead * S), taken + delay)
    return clocks


def test_clocks_that_agree_are_no_problem():
    assert watched().problem() is None
    assert watched().difference() == pytest.approx(0.048)


def test_a_camera_that_is_ahead_is_named():
    line = watched(image_ahead=1.5).problem()
    assert line.startswith("clocks: stamps of image are 1.452 s ahead of those of imu, more than max_clock_difference")


def test_an_imu_that_is_ahead_is_named():
    assert "stamps of imu are 3.048 s ahead of those of image" in watched(imu_ahead=3.0).problem()


def test_a_few_late_images_do_not_count():
    assert watched(jitter=(0, 5, 900, 3, 2)).problem() is None


def test_before_both_were_heard_there_is_no_saying():
    clocks = ClockWatch(0.25)
    for index in range(100):
        clocks.image(index, index + S)
    assert clocks.difference() is None
    assert clocks.problem() is None


def test_what_is_long_past_does_not_count():
    clocks = watched(image_ahead=2.0)
    for index in range(1000, 1600):
        clocks.imu(START + index * 10 * MS, index * 10 * MS)
        clocks.image(START + index * 10 * MS, index * 10 * MS)
    assert clocks.problem() is None


def test_an_imu_that_fell_silent_is_not_compared():
    clocks = watched(image_ahead=2.0)
    for index in range(100):
        clocks.image(START + 20 * S + index, 20 * S + index)
    assert clocks.problem() is None


def test_a_new_start_forgets():
    clocks = watched(image_ahead=2.0)
    clocks.reset()
    assert clocks.problem() is None


def test_memory_does_not_grow():
    clocks = ClockWatch(0.25)
    for index in range(20_000):
        clocks.imu(index, index)
    assert len(clocks._imu) <= 5_000
