# SPDX-License-Identifier: Apache-2.0
"""A polygon to pixels: its edges are walked down the rows, in the order in which they stand from left to right.

A row that all its edges cross from end to end without meeting is taken at once. In the others the samples between two
events (an edge begins or ends) are taken at once where no edges cross, and one by one where they do.
"""

from __future__ import annotations

import numpy as np

from mia_ros.arrays import UInt8Array
from offline_tools.osm.elements import Int64Array
from offline_tools.osm.raster.edges import BOTTOM, DIRECTION, HALF, NEXT, NONE, SAMPLES, SLOPE, TOP, X, inlined, leaf
from offline_tools.osm.raster.spans import mark_row, mark_samples

_NEVER = 1 << 60
_ROW = np.int64(SAMPLES)


@leaf
def fill_polygon(
    edges: Int64Array,
    count: int,
    heads: Int64Array,
    active: Int64Array,
    starting: Int64Array,
    plane: UInt8Array,
    partial: Int64Array,
) -> None:
    """Set each pixel of the plane that the polygon touches, by non-zero winding.

    `heads` (rows,) is -1 before and after, `partial` (columns + 1,) is 0 before and after. `active` has room for all
    edges, which are copied into it while the walk crosses them, and `starting` for their numbers.
    """
    row, last_row = _by_row(edges, count, heads)
    crossed = NONE
    while row <= last_row or crossed > 0:
        waiting = NONE
        if row <= last_row and heads[row] >= 0:
            waiting = _starting(edges, heads, row, starting)
        if crossed > 0 or waiting > 0:
            crossed = _scan_row(edges, starting, waiting, active, crossed, row, plane, partial)
            if partial[partial.size - 1] != 0:
                for column in range(partial.size):
                    partial[column] = 0
        row += 1


@inlined
def _by_row(edges: Int64Array, count: int, heads: Int64Array) -> tuple[int, int]:
    """Chain the edges that begin in each row; return the first and the last such row."""
    first, last = heads.size, -1
    for edge in range(count):
        row = edges[edge, TOP] // SAMPLES
        edges[edge, NEXT] = heads[row]
        heads[row] = edge
        first, last = min(first, row), max(last, row)
    return first, last


@inlined
def _starting(edges: Int64Array, heads: Int64Array, row: int, starting: Int64Array) -> int:
    """Collect the edges that begin in the row, uppermost first; return their number."""
    waiting = 0
    edge = heads[row]
    heads[row] = -1
    while edge >= 0:
        place = waiting
        while place > 0 and edges[starting[place - 1], TOP] > edges[edge, TOP]:
            starting[place] = starting[place - 1]
            place -= 1
        starting[place] = edge
        waiting += 1
        edge = edges[edge, NEXT]
    return waiting


@inlined
def _scan_row(
    edges: Int64Array,
    starting: Int64Array,
    waiting: int,
    active: Int64Array,
    crossed: int,
    row: int,
    plane: UInt8Array,
    partial: Int64Array,
) -> int:
    """Draw one row; return the number of edges that go on into the next."""
    sample, end = row * SAMPLES, (row + 1) * SAMPLES
    begun = 0
    while sample < end:
        while begun < waiting and edges[starting[begun], TOP] == sample:
            _insert(active, crossed, edges, starting[begun])
            crossed += 1
            begun += 1
        event = end if begun == waiting else edges[starting[begun], TOP]
        for i in range(crossed):
            event = min(event, active[i, BOTTOM])
        step = event - sample
        whole = step == SAMPLES and _stay_in_order(active, crossed, _ROW)
        if not whole and step > 1 and not _stay_in_order(active, crossed, step - 1):
            step = 1
        while sample < event:
            if whole:
                _whole_row(active, crossed, row, plane, partial)
            else:
                _samples(active, crossed, step, row, plane, partial)
            sample += step
            crossed = _advance(active, crossed, step, sample)
    return crossed


@inlined
def _insert(active: Int64Array, place: int, edges: Int64Array, edge: int) -> None:
    """Put an edge where it stands, or will stand where it begins together with another."""
    _put(active, place, edges[edge, X], edges[edge, SLOPE], edges[edge, BOTTOM], edges[edge, DIRECTION])


@inlined
def _put(active: Int64Array, place: int, x: int, slope: int, bottom: int, direction: int) -> None:
    while place > 0 and (x < active[place - 1, X] or (x == active[place - 1, X] and slope < active[place - 1, SLOPE])):
        active[place, X], active[place, SLOPE] = active[place - 1, X], active[place - 1, SLOPE]
        active[place, BOTTOM], active[place, DIRECTION] = active[place - 1, BOTTOM], active[place - 1, DIRECTION]
        place -= 1
    active[place, X], active[place, SLOPE] = x, slope
    active[place, BOTTOM], active[place, DIRECTION] = bottom, direction


@inlined
def _stay_in_order(active: Int64Array, crossed: int, samples: int) -> bool:
    """Whether the edges stand in the same order some samples below."""
    last = -_NEVER
    for i in range(crossed):
        x = (active[i, X] + samples * active[i, SLOPE] + HALF) >> 32
        if x < last:
            return False
        last = x
    return True


@inlined
def _advance(active: Int64Array, crossed: int, samples: int, sample: int) -> int:
    """Take the edges some samples down, drop those that end there, and set the others in order."""
    kept = NONE
    for i in range(crossed):
        if active[i, BOTTOM] > sample:
            x = active[i, X] + samples * active[i, SLOPE]
            if kept == i and (i == 0 or active[i - 1, X] < x):
                active[i, X] = x
            else:
                _put(active, kept, x, active[i, SLOPE], active[i, BOTTOM], active[i, DIRECTION])
            kept += 1
    return kept


@inlined
def _whole_row(active: Int64Array, crossed: int, row: int, plane: UInt8Array, partial: Int64Array) -> None:
    winding, left = 0, -1
    for i in range(crossed):
        if left < 0:
            left = i
        winding += active[i, DIRECTION]
        # Spans that touch at the first sample are one.
        touches = i + 1 < crossed and (active[i + 1, X] + HALF) >> 32 == (active[i, X] + HALF) >> 32
        if winding == 0 and not touches:
            mark_row(plane, partial, row, active, left, i)
            left = -1


@inlined
def _samples(active: Int64Array, crossed: int, samples: int, row: int, plane: UInt8Array, partial: Int64Array) -> None:
    """Draw some samples through which the edges keep their order."""
    winding, left = 0, 0
    for i in range(crossed):
        if winding == 0:
            left = i
        winding += active[i, DIRECTION]
        if winding == 0:
            mark_samples(plane, partial, row, active, left, i, samples)
