# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from offline_tools.evaluation.report import charts
from offline_tools.evaluation.report.charts import Bar


def of(svg: str, tag: str, kind: str | None = None) -> list[ET.Element]:
    return [found for found in ET.fromstring(svg).iter(tag) if kind in (None, found.get("class"))]  # noqa: S314


def test_a_bar_is_as_long_as_its_score() -> None:
    svg = charts.bars([Bar(0.25), Bar(1.0), Bar(0.5), Bar(None), Bar(0.0), Bar(0.75)])
    widths = [float(bar.get("width", "nan")) for bar in of(svg, "rect")]
    assert [width / widths[1] for width in widths] == pytest.approx([0.25, 1, 0.5, 0, 0.75], abs=0.003)
    assert [text.text for text in of(svg, "text", "value")] == ["0.250", "1.000", "0.500", "–", "0.000", "0.750"]


def test_intervals_and_baselines_are_drawn_where_there_are_some() -> None:
    svg = charts.bars([Bar(0.5, (0.4, 0.6), 0.3), Bar(0.5), Bar(0.5, None, 0.2)])
    assert len(of(svg, "path", "whisker")) == 1 and len(of(svg, "path", "mark")) == 2


def test_a_line_has_a_gap_where_there_is_no_score() -> None:
    svg = charts.lines(["a", "b", "c", "d", "e"], [[0.1, 0.2, None, 0.4, 0.5], [None] * 5])
    assert [len(line.get("points", "").split()) for line in of(svg, "polyline")] == [2, 2]
    assert len(of(svg, "circle")) == 4


def test_lines_run_up_with_the_score() -> None:
    (line,) = of(charts.lines(["near", "far"], [[0.0, 1.0]]), "polyline")
    (_, low), (_, high) = [map(float, point.split(",")) for point in line.get("points", "").split()]
    assert high < low


def test_reliability_has_a_dot_for_each_bin_that_has_cells_and_larger_ones_for_more() -> None:
    svg = charts.reliability(0, [1, 0, 99], [0.1, None, 0.9], [0.0, None, 1.0])
    small, large = of(svg, "circle")
    assert float(small.get("r", "0")) < float(large.get("r", "0"))
    assert "99 cells" in "".join(large.itertext())


def test_the_best_threshold_is_marked() -> None:
    curve = [0.0] + [0.4] * 99 + [0.0]
    curve[30] = 0.8
    assert "0.30: IoU 0.800" in charts.threshold(2, curve, 0.3)
    assert of(charts.threshold(2, [None] * 101, None), "circle") == []
