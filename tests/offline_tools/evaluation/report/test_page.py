# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from offline_tools.evaluation.evaluate import Evaluation, evaluate
from offline_tools.evaluation.record import record_of
from offline_tools.evaluation.report import report_page
from tests.offline_tools.evaluation.places import Saying, masks, two_drives

ROAD = masks(road=(slice(0, 100), slice(40, 70)))
CONFIGURATION: dict[str, Any] = {
    "predictor": {
        "name": "<script>alert(1)</script>",
        "preset": "mapper_edge",
        "precision": "fp32",
        "backend": "onnx-cpu",
        "training": "towns & villages",
    },
    "data": {"path": "data", "split": "test"},
}


class Reader(HTMLParser):
    """Checks that tags are closed in their order, and collects what is linked."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, (self.open[-3:], tag)
        self.open.pop()


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    data = two_drives(tmp_path_factory.mktemp("data"))
    said = [ROAD, masks(sidewalk=(slice(0, 9), slice(0, 9))), ROAD, ROAD]
    return evaluate(list(data), Saying(*said), np.full((6, 100, 100), 0.3, np.float32))


@pytest.fixture(scope="module")
def page(evaluation: Evaluation) -> str:
    record = record_of(evaluation, CONFIGURATION)
    return report_page(record, evaluation.best.pick(), evaluation.worst.pick())


def test_the_page_is_whole_and_needs_nothing_else(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [] and "script" not in reader.tags
    assert reader.links and all(link.startswith("data:image/") for link in reader.links)
    assert not re.search(r"url\(|@import|https?:", page)
    assert not re.search(r"<!--|nan|None\b", page)


def test_the_page_knows_dark_screens_and_small_ones(page: str) -> None:
    assert "prefers-color-scheme: dark" in page and 'name="viewport"' in page


def test_names_from_outside_are_text(page: str) -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "towns &amp; villages" in page


def test_the_page_says_what_the_record_says(page: str, evaluation: Evaluation) -> None:
    record = record_of(evaluation, CONFIGURATION)
    assert f"<b>{record['scores']['iou']['road']:.3f}</b>" in page
    assert page.count("<svg") == 2 + 6 + 6
    assert page.count("<figure>") == 4 * (4 + 4)
    assert "town/2" in page and "128 x 96, 60-70 deg" in page


def test_the_mean_map_stands_beside_only_if_there_is_one(page: str, evaluation: Evaluation) -> None:
    record = record_of(evaluation, CONFIGURATION) | {"baseline": None}
    assert "mean map" in page and "mean map" not in report_page(record, [], [])


def test_a_photo_that_went_away_is_told_in_its_place(tmp_path: Path) -> None:
    data = two_drives(tmp_path)
    found = evaluate(list(data), Saying(*[ROAD] * 4))
    (tmp_path / "town/images/1_undistorted.jpg").unlink()
    text = report_page(record_of(found, CONFIGURATION), found.best.pick(), [])
    assert "cannot be read" in text and text.count("<figure>") == 3 * 4
