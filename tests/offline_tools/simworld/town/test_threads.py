# SPDX-License-Identifier: Apache-2.0
from shapely import LineString

from offline_tools.simworld.town.threads import Thread, Threads


def thread(*points: tuple[float, float]) -> Thread:
    return Thread(list(points), {}, LineString(points))


def test_a_point_becomes_a_vertex_between_its_neighbours() -> None:
    bent = thread((0, 0), (10, 0), (10, 10))
    assert bent.insert((10, 4)) == (10, 4)
    assert bent.points == [(0, 0), (10, 0), (10, 4), (10, 10)]


def test_a_vertex_that_is_near_enough_serves() -> None:
    bent = thread((0, 0), (10, 0), (10, 10))
    assert bent.insert((10, 0.3)) == (10, 0)
    assert len(bent.points) == 3


def test_pieces_share_the_vertex_at_which_they_are_cut() -> None:
    bent = thread((0, 0), (10, 0), (10, 10))
    bent.cuts.add((10, 0))
    assert bent.split() == [[(0, 0), (10, 0)], [(10, 0), (10, 10)]]


def test_what_a_line_meets_first_comes_first() -> None:
    far, near = thread((8, -5), (8, 5)), thread((3, -5), (3, 5))
    found = Threads([far, near, thread((20, -5), (20, 5))]).hits(LineString([(0, 0), (10, 0)]))
    assert [(item, point) for item, point in found] == [(near, (3, 0)), (far, (8, 0))]


def test_nothing_is_near_where_there_are_no_threads() -> None:
    assert Threads([]).near(LineString([(0, 0), (1, 0)]), 100) == []
