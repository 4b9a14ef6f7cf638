# SPDX-License-Identifier: Apache-2.0
"""Where two roads meet. The roads run from the south to the north; widths are 10 m and 6 m, borders 1 px beyond."""

from pathlib import Path

import numpy as np
import pytest

from offline_tools.channels import CHANNEL_INDEX
from offline_tools.osm import CHANNELS, MapStore, load_style
from offline_tools.osm.shapes import Kind, Shapes
from tests.offline_tools.osm.maps import Sketch, cut, near

STREET = {"highway": "residential"}
MIDDLE = 1  # the node where the roads of `two_roads` meet


def shapes_of(store: MapStore, channel: str, kind: Kind) -> int:
    """How many shapes of a kind the published rules make."""
    found: Shapes = store.shapes(load_style("mia"), False, store.bounds)
    return int(((found.channel == CHANNEL_INDEX[channel]) & (found.kind == kind)).sum())


def two_roads(first: dict[str, str], second: dict[str, str], bend: float = 0.0) -> Sketch:
    """One road up to the middle, another one on from there."""
    sketch = Sketch()
    middle = sketch.node(0, 0)
    sketch.way([(0, -60), middle], **first)
    sketch.way([middle, (bend, 60)], **second)
    return sketch


def test_roads_of_one_width_are_joined_by_a_disc(tmp_path: Path) -> None:
    store = two_roads(STREET | {"sidewalk": "both"}, STREET | {"sidewalk": "both"}, bend=60).open(tmp_path)
    assert shapes_of(store, "road", Kind.DISC) == 1
    # The disc is 1 px larger than the road, and road where the rim is pedestrian; seen on the outer side of the bend.
    assert cut(store)["road"][0][0] == pytest.approx(-5.5, abs=0.1)


def test_a_road_that_meets_another_one_in_its_middle_gets_a_disc(tmp_path: Path) -> None:
    sketch = Sketch()
    middle = sketch.node(0, 0)
    sketch.way([(0, -60), middle, (0, 60)], **STREET)
    sketch.way([middle, (60, 0)], highway="service")
    assert shapes_of(sketch.open(tmp_path), "road", Kind.DISC) == 1


def test_where_three_roads_meet_nothing_is_added(tmp_path: Path) -> None:
    sketch = two_roads(STREET, STREET)
    sketch.way([MIDDLE, (40, 0)], **STREET)
    store = sketch.open(tmp_path)
    assert shapes_of(store, "road", Kind.DISC) == 0
    assert shapes_of(store, "road", Kind.FILL) == 0


def test_a_ring_of_one_road_is_closed_by_a_disc(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.ring([(0, 0), (30, 0), (30, 30), (0, 30)], highway="service")
    assert shapes_of(sketch.open(tmp_path), "road", Kind.DISC) == 1


WIDE, NARROW = STREET, STREET | {"width": "6"}


@pytest.mark.parametrize(
    ("north", "half"),
    [
        (-4.2, 5.5),  # the wide road, up to where it is drawn back by the difference, 4 m
        (4.2, 3.5),  # the narrow one
        (0.0, 4.5),  # half way: both sides pass through the middle between the two edges, 4, and the 1 m pen about it
    ],
)
def test_roads_of_two_widths_change_smoothly(north: float, half: float, tmp_path: Path) -> None:
    store = two_roads(WIDE, NARROW).open(tmp_path)
    assert shapes_of(store, "road", Kind.DISC) == 0 and shapes_of(store, "road", Kind.FILL) == 1
    assert near(cut(store, north=north)["road"], (-half, half), within=0.2)


def test_a_change_of_width_has_the_border_of_the_first_road(tmp_path: Path) -> None:
    store = two_roads(WIDE | {"sidewalk": "both"}, NARROW).open(tmp_path)
    # The curve from the one edge to the other, 5 m to 3 m, and about it 10 m + 2 px of border, under the road.
    t = np.linspace(0, 1, 1001)
    x = 5 * (1 - t) ** 3 + 3 * 5 * (1 - t) ** 2 * t + 3 * 3 * (1 - t) * t**2 + 3 * t**3
    y = -4 * (1 - t) ** 3 + 4 * t**3
    reach = float((x + np.sqrt(5.5**2 - y**2)).max())
    assert near(cut(store)["explicit_pedestrian"], (-reach, -4), (4, reach))


def test_a_transition_is_not_drawn_but_bridged(tmp_path: Path) -> None:
    sketch = Sketch()
    south, north = sketch.node(0, -10), sketch.node(0, 10)
    sketch.way([(0, -60), south], **WIDE)
    sketch.way([south, north], **NARROW, placement="transition")
    sketch.way([north, (0, 60)], **NARROW)
    store = sketch.open(tmp_path)
    assert shapes_of(store, "road", Kind.FILL) == 1
    assert near(cut(store)["road"], (-4.5, 4.5), within=0.3)


def test_a_transition_that_ends_nowhere_leaves_a_gap(tmp_path: Path) -> None:
    sketch = Sketch()
    south = sketch.node(0, -10)
    sketch.way([(0, -60), south], **WIDE)
    sketch.way([south, (0, 10)], **WIDE, placement="transition")
    assert "road" not in cut(sketch.open(tmp_path))


@pytest.mark.parametrize("widths", [(WIDE, WIDE), (WIDE, NARROW)])
def test_a_last_segment_without_length_does_not_spoil_the_map(
    widths: tuple[dict[str, str], dict[str, str]], tmp_path: Path
) -> None:
    sketch = Sketch()
    middle = sketch.node(0, 0)
    sketch.way([(0, -60), (0, 0), middle], **widths[0])
    sketch.way([middle, (0, 0), (0, 60)], **widths[1])
    store = sketch.open(tmp_path)
    shapes = store.shapes(load_style("mia"), False, store.bounds)
    assert np.isfinite(shapes.points).all() and np.isfinite(shapes.bounds).all()
    assert near(cut(store, north=-20)["road"], (-5.5, 5.5))


def test_channels_of_the_joint_are_those_of_the_first_road(tmp_path: Path) -> None:
    store = two_roads({"highway": "raceway"}, {"highway": "unclassified"}).open(tmp_path)
    shapes = store.shapes(load_style("mia"), False, store.bounds)
    discs = shapes.channel[shapes.kind == Kind.DISC]
    assert [CHANNELS[channel] for channel in discs] == ["terrain"]
