# SPDX-License-Identifier: Apache-2.0
import numpy as np

from offline_tools.replay.trajectory.thinning import Thinned

MS = 1_000_000


def filled(stamps, rows, **options):
    log = Thinned(1, **options)
    for stamp, row in zip(stamps, rows, strict=True):
        log.add(int(stamp), [float(row)])
    return log


def test_a_fast_sensor_is_kept_at_about_ten_hertz():
    log = filled(np.arange(0, 10_000, 5) * MS, range(2000))
    assert 95 <= len(log) <= 115
    assert log.seen == 2000
    assert np.diff(log.stamps[:-1]).max() <= 100 * MS


def test_the_first_and_the_newest_are_always_there():
    log = filled(np.arange(0, 1010, 10) * MS, range(101))
    assert log.stamps[[0, -1]].tolist() == [0, 1000 * MS]
    assert log.rows[[0, -1], 0].tolist() == [0, 100]


def test_a_slow_sensor_is_kept_whole():
    assert len(filled(np.arange(20) * 200 * MS, range(20))) == 20


def test_stamps_that_do_not_rise_are_passed_over():
    log = filled([0, 200 * MS, 100 * MS, 200 * MS, 400 * MS], [0, 1, 2, 3, 4])
    assert log.rows[:, 0].tolist() == [0, 1, 4]


def test_what_stands_still_is_kept_at_its_ends():
    log = filled(np.arange(100) * 100 * MS, [7] * 99 + [8], still=True)
    assert log.stamps.tolist() == [0, 9800 * MS, 9900 * MS]
