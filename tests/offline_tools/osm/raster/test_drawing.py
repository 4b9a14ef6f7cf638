# SPDX-License-Identifier: Apache-2.0
import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from mia_ros.arrays import FloatArray
from offline_tools.errors import CoverageError
from offline_tools.osm.frame import View
from offline_tools.osm.raster import draw
from offline_tools.osm.shapes import Cap, Join, Kind
from tests.offline_tools.osm.raster.canvas import Drawn, pixels, shapes, touched_by_cairo

Random = np.random.Generator
CASES = 120


def anywhere(random: Random, points: int) -> FloatArray:
    return random.uniform(-20, 84, (points, 2))


def house(random: Random) -> FloatArray:
    """An L of walls, turned and placed at random, closed."""
    angle, (wide, deep) = random.uniform(0, math.pi), random.uniform(3, 25, 2)
    walls = np.array([[-wide, -deep], [wide, -deep], [wide, deep], [0, deep], [0, deep / 2], [-wide, deep / 2]])
    cos, sin = math.cos(angle), math.sin(angle)
    return np.concatenate([walls, walls[:1]]) @ [[cos, sin], [-sin, cos]] + random.uniform(0, 64, 2)


def street(random: Random) -> FloatArray:
    """A line that turns a little at each of its corners."""
    heading = np.cumsum(random.normal(0, 0.3, 12)) + random.uniform(0, 2 * math.pi)
    steps = np.stack([np.cos(heading), np.sin(heading)], axis=1) * random.uniform(2, 9, (12, 1))
    return np.cumsum(steps, axis=0) + random.uniform(0, 64, 2)


def closed(line: FloatArray) -> FloatArray:
    return np.concatenate([line, line[:1]])


FILLS: dict[str, Callable[[Random], Drawn]] = {
    "triangles": lambda r: Drawn(Kind.FILL, [anywhere(r, 3)]),
    "slivers": lambda r: Drawn(Kind.FILL, [anywhere(r, 2)[[0, 1, 1]] + [[0, 0], [0, 0], [0.3, 0.2]]]),
    "crossing rings": lambda r: Drawn(Kind.FILL, [anywhere(r, r.integers(3, 9)) for _ in range(r.integers(1, 3))]),
    "houses": lambda r: Drawn(Kind.FILL, [house(r)]),
    "rings with holes": lambda r: Drawn(Kind.FILL, [ring := house(r), (ring[::-1] - ring.mean(0)) / 2 + ring.mean(0)]),
}
STROKES: dict[str, Callable[[Random], Drawn]] = {
    f"{name}, {join.name.lower()} joins, {cap.name.lower()} caps": (
        lambda r, low=low, high=high, line=line, join=join, cap=cap: Drawn(
            Kind.STROKE, [line(r)], r.uniform(low, high), cap, join
        )
    )
    for name, low, high, line in (
        ("thin lines", 0.5, 2, lambda r: anywhere(r, 5)),
        ("wide lines", 8, 60, lambda r: anywhere(r, 4)),
        ("closed lines", 2, 8, lambda r: closed(anywhere(r, 4))),
        ("walls", 1, 1, house),
        ("streets", 3, 30, street),
    )
    for join in Join
    for cap in Cap
}
DASHES: dict[str, Callable[[Random], Drawn]] = {
    "dashed lines": lambda r: Drawn(Kind.STROKE, [street(r)], r.uniform(0.5, 4), dash=(5, 3)),
    "closed dashed lines": lambda r: Drawn(Kind.STROKE, [closed(anywhere(r, 4))], r.uniform(0.5, 4), dash=(5, 3)),
}
DISCS: dict[str, Callable[[Random], Drawn]] = {
    "small discs": lambda r: Drawn(Kind.DISC, [r.uniform(-5, 69, (3, 2))], r.uniform(0.5, 10)),
    "large discs": lambda r: Drawn(Kind.DISC, [r.uniform(-5, 69, (2, 2))], r.uniform(11, 60)),
}
ALL = FILLS | STROKES | DASHES | DISCS


def compared(name: str) -> Iterator[tuple[int, int]]:
    """Pixels that differ from cairo's, and that either sets, for each of the random shapes."""
    for case in range(CASES):
        shape = ALL[name](np.random.default_rng(case))
        wanted, got = touched_by_cairo(shape), draw(shapes(shape), pixels())[:, :, 0] != 0
        yield int((wanted != got).sum()), int((wanted | got).sum())


@pytest.mark.parametrize("name", FILLS)
def test_fills_set_exactly_the_pixels_that_cairo_touches(name: str) -> None:
    assert sum(different for different, _ in compared(name)) == 0


@pytest.mark.parametrize("name", [*STROKES, *DASHES, *DISCS])
def test_no_picture_has_more_than_three_pixels_that_cairo_sets_otherwise(name: str) -> None:
    assert max(different for different, _ in compared(name)) <= 3


