# SPDX-License-Identifier: Apache-2.0
"""Which pixels of a row what lies between two edges sets.

Coverage is counted as cairo counts it: a sample line covers 2 for each of the 256 steps of a pixel, so that a full
pixel has 7680; one with 16 or more is set. Only the outermost pixels of a span can have less, and even they rarely do.
What a span gives to such a pixel is added up in `partial` over the spans of the row, whose last element says that
there is something to clear.
"""

from __future__ import annotations

from mia_ros.arrays import UInt8Array
from offline_tools.osm.elements import Int64Array
from offline_tools.osm.raster.edges import HALF, SAMPLES, SLOPE, UNIT, X, inlined

ENOUGH = 16  # coverage that sets a pixel
_FULL = 2 * UNIT * SAMPLES
_SURE = 10  # steps: a span as wide as this sets a pixel that holds all of it


@inlined
def _fill(plane: UInt8Array, row: int, first: int, last: int) -> None:
    """Set the pixels first to last, inclusive, as far as they are in the picture."""
    for column in range(max(first, 0), min(last, plane.shape[1] - 1) + 1):
        plane[row, column] = 1


@inlined
def _add(plane: UInt8Array, partial: Int64Array, row: int, column: int, coverage: int) -> None:
    """Count coverage for one pixel, and set it when it has enough."""
    if coverage <= 0 or column < 0 or column >= plane.shape[1]:
        return
    if coverage < ENOUGH:
        coverage += partial[column]
        partial[column] = coverage
        partial[-1] = 1
    if coverage >= ENOUGH:
        plane[row, column] = 1


@inlined
def _mark_sample(plane: UInt8Array, partial: Int64Array, row: int, left: int, right: int) -> None:
    """What one sample line covers from left to right."""
    if left >= right:
        return
    first, last = left >> 8, (right - 1) >> 8
    if first == last:
        _add(plane, partial, row, first, 2 * (right - left))
        return
    _add(plane, partial, row, first, 2 * (((first + 1) << 8) - left))
    _add(plane, partial, row, last, 2 * (right - (last << 8)))
    _fill(plane, row, first + 1, last - 1)


@inlined
def _end_coverage(left: int, right: int, left_slope: int, right_slope: int, samples: int, column: int) -> int:
    """Coverage of a pixel at the end of a span, summed from the sample where it begins until it is enough."""
    total = 0
    start, end = column << 8, (column + 1) << 8
    for _ in range(samples):
        overlap = min((right + HALF) >> 32, end) - max((left + HALF) >> 32, start)
        if overlap <= 0:
            break
        total += 2 * overlap
        if total >= ENOUGH:
            break
        left += left_slope
        right += right_slope
    return total


@inlined
def mark_samples(
    plane: UInt8Array, partial: Int64Array, row: int, edges: Int64Array, left: int, right: int, samples: int
) -> None:
    """What the next `samples` sample lines cover between two edges that do not cross there.

    Only the first and the last pixel can be short of coverage where each line is wide enough by itself, and where the
    left edge does not jump over a whole pixel between two lines.
    """
    x1, dx1, x2, dx2 = edges[left, X], edges[left, SLOPE], edges[right, X], edges[right, SLOPE]
    y1, y2 = x1 + (samples - 1) * dx1, x2 + (samples - 1) * dx2
    left1, right1 = (x1 + HALF) >> 32, (x2 + HALF) >> 32
    left2, right2 = (y1 + HALF) >> 32, (y2 + HALF) >> 32
    narrowest = min(right1 - left1, right2 - left2)
    if samples == 1 or narrowest < _SURE or abs(dx1) >> 32 >= narrowest + 200:
        for _ in range(samples):
            _mark_sample(plane, partial, row, (x1 + HALF) >> 32, (x2 + HALF) >> 32)
            x1 += dx1
            x2 += dx2
        return
    first, last = min(left1, left2) >> 8, (max(right1, right2) - 1) >> 8
    if first < last:
        if dx1 >= 0:
            coverage = _end_coverage(x1, x2, dx1, dx2, samples, first)
        else:
            coverage = _end_coverage(y1, y2, -dx1, -dx2, samples, first)
        if coverage < ENOUGH:
            _add(plane, partial, row, first, coverage)
            first += 1
        if dx2 <= 0:
            coverage = _end_coverage(x1, x2, dx1, dx2, samples, last)
        else:
            coverage = _end_coverage(y1, y2, -dx1, -dx2, samples, last)
        if coverage < ENOUGH:
            _add(plane, partial, row, last, coverage)
            last -= 1
    _fill(plane, row, first, last)


@inlined
def _right_of(low: int, high: int, column: int) -> int:
    """Coverage of a pixel to the right of an edge that crosses a whole row from x = low to high, in either direction.

    Heights are whole samples, rounded down from the low end, as cairo has them.
    """
    first, last = low >> 40, high >> 40
    if column < first:
        return 0
    if column > last:
        return _FULL
    if first == last:
        return _FULL - SAMPLES * (((low >> 32) & 255) + ((high >> 32) & 255))
    per_step = SAMPLES / (high - low)
    above = int(((column << 40) - low) * per_step) if column > first else 0
    if column == last:
        return _FULL - (SAMPLES - above) * ((high >> 32) & 255)
    below = int((((column + 1) << 40) - low) * per_step)
    if column == first:
        return below * (UNIT - ((low >> 32) & 255))
    return (above + below) * UNIT


@inlined
def _ends(edges: Int64Array, edge: int) -> tuple[int, int]:
    """The smaller and the larger x of an edge at the two ends of the row, half a sample beside the first samples.

    Half of a step is taken as cairo takes it: its whole part is halved without the rest.
    """
    step = abs(edges[edge, SLOPE])
    whole = step >> 32
    half = ((whole >> 1) << 32) + ((step - (whole << 32)) >> 1)
    if edges[edge, SLOPE] >= 0:
        x = edges[edge, X] - half
        return x, x + SAMPLES * step
    x = edges[edge, X] + half
    return x - SAMPLES * step, x


@inlined
def mark_row(plane: UInt8Array, partial: Int64Array, row: int, edges: Int64Array, left: int, right: int) -> None:
    """What lies between two edges that both cross the whole row; cairo computes these areas instead of sampling."""
    left_low, left_high = _ends(edges, left)
    right_low, right_high = _ends(edges, right)
    inner_first, inner_last = (left_high >> 40) + 1, (right_low >> 40) - 1
    column, last = max(left_low >> 40, 0), min(right_high >> 40, plane.shape[1] - 1)
    while column <= last:
        if inner_first <= column <= inner_last:
            _fill(plane, row, column, inner_last)
            column = inner_last
        else:
            area = _right_of(left_low, left_high, column) - _right_of(right_low, right_high, column)
            _add(plane, partial, row, column, area)
        column += 1
