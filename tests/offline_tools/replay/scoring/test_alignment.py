# SPDX-License-Identifier: Apache-2.0
"""Maps that are nearly true, against street maps drawn at paths that err by known amounts."""

import dataclasses
import math

import numpy as np
import pytest

from mia_ros import SemanticMap
from offline_tools.replay.scoring import Scoring, SearchWindow, align
from offline_tools.replay.trajectory import Correction, FixErrors, Shift, Trajectory
from offline_tools.replay.truth import bag_truth, osm_truth
from offline_tools.simworld.drive import DrivePlan
from tests.offline_tools.replay.recordings import TOPICS, driven, fix_errors, nearly_true, trajectory_of

PLAN = DrivePlan(seconds=20, seed=1, gps_sigma=0.0, imu_hz=50, image_hz=2)


@pytest.fixture(scope="module")
def exact(streets, tmp_path_factory):
    """A drive with a GPS that does not err, its bag, its path, and maps that are nearly true."""
    out = tmp_path_factory.mktemp("exact") / "bag"
    drive = driven(streets, PLAN, out)
    return drive, out, trajectory_of(drive, out), nearly_true(streets, drive)


def scored(maps, truth):
    scoring = Scoring()
    for found in maps:
        true = truth.of(found.stamp)
        if true is not None:
            scoring.add(found.stamp, found, true)
    return scoring.record()


def wrong_by(trajectory, east, north, turn=0.0):
    """A path that lies too far east and north, and is turned clockwise, with fixes on it."""
    middle = tuple(trajectory.poses[len(trajectory.poses) // 2, :2])
    moved = trajectory.moved(Correction((Shift(0, middle, east, north, -turn),)))
    return dataclasses.replace(moved, fixes=FixErrors(moved.stamps, np.zeros((len(moved.stamps), 2))))


def test_the_street_map_and_the_recorded_truth_give_the_same_scores_with_an_exact_gps(exact, streets):
    _, bag, trajectory, maps = exact
    by_bag = scored(maps, bag_truth(bag, TOPICS.truth))
    by_osm = scored(maps, osm_truth(streets, trajectory))
    assert by_bag["macro_mean_iou"] > 0.8
    for name, value in by_bag["iou"].items():
        assert by_osm["iou"][name] == pytest.approx(value, abs=0.01), name


def test_an_exact_path_stays_where_it_is(exact, streets):
    _, _, trajectory, maps = exact
    record = align(lambda: maps, trajectory, streets).record()
    assert record["size_m"] < 0.25 and abs(record["turn_deg"]) < 0.5 and not record["at_the_edge"]


def test_a_gps_two_metres_too_far_east_is_said_to_be_so(exact, streets):
    _, _, trajectory, maps = exact
    record = align(lambda: maps, wrong_by(trajectory, 2.0, 0.0), streets, SearchWindow(4.0, 4.0)).record()
    assert record["gps_error_east_m"] == pytest.approx(2, abs=0.3)
    assert record["gps_error_north_m"] == pytest.approx(0, abs=0.3)


def test_shift_and_turn_are_found_together_and_undone(exact, streets):
    drive, _, trajectory, maps = exact
    wrong = wrong_by(trajectory, -3.0, 4.0, math.radians(5))
    found = align(lambda: maps, wrong, streets)
    record = found.record()
    assert record["gps_error_east_m"] == pytest.approx(-3, abs=0.4)
    assert record["gps_error_north_m"] == pytest.approx(4, abs=0.4)
    assert record["size_m"] == pytest.approx(5, abs=0.4)
    assert record["turn_deg"] == pytest.approx(5, abs=1)
    right = wrong.moved(found.correction)
    for stamp in drive.stamps.tolist():
        assert right.at(stamp)[:2] == pytest.approx(trajectory.at(stamp)[:2], abs=0.5)


def test_what_lies_beyond_the_window_is_at_its_edge(exact, streets):
    _, _, trajectory, maps = exact
    found = align(lambda: maps, wrong_by(trajectory, 4.0, 0.0), streets, SearchWindow(2.0, 4.0))
    assert found.at_the_edge and found.record()["search_window"] == {"metres": 2.0, "degrees": 4.0}


def test_maps_that_say_nothing_move_nothing(exact, streets):
    _, _, trajectory, maps = exact
    blank = [SemanticMap(np.full((6, 100, 100), 0.3, np.float32), each.observed, each.stamp) for each in maps]
    assert align(lambda: blank, trajectory, streets, SearchWindow(4.0, 4.0)).record()["size_m"] == pytest.approx(
        0, abs=0.05
    )


def test_without_maps_there_is_nothing_to_align(exact, streets):
    _, _, trajectory, _ = exact
    record = align(list, trajectory, streets).record()
    assert record["segments"] == [] and record["gps_error_east_m"] is None


def test_every_stretch_has_its_own_error(exact, streets):
    _, _, trajectory, maps = exact
    half = int(trajectory.stamps[len(trajectory.stamps) // 2])
    poses = trajectory.poses.copy()
    poses[:, 0] += np.where(trajectory.stamps < half, 1.0, 2.0)
    # A minute passes in the middle, so that it is two stretches.
    later = np.where(trajectory.stamps < half, 0, 60 * 10**9)
    split = Trajectory("test", trajectory.origin, trajectory.stamps + later, poses)
    moved = [dataclasses.replace(each, stamp=each.stamp + (60 * 10**9 if each.stamp >= half else 0)) for each in maps]
    segments = align(lambda: moved, split, streets, SearchWindow(4.0, 4.0)).record()["segments"]
    assert [round(each["gps_error_east_m"]) for each in segments] == [1, 2]


@pytest.mark.slow
@pytest.mark.parametrize("bias", [(0.0, 0.0), (2.5, -3.0)])
def test_a_gps_that_errs_by_metres_is_found_out(exact, streets, tmp_path, bias):
    _, bag, _, maps = exact
    error = None if bias == (0.0, 0.0) else bias + np.random.default_rng(4).normal(0, 1.0, (100, 2))
    sigma = 3.0 if error is None else 0.0
    drive = driven(streets, dataclasses.replace(PLAN, gps_sigma=sigma), tmp_path / "bag", error)
    trajectory = trajectory_of(drive, tmp_path / "bag")
    found = align(lambda: maps, trajectory, streets)
    right = scored(maps, bag_truth(bag, TOPICS.truth))
    aligned = scored(maps, osm_truth(streets, trajectory.moved(found.correction)))
    assert aligned["macro_mean_iou"] == pytest.approx(right["macro_mean_iou"], abs=0.05)
    east, north = fix_errors(drive).mean(0)
    record = found.record()
    assert math.hypot(record["gps_error_east_m"] - east, record["gps_error_north_m"] - north) < 1