def test_all_pictures_together_agree_with_cairo() -> None:
    different, touched = np.sum([counts for name in ALL for counts in compared(name)], axis=0)
    assert 1 - different / touched > 0.9999


@pytest.mark.parametrize("kinds", [FILLS, STROKES, DASHES, DISCS], ids=["fills", "strokes", "dashes", "discs"])
def test_shapes_together_set_what_each_of_them_sets(kinds: dict[str, Callable[[Random], Drawn]]) -> None:
    each = [make(np.random.default_rng(7)) for make in kinds.values()]
    together = draw(shapes(*each), pixels())
    alone = [draw(shapes(shape), pixels()) for shape in each]
    np.testing.assert_array_equal(together, np.maximum.reduce(alone))


def test_order_does_not_matter() -> None:
    each = [make(np.random.default_rng(3)) for make in ALL.values()]
    np.testing.assert_array_equal(draw(shapes(*each), pixels()), draw(shapes(*each[::-1]), pixels()))


def test_channels_are_apart_and_values_are_0_and_1() -> None:
    square = np.array([[2.0, 2], [6, 2], [6, 6], [2, 6]])
    mask = draw(
        shapes(*(Drawn(Kind.FILL, [square + channel], channel=channel) for channel in range(9))), pixels(20, 30)
    )
    assert mask.shape == (20, 30, 9) and mask.dtype == np.uint8 and mask.flags.c_contiguous
    for channel in range(9):
        rows, columns = np.nonzero(mask[:, :, channel])
        assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2 + channel, 5 + channel) * 2
    assert set(np.unique(mask)) == {0, 1}


def test_nothing_to_draw_gives_an_empty_mask() -> None:
    assert not draw(shapes(), pixels(5, 7)).any()


def test_out_is_overwritten_and_returned() -> None:
    out = np.full((64, 64, 9), 7, np.uint8)
    shape = shapes(Drawn(Kind.DISC, [np.array([[20.0, 20]])], 9))
    assert draw(shape, pixels(), out) is out
    np.testing.assert_array_equal(out, draw(shape, pixels()))


@pytest.mark.parametrize("out", [np.zeros((64, 64, 8), np.uint8), np.zeros((64, 64, 9), bool)])
def test_out_of_another_kind_is_refused(out: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"^out: .*shape \(64, 64, 9\)"):
        draw(shapes(), pixels(), out)


def test_view_without_pixels_is_refused() -> None:
    with pytest.raises(CoverageError, match="0 x 7"):
        draw(shapes(), pixels(0, 7))


def test_ground_widths_scale_with_the_map_and_pens_with_the_resolution() -> None:
    """Twice the resolution: a map with twice the pixels, where ground and pen are twice as many pixels wide."""
    line = np.array([[10.2, -50], [10.2, 50]])
    twice = View(np.array([[0, -2.0, 30], [2.0, 0, 0]]), 40, 60, 0.25)
    for ground in (True, False):
        mask = draw(shapes(Drawn(Kind.STROKE, [line], 3), ground=ground), twice)[:, :, 0]
        # x = 10.2 is row 20.4; six pixels wide, it touches 17.4 to 23.4.
        assert np.nonzero(mask.all(axis=1))[0].tolist() == list(range(17, 24))
        assert mask.sum() == 7 * 60


def test_dashes_scale_with_the_resolution() -> None:
    line = np.array([[0.0, 10], [20, 10]])
    fine = View(np.array([[2.0, 0, 0], [0, 2.0, 0]]), 40, 40, 0.25)
    mask = draw(shapes(Drawn(Kind.STROKE, [line], 1, dash=(5, 3))), fine)[20, :, 0]
    assert np.nonzero(mask)[0].tolist() == [*range(10), *range(16, 26), *range(32, 40)]


def test_origin_is_where_the_points_are_counted_from() -> None:
    """At a longitude of 100 degrees and 224 pixels in 0.001 degrees, which float32 could not tell apart."""
    ring = np.array([[3.3, 4.1], [20.7, 9], [11, 30.2]])
    scale = 224 / 0.001
    matrix = np.array([[scale, 0, -100 * scale], [0, scale, -50 * scale]])
    far = draw(shapes(Drawn(Kind.FILL, [ring / scale]), origin=(100.0, 50.0)), View(matrix, 64, 64, 0.5))
    np.testing.assert_array_equal(far, draw(shapes(Drawn(Kind.FILL, [ring])), pixels()))


POINT = np.array([[20.5, 20.5]])
STROKED = [(cap, join) for cap in Cap for join in Join]


@pytest.mark.parametrize(("cap", "join"), STROKED)
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_line_that_stays_in_one_point_is_a_dot_with_round_caps_and_else_nothing(
    cap: Cap, join: Join, times: int
) -> None:
    mask = draw(shapes(Drawn(Kind.STROKE, [POINT.repeat(times, axis=0)], 5, cap, join)), pixels())[:, :, 0]
    if cap == Cap.BUTT:
        assert not mask.any()
    else:
        assert mask[20, 18:23].all() and mask[18:23, 20].all() and mask.sum() < 30


