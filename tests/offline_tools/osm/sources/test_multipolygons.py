# SPDX-License-Identifier: Apache-2.0
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from offline_tools.osm.sources.multipolygons import Chain, Relation, area, glued, relation
from offline_tools.osm.sources.stream import Area, Skipped

PARK = {"type": "multipolygon", "leisure": "park"}


def chain(*refs: int) -> Chain:
    return Chain(list(refs), [ref * 10 for ref in refs], [ref * 100 for ref in refs])


class Lines(dict[int, Chain]):
    def chain(self, way: int) -> Chain | None:
        return self.get(way)


SQUARE = chain(1, 2, 3, 4, 1)


def edges(ring: Chain) -> set[frozenset[tuple[int, int, int]]]:
    vertices = list(zip(*ring, strict=True))
    return {frozenset(pair) for pair in pairwise(vertices)}


@st.composite
def cut_rings(draw: st.DrawFn) -> tuple[list[Chain], list[Chain]]:
    """Rings, and the chains that they fall into when they are cut, in any order and direction."""
    rings, pieces = [], []
    for number in range(draw(st.integers(1, 3))):
        size = draw(st.integers(3, 9))
        ring = [number * 100 + index for index in range(size)]
        cuts = sorted(draw(st.sets(st.integers(0, size - 1), min_size=1)))
        ends = [*cuts[1:], cuts[0] + size]
        rings.append(chain(*ring, ring[0]))
        pieces += [[ring[index % size] for index in range(a, b + 1)] for a, b in zip(cuts, ends, strict=True)]
    turned = [piece[::-1] if draw(st.booleans()) else piece for piece in draw(st.permutations(pieces))]
    return rings, [chain(*piece) for piece in turned]


@given(cut_rings())
def test_cut_rings_are_glued_again(case: tuple[list[Chain], list[Chain]]) -> None:
    rings, pieces = case
    found = glued(pieces)
    assert all(ring.closed for ring in found)
    assert set(map(frozenset, map(edges, found))) == set(map(frozenset, map(edges, rings)))


def test_gluing_leaves_its_input_as_it_was() -> None:
    pieces = [chain(1, 2), chain(2, 3, 1)]
    glued(pieces)
    assert pieces == [chain(1, 2), chain(2, 3, 1)]


def test_chain_that_does_not_close_stays_open() -> None:
    assert [ring.refs for ring in glued([chain(2, 3), chain(4, 3), chain(1, 2)])] in ([[1, 2, 3, 4]], [[4, 3, 2, 1]])


def test_closed_way_is_a_ring_of_its_own_even_where_others_meet_it() -> None:
    found = glued([chain(1, 5), SQUARE, chain(5, 6, 1)])
    assert sorted(len(ring.refs) for ring in found) == [4, 5]


def test_only_ways_with_exactly_the_two_roles_count() -> None:
    members = [("way", 1, "outer"), ("way", 2, ""), ("way", 3, "Outer"), ("node", 4, "outer"), ("way", 5, "inner")]
    assert relation(9, PARK, members) == Relation(9, PARK, [(1, True), (5, False)], nested=False)


def test_other_relations_and_those_without_tags_are_none_of_ours() -> None:
    assert relation(9, {"type": "route", "route": "bus"}, [("way", 1, "outer")]) is None
    assert relation(9, {"type": "multipolygon"}, [("way", 1, "outer")]) is None


def test_relation_that_contains_itself_is_drawn_without_it_and_counted() -> None:
    found = relation(9, PARK, [("way", 1, "outer"), ("relation", 9, "outer")])
    assert found is not None
    skipped, drawn = area(found, Lines({1: SQUARE}))
    assert skipped == Skipped("relation inside a multipolygon", 9)
    assert isinstance(drawn, Area) and len(drawn.rings) == 1


def test_relation_without_an_outer_ring_is_left_out() -> None:
    found = Relation(9, PARK, [(1, False)], nested=False)
    assert list(area(found, Lines({1: SQUARE}))) == [Skipped("multipolygon without an outer ring", 9)]


def test_member_that_is_not_there_leaves_the_rest() -> None:
    found = Relation(9, PARK, [(1, True), (2, True)], nested=False)
    skipped, drawn = area(found, Lines({1: SQUARE}))
    assert skipped == Skipped("multipolygon with a member that is not in the file", 9)
    assert isinstance(drawn, Area) and drawn.rings[0].refs == SQUARE.refs


def test_rings_of_both_roles_are_not_glued_to_each_other() -> None:
    found = Relation(9, PARK, [(1, True), (2, False)], nested=False)
    (drawn,) = area(found, Lines({1: chain(1, 2, 3), 2: chain(3, 4, 1)}))
    assert isinstance(drawn, Area)
    assert [(ring.outer, len(ring.refs)) for ring in drawn.rings] == [(True, 3), (False, 3)]
