# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros.errors import TransformUnavailable
from mia_ros.runtime.transforms import TransformBuffer
from mia_ros.transform import Transform

S = 10**9


def turned(degrees):
    """About z."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def link(parent, child, stamp=0, degrees=0.0, at=(0.0, 0.0, 0.0)):
    return Transform(parent, child, stamp, turned(degrees), np.array(at))


def buffer(*static, moving=(), **options):
    result = TransformBuffer(**options)
    for each in static:
        result.add(each, static=True)
    for each in moving:
        result.add(each, static=False)
    return result


def test_a_point_goes_from_the_source_to_the_target():
    """The camera is 1 m ahead of the base and turned left by 90 deg: what it sees 2 m along its x is left of it."""
    tree = buffer(link("base", "camera", degrees=90, at=(1, 0, 0)))
    found = tree.lookup("base", "camera", 5 * S)
    np.testing.assert_allclose(found.rotation @ [2, 0, 0] + found.translation, [1, 2, 0], atol=1e-12)
    assert found[:3] == ("base", "camera", 5 * S)


def test_chains_go_up_and_down():
    tree = buffer(
        link("base", "mast", at=(0, 0, 2)),
        link("mast", "camera", degrees=90, at=(1, 0, 0)),
        link("base", "imu", degrees=180, at=(0, 3, 0)),
    )
    found = tree.lookup("imu", "camera", 0)
    # The camera is at (1, 0, 2) in the base, which is (-1, 3, 2) seen from an IMU at (0, 3, 0) that looks back.
    np.testing.assert_allclose(found.translation, [-1, 3, 2], atol=1e-12)
    np.testing.assert_allclose(found.rotation, turned(-90), atol=1e-12)


def test_there_and_back_is_nothing():
    tree = buffer(link("a", "b", degrees=20, at=(1, 2, 3)), moving=[link("b", "c", S, 70, (3, 1, 0))])
    there, back = tree.lookup("a", "c", S), tree.lookup("c", "a", S)
    np.testing.assert_allclose(there.then(back).rotation, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(there.then(back).translation, np.zeros(3), atol=1e-12)


def test_a_frame_is_where_it_is_even_if_nothing_is_known_of_it():
    np.testing.assert_array_equal(TransformBuffer().lookup("camera", "camera", 7).rotation, np.eye(3))


def test_a_slash_in_front_of_a_name_does_not_matter():
    assert buffer(link("/base", "/camera", at=(1, 0, 0))).lookup("/base", "camera", 0).translation[0] == 1


def test_what_moves_is_interpolated_at_the_stamp():
    samples = [link("odom", "base", 0, 0, (0, 0, 0)), link("odom", "base", S // 10, 40, (1, 0, 0))]
    found = buffer(moving=samples).lookup("odom", "base", S // 40)
    np.testing.assert_allclose(found.rotation, turned(10), atol=1e-9)
    np.testing.assert_allclose(found.translation, [0.25, 0, 0], atol=1e-9)


def test_the_order_of_arrival_does_not_matter():
    samples = [link("odom", "base", index * S // 50, index * 2.0) for index in range(40)]
    in_order, backwards = buffer(moving=samples), buffer(moving=samples[::-1])
    for stamp in (0, 13_456_789, S // 3):
        np.testing.assert_array_equal(
            in_order.lookup("odom", "base", stamp).rotation, backwards.lookup("odom", "base", stamp).rotation
        )


def test_a_little_beyond_the_newest_the_newest_holds():
    tree = buffer(moving=[link("odom", "base", S, 30)])
    np.testing.assert_array_equal(tree.lookup("odom", "base", S + S // 10).rotation, turned(30))


@pytest.mark.parametrize(("stamp", "where"), [(S + S // 5, "newer"), (0, "older")])
def test_far_from_what_is_there_it_says_how_far_and_names_the_link(stamp, where):
    tree = buffer(link("base", "camera"), moving=[link("odom", "base", S), link("odom", "base", S + 1)])
    with pytest.raises(TransformUnavailable, match=rf"tf from 'base' to 'odom': the stamp is .* \({where}\)"):
        tree.lookup("odom", "camera", stamp)


def test_nothing_is_made_up_in_a_long_gap():
    tree = buffer(moving=[link("odom", "base", 0), link("odom", "base", 3 * S, 90)])
    with pytest.raises(TransformUnavailable, match=r"1\.400 s from the nearest transform \(in a gap"):
        tree.lookup("odom", "base", 1_400_000_000)


def test_beside_a_long_gap_the_nearest_holds():
    tree = buffer(moving=[link("odom", "base", 0, 5), link("odom", "base", 3 * S, 90)])
    np.testing.assert_array_equal(tree.lookup("odom", "base", S // 20).rotation, turned(5))


def test_an_unknown_frame_is_named_with_those_that_are_known():
    with pytest.raises(TransformUnavailable, match="no transform names 'imu'; known frames: base, camera"):
        buffer(link("base", "camera")).lookup("camera", "imu", 0)


def test_without_any_transform_it_says_so():
    with pytest.raises(TransformUnavailable, match="names 'imu' nor 'camera'; known frames: none at all"):
        TransformBuffer().lookup("camera", "imu", 0)


def test_two_trees_are_named_by_their_roots():
    tree = buffer(link("base", "mast"), link("mast", "camera"), link("imu_base", "imu"))
    with pytest.raises(TransformUnavailable, match="nothing connects 'imu_base', under which 'imu' is, and 'base'"):
        tree.lookup("camera", "imu", 0)


def test_the_newest_parent_wins_and_is_counted():
    tree = buffer(link("base", "camera", at=(1, 0, 0)), link("gimbal", "camera", at=(5, 0, 0)))
    assert tree.lookup("gimbal", "camera", 0).translation[0] == 5
    assert tree.counts["replaced"] == 1
    with pytest.raises(TransformUnavailable):
        tree.lookup("base", "camera", 0)


def test_a_static_transform_that_comes_again_corrects_the_first():
    tree = buffer(link("base", "camera", at=(1, 0, 0)), link("base", "camera", at=(2, 0, 0)))
    assert tree.lookup("base", "camera", 0).translation[0] == 2


def test_a_circle_is_opened_where_it_is_contradicted():
    tree = buffer(link("a", "b", at=(1, 0, 0)), link("b", "c", at=(1, 0, 0)), link("c", "a", at=(7, 0, 0)))
    assert tree.counts["circles"] == 1
    assert tree.lookup("c", "a", 0).translation[0] == 7
    assert tree.lookup("b", "c", 0).translation[0] == 1


@pytest.mark.parametrize(("parent", "child"), [("a", "a"), ("", "a"), ("a", ""), ("/a", "a")])
def test_what_names_no_two_frames_is_refused_and_counted(parent, child):
    tree = buffer(link(parent, child))
    assert tree.frames() == []
    assert tree.counts["refused"] == 1


def test_clearing_forgets_what_moves():
    tree = buffer(link("base", "camera"), moving=[link("odom", "base", S)])
    tree.clear()
    tree.lookup("base", "camera", 0)
    with pytest.raises(TransformUnavailable, match="'odom'"):
        tree.lookup("odom", "camera", S)


def test_time_that_jumps_back_is_followed_after_some_samples():
    day = [link("odom", "base", 100 * S + index * S // 50, 80) for index in range(100)]
    again = [link("odom", "base", index * S // 50, index) for index in range(10)]
    tree = buffer(moving=day + again)
    np.testing.assert_array_equal(tree.lookup("odom", "base", 6 * S // 50).rotation, turned(6))
    assert tree.counts["restarts"] == 1


def test_a_single_wild_stamp_does_not_disturb_it():
    samples = [link("odom", "base", index * S // 50, index) for index in range(20)]
    tree = buffer(moving=[*samples[:10], link("odom", "base", 10**18, 77), *samples[10:]])
    np.testing.assert_array_equal(tree.lookup("odom", "base", 15 * S // 50).rotation, turned(15))


def test_memory_does_not_grow_with_time():
    tree = TransformBuffer(history=1.0)
    for index in range(5_000):
        tree.add(link("odom", "base", index * S // 100), static=False)
    assert len(tree._edges["base"].moving._stamps) <= 101


def test_memory_does_not_grow_with_names():
    tree = buffer(*(link("world", f"marker_{index}") for index in range(3_000)))
    assert len(tree.frames()) < 2_100
    assert tree.counts["refused"] == 1_000


def test_it_says_whether_waiting_would_gain_anything():
    tree = buffer(link("base", "camera"), moving=[link("odom", "base", S)])
    assert tree.reaches("odom", "camera", S)
    assert not tree.reaches("odom", "camera", S + 1)
    assert tree.reaches("base", "camera", S + 1)
    assert not tree.reaches("camera", "imu", S)


def test_senders_that_contradict_each_other_are_told():
    tree = buffer(link("base", "camera"), link("gimbal", "camera"))
    assert tree.problem() is None
    for parent in ("base", "gimbal"):
        tree.add(link(parent, "camera"), static=True)
    assert tree.problem() == (
        "tf: 'camera' is said to be in 'base' (static) and in 'gimbal' (static), 3 contradictions so far"
    )
