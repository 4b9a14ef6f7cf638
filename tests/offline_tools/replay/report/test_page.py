# SPDX-License-Identifier: Apache-2.0
import base64
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest

from offline_tools.replay.report import Picture, report_page
from tests.offline_tools.replay.browser import BROWSER, opened
from tests.offline_tools.replay.report.replays import EVIL, frames, metrics, scores, shown


class Reader(HTMLParser):
    """Checks that tags are closed in their order; collects what is linked, the tags and the words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.words = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, (self.open[-3:], tag)
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words += f"{' '.join(data.split())} " if data.strip() else ""


@pytest.fixture(scope="module")
def page() -> str:
    table = frames()
    return report_page(metrics(table, scores()), table, shown())


def test_the_page_needs_nothing_else(page):
    read = Reader(page)
    assert all(link.startswith("data:") for link in read.links)
    assert not set(read.tags) & {"script", "iframe", "object"}
    assert not re.search(r"url\(|@import|<!--", page)


def test_the_verdict_comes_before_all_figures_and_the_worst_first(page):
    words = Reader(page).words
    first = words.index("The engine has never seen a real photo")
    assert first < words.index("The clocks agree") < words.index("images with a map") < words.index("Along the drive")
    assert words.index("remove one") < words.index("The live node would keep up")


def test_what_the_engine_was_trained_on_is_said_at_the_top(page):
    assert "trained on: simulated towns; it has never seen a real photo" in Reader(page).words


def test_a_page_on_the_training_does_not_push_the_verdict_away():
    said = {"engine": {"name": "mine", "training": "Photos of Leeds. Then, from those weights, 2200 steps. And more"}}
    words = Reader(report_page(said, pl.DataFrame(), [])).words
    assert "trained on: Photos of Leeds" in words.partition("No verdict")[0]
    assert words.index("No verdict") < words.index("2200 steps")


def test_aligned_scores_stand_in_a_box_of_their_own(page):
    plain, _, aligned = page.partition('<div class="apart">')
    assert "<h2>Scores against osm, as they stand</h2>" in plain and "Scores after alignment</h2>" not in plain
    words = Reader(f"<div>{aligned.partition('<h2>Along the drive')[0]}").words
    assert "2.5 m east and 1.0 m south too far (2.7 m on average)" in words
    assert "Searched: 8 m and 8 deg each way" in words and "must not be compared" in words


def test_pictures_are_inside_the_page(page):
    found = [link for link in Reader(page).links if link.startswith("data:image/")]
    sizes = [
        cv2.imdecode(np.frombuffer(base64.b64decode(link.partition("base64,")[2]), np.uint8), 1).shape for link in found
    ]
    assert len(found) == 8
    assert {size[:2] for size in sizes} == {(300, 400), (100, 100)}


def test_names_cannot_break_the_page():
    table = frames()
    said = metrics(table)
    said["bag"]["path"] = said["engine"]["name"] = said["configuration"]["engine"] = EVIL
    said["notes"][0]["line"] = said["images"]["first_problems"][0] = EVIL
    said["verdict"][0].update(title=EVIL, line=EVIL, fix=EVIL)
    text = report_page(said, table, [Picture(EVIL, EVIL)])
    assert "script" not in Reader(text).tags and text.count('class="tiles"') == 1


def nothing_known() -> pl.DataFrame:
    table = frames(60)
    numbers = [name for name, kind in table.schema.items() if kind == pl.Float64]
    return table.with_columns(*(pl.lit(math.nan).alias(name) for name in numbers))


EMPTY = pl.DataFrame(schema={"index": pl.Int64, "stamp": pl.Int64, "problem": pl.String})


@pytest.mark.parametrize(
    "table", [EMPTY, pl.DataFrame(), frames(1), frames(2, 2), frames(40, 40), nothing_known(), frames(2000)],
    ids=["no rows", "no columns", "one image", "two", "problems only", "NaN everywhere", "long"],
)  # fmt: skip
def test_whatever_the_table_holds_the_page_is_whole(table):
    words = Reader(report_page(metrics(table, scores()), table, [])).words
    assert "Along the drive" in words and "nan" not in words.lower().split()


def test_metrics_without_anything_make_a_page():
    assert "No verdict" in Reader(report_page({}, pl.DataFrame(), [])).words


def test_scores_that_are_not_defined_are_dashes():
    broken = scores()
    for part in (broken["score"], broken["aligned"]["score"]):
        part["iou"] = dict.fromkeys(part["iou"])
        part["macro_mean_iou"] = part["avg_road_sidewalk"] = None
        part["intervals"] = {"iou": {}, "macro_mean_iou": None, "avg_road_sidewalk": None}
    broken["aligned"]["alignment"] = {}
    table = frames()
    assert "macro mean – –" in Reader(report_page(metrics(table, broken), table, [])).words


def test_a_long_recording_makes_no_large_page():
    table = frames(20_000)
    assert len(report_page(metrics(table), table, [])) < 400_000


MEASURE = """<!DOCTYPE html><title>measure</title><p id="said">nothing</p>
<iframe style="border:0;width:{width}px;height:800px"></iframe><script>
const frame = document.querySelector("iframe");
frame.onload = () => {{
  const page = frame.contentDocument, wide = page.documentElement.scrollWidth;
  const dark = getComputedStyle(page.body).backgroundColor;
  document.getElementById("said").textContent = `${{wide}} px, ${{dark}}`;
}};
frame.src = "page.html";
</script>"""


@BROWSER
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("dark", [False, True])
def test_a_browser_shows_it_without_a_complaint_and_nothing_sticks_out(page, tmp_path, served, width, dark):
    (tmp_path / "page.html").write_text(page)
    (tmp_path / "measure.html").write_text(MEASURE.format(width=width))
    found = opened(f"{served(tmp_path)}/measure.html", tmp_path, dark=dark, size=(1400, 900))
    assert found.console == []
    paper = "rgb(22, 24, 29)" if dark else "rgb(246, 245, 242)"
    assert f">{width} px, {paper}<" in found.text, found.text[:300]


@BROWSER
def test_a_browser_shows_an_empty_replay_without_a_complaint(tmp_path):
    path = Path(tmp_path / "page.html")
    path.write_text(report_page(metrics(EMPTY), EMPTY, []))
    assert opened(path.as_uri(), tmp_path).console == []
