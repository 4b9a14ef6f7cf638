# SPDX-License-Identifier: Apache-2.0
"""Ways whose answer can be worked out by hand."""

import numpy as np
import pytest

from offline_tools.replay.trajectory.gps_noise import Track, rigid_turn, scatter, turns_along, weighting_sigma
from offline_tools.replay.trajectory.graph import Anchors, Steps, hold

SECOND = 10**9


def straight(count=101, speed=1.0, yaw=0.0):
    """Ten readings a second along a line from (0, 0)."""
    way = np.arange(count) * 0.1 * speed
    return np.column_stack([way * np.cos(yaw), way * np.sin(yaw), np.full(count, yaw)])


def circle(count=401, radius=5.0):
    """Once around (0, radius), anticlockwise, from (0, 0)."""
    angle = np.linspace(0, 2 * np.pi, count)
    return np.column_stack([radius * np.sin(angle), radius * (1 - np.cos(angle)), angle])


def stamps(poses):
    return np.arange(len(poses)) * (SECOND // 10)


def anchors(place, node, sigma, lever=(0.0, 0.0)):
    count = len(node)
    spread = np.full(count, float(sigma))
    share, node = (node == node.max()).astype(float), np.minimum(node, node.max() - 1)
    return Anchors(node, share, np.asarray(place, float), spread, spread, np.tile(np.asarray(lever, float), (count, 1)))


def fitted(odometry, true, sigma=0.03, every=2, error=(0.0, 0.0), lever=(0.0, 0.0)):
    node = np.arange(0, len(true), every)
    arm = np.asarray(lever)
    c, s = np.cos(true[node, 2]), np.sin(true[node, 2])
    antenna = true[node, :2] + np.column_stack([c * arm[0] - s * arm[1], s * arm[0] + c * arm[1]])
    first = true + np.array([*error, 0.1])
    return hold(Steps.of(stamps(odometry), odometry), anchors(antenna + error, node, sigma, lever), first)


def test_an_exact_odometry_and_exact_fixes_give_the_way_itself():
    found = fitted(straight(), straight(yaw=1.0))
    assert found.poses == pytest.approx(straight(yaw=1.0), abs=1e-6)
    assert np.abs(found.away).max() < 1e-6


def test_exact_fixes_pull_an_odometry_that_measures_too_much_onto_them():
    found = fitted(straight() * (1.02, 1.02, 1.0), straight())
    assert np.abs(found.poses - straight()).max() < 0.01


def test_an_odometry_that_turns_slowly_by_itself_is_set_right():
    turning = circle()
    drifting = np.zeros_like(turning)
    steps = Steps.of(stamps(turning), turning)
    yaw = 0.0
    for k in range(1, len(turning)):
        move = steps.moved[k - 1]
        c, s = np.cos(yaw), np.sin(yaw)
        drifting[k, :2] = drifting[k - 1, :2] + (c * move[0] - s * move[1], s * move[0] + c * move[1])
        yaw += steps.turned[k - 1] + 0.002 * 0.1
        drifting[k, 2] = yaw
    found = fitted(drifting, turning)
    assert np.abs(found.poses[:, :2] - turning[:, :2]).max() < 0.02
    assert np.abs(found.poses[:, 2] - turning[:, 2]).max() < np.radians(0.3)


def test_fixes_that_are_all_off_by_the_same_move_the_way_as_a_whole():
    found = fitted(circle(), circle(), sigma=30.0, error=(2.0, -1.0))
    assert found.poses[:, :2] - circle()[:, :2] == pytest.approx(np.tile((2.0, -1.0), (401, 1)), abs=0.01)


def test_poor_fixes_leave_the_shape_of_the_odometry():
    true, random = circle(), np.random.default_rng(3)
    node = np.arange(0, len(true), 2)
    noisy = true[node, :2] + random.normal(0, 3, (len(node), 2))
    found = hold(Steps.of(stamps(true), true), anchors(noisy, node, 36.0), true).poses
    between = np.linalg.norm(np.diff(found[:, :2], axis=0), axis=1)
    assert between == pytest.approx(np.linalg.norm(np.diff(true[:, :2], axis=0), axis=1), rel=0.02)


def test_the_antenna_may_sit_beside_the_body():
    found = fitted(circle(), circle(), lever=(0.5, -0.3))
    assert np.abs(found.poses[:, :2] - circle()[:, :2]).max() < 0.005


def test_one_fix_far_off_hardly_counts():
    true = straight()
    node = np.arange(0, len(true), 2)
    place = true[node, :2].copy()
    place[20] += (0.0, 50.0)
    found = hold(Steps.of(stamps(true), true), anchors(place, node, 0.1), true)
    assert np.abs(found.poses[:, 1]).max() < 0.2


def test_a_jump_of_the_odometry_is_bridged_by_the_fixes():
    true = straight()
    jumping = true.copy()
    jumping[50:, :2] += (100.0, 0.0)
    steps = Steps.of(stamps(true), jumping)
    assert steps.jumps.tolist() == [49]
    assert np.abs(fitted(jumping, true).poses[:, :2] - true[:, :2]).max() < 0.05


def test_a_longer_way_makes_the_direction_surer():
    short, long = (fitted(straight(n), straight(n), sigma=30.0).yaw_sigma for n in (101, 601))
    assert long < short / 3


def test_the_turn_between_two_ways_is_found():
    true = circle()[:150]
    track = Track(stamps(true), true[:, :2] @ [[0.0, 1.0], [-1.0, 0.0]], true[:, :2])
    turn = rigid_turn(track)
    assert turn.angle == pytest.approx(np.pi / 2) and turn.scatter == pytest.approx(0, abs=1e-9)
    assert turns_along(track, 0.01)[1] == pytest.approx(np.full(1, np.pi / 2), abs=1e-9)


def test_white_noise_of_fixes_is_measured_against_the_odometry():
    true, random = straight(601), np.random.default_rng(1)
    noisy = true[:, :2] + random.normal(0, 0.8, (601, 2))
    found = scatter(Track(stamps(true), noisy, true[:, :2]), np.full(601, 0.01))
    assert found == pytest.approx(np.full(601, 0.8), rel=0.2)


def test_a_larger_stated_noise_is_believed():
    true = straight(601)
    assert scatter(Track(stamps(true), true[:, :2], true[:, :2]), np.full(601, 3.0)) == pytest.approx(np.full(601, 3))


def test_errors_that_last_half_a_minute_make_many_fixes_count_as_one():
    # Five fixes a second: 150 in 30 s.
    assert weighting_sigma(np.full(3, 2.0), np.array([0, SECOND // 5, 2 * SECOND // 5])) == pytest.approx(
        np.full(3, 2 * np.sqrt(150))
    )