@pytest.mark.parametrize(("cap", "join"), STROKED)
def test_repeated_points_change_nothing(cap: Cap, join: Join) -> None:
    line = np.array([[5.3, 7.1], [30.4, 22], [12, 50.9]])
    once, often = (Drawn(Kind.STROKE, [line.repeat(times, axis=0)], 6, cap, join) for times in (1, 3))
    np.testing.assert_array_equal(draw(shapes(once), pixels()), draw(shapes(often), pixels()))


@pytest.mark.parametrize("ring", [POINT, POINT.repeat(3, axis=0), np.array([[5.0, 5], [40, 40]])])
def test_rings_without_an_area_are_nothing(ring: FloatArray) -> None:
    assert not draw(shapes(Drawn(Kind.FILL, [ring])), pixels()).any()


@pytest.mark.parametrize(("cap", "join"), STROKED)
def test_a_spike_is_drawn_as_cairo_draws_it(cap: Cap, join: Join) -> None:
    spike = Drawn(Kind.STROKE, [np.array([[10.0, 10], [40, 25], [10, 10], [20, 15], [50, 30]])], 7, cap, join)
    assert (touched_by_cairo(spike) != draw(shapes(spike), pixels())[:, :, 0]).sum() <= 1


@pytest.mark.parametrize("kind", [Kind.STROKE, Kind.DISC])
@pytest.mark.parametrize("width", [0.0, -1.0, math.nan])
def test_what_has_no_width_is_nothing(kind: Kind, width: float) -> None:
    assert not draw(shapes(Drawn(kind, [np.array([[10.0, 10], [40, 25]])], width)), pixels()).any()


@pytest.mark.parametrize("far", [1e4, 1e5, 1e6, 1e9, 1e14])
@pytest.mark.parametrize("kind", [Kind.FILL, Kind.STROKE])
def test_points_far_outside_are_cut_off_where_they_are_not_seen(kind: Kind, far: float) -> None:
    """The half plane left of x = 20, and its border as a line, from coordinates that no fixed-point number holds."""
    ring = np.array([[20.0, -far], [20, far], [-far, far], [-far, -far], [20, -far]])
    mask = draw(shapes(Drawn(kind, [ring], 4, Cap.ROUND, Join.ROUND)), pixels())[:, :, 0]
    wanted = slice(0, 20) if kind == Kind.FILL else slice(18, 22)
    assert mask[:, wanted].all()
    assert mask.sum() == mask[:, wanted].size


@pytest.mark.parametrize("far", [1e5, 1e6, 1e7])
@pytest.mark.parametrize("dash", [(0.0, 0.0), (5.0, 3.0)], ids=["solid", "dashed"])
def test_a_line_that_only_passes_keeps_its_place(far: float, dash: tuple[float, float]) -> None:
    """A diagonal through the whole picture, and the same cut short outside of it; its dashes begin 8 px further on."""
    along = np.array([1, 1]) / math.sqrt(2)
    start, near = -far * along, -math.floor((far - 200) / 8) * 8 * along
    long = Drawn(Kind.STROKE, [np.array([start, far * along])], 3, dash=dash)
    short = Drawn(Kind.STROKE, [np.array([start - near, far * along / far * 200])], 3, dash=dash)
    different = draw(shapes(long), pixels()) != draw(shapes(short), pixels())
    assert different.sum() <= 8  # the ends of the dashes lie at other fractions of a step


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_lines_through_points_that_are_nowhere_are_left_out(bad: float) -> None:
    good, line = np.array([[10.0, 10], [40, 25]]), np.array([[10.0, 10], [bad, 25], [30, 60]])
    both = shapes(Drawn(Kind.STROKE, [good, line], 4))
    both.bounds[:] = [0, 0, 64, 64]
    np.testing.assert_array_equal(draw(both, pixels()), draw(shapes(Drawn(Kind.STROKE, [good], 4)), pixels()))


def test_buffers_grow_with_the_shape() -> None:
    """A ring of 30,000 corners, stroked with a pen of many corners, against the plain circle."""
    angles = np.linspace(0, 2 * math.pi, 30_000, endpoint=False)
    circle = 32 + 20 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    mask = draw(shapes(Drawn(Kind.STROKE, [closed(circle)], 20, join=Join.ROUND)), pixels())[:, :, 0]
    y, x = np.mgrid[:64, :64] + 0.5
    distance = np.abs(np.hypot(x - 32, y - 32) - 20)
    assert mask[distance < 9.8].all() and not mask[distance > 10.8].any()


def test_the_same_shapes_give_the_same_mask_whatever_was_drawn_before() -> None:
    each = [make(np.random.default_rng(5)) for make in ALL.values()]
    first = draw(shapes(*each), pixels())
    draw(shapes(Drawn(Kind.FILL, [np.array([[0.0, 0], [99, 0], [99, 99], [0, 99]])])), pixels(99, 99))
    np.testing.assert_array_equal(draw(shapes(*each), pixels()), first)
