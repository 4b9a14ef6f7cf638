# SPDX-License-Identifier: Apache-2.0
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from offline_tools.curate.product.ground import NO_PART, ground_drawing, part_of
from offline_tools.curate.product.page import write_page
from offline_tools.curate.product.statistics import statistics
from offline_tools.curate.tables import METADATA, write_table
from offline_tools.errors import DatasetError

_VOID = {"meta", "link", "img", "br"}


class _Page(HTMLParser):
    """Checks that tags close in order, and collects what would be fetched and all attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [
            value or "" for name, value in attributes if name == "src" or (tag == "link" and name == "href")
        ]
        if tag not in _VOID and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)


def written(out: Path) -> str:
    write_page(out)
    return (out / "gallery.html").read_text()


def test_page_needs_nothing_but_itself(page: str) -> None:
    parsed = _Page(page)
    assert all(address.startswith("data:") for address in parsed.fetched)
    assert "script" not in parsed.tags
    assert "default-src 'none'" in page
    assert not re.search(r"url\(|@import", page)


def test_every_gap_of_the_frame_is_filled(page: str) -> None:
    assert "<!--" not in page


def test_samples_are_shown_with_who_took_them(page: str) -> None:
    assert page.count('<figure class="photo">') == 5
    assert '<a href="https://www.mapillary.com/app/?pKey=8" rel="noreferrer">ben</a>' in page
    assert "CC BY-SA 4.0" in page
    assert "OpenStreetMap contributors" in page


def test_names_from_outside_are_text(out: Path) -> None:
    path = out / "paris/image_metadata_filtered_processed.parquet"
    rows = pl.read_parquet(path).with_columns(
        pl.lit("<script>alert(1)</script>").alias("creator.username"), pl.lit('"><img src=//x>').alias("model")
    )
    write_table(path, rows.select(*METADATA))
    statistics(out, ["paris", "lyon"])
    page = _Page(written(out))
    assert "script" not in page.tags
    assert all(address.startswith("data:") for address in page.fetched)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in (out / "gallery.html").read_text()


def test_a_photo_that_cannot_be_read_says_so_in_its_place(out: Path) -> None:
    (out / "paris/images/1_undistorted.jpg").write_bytes(b"no photo")
    text = written(out)
    assert text.count('<p class="broken">') == 1
    assert text.count('<figure class="photo">') == 4


def test_the_same_data_set_has_the_same_page(out: Path, page: str) -> None:
    assert written(out) == page


def test_without_statistics_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there are no statistics yet"):
        write_page(tmp_path)


def test_statistics_of_another_version_are_refused(out: Path) -> None:
    (out / "statistics.json").write_text('{"format": "another"}')
    with pytest.raises(DatasetError, match="of another version, or damaged"):
        write_page(out)


def test_without_a_split_photos_are_in_no_part(out: Path) -> None:
    (out / "split.json").unlink()
    drawn = re.findall(r'<path class="p(\d)"', written(out))
    assert set(drawn) == {"3"}


def test_cells_are_of_the_part_that_most_photos_are_in() -> None:
    lon, lat = np.array([2.0, 2.0, 2.0, 2.01]), np.array([48.0, 48.0, 48.0, 48.01])
    drawing = ground_drawing("x", lon, lat, ["val", "val", "train", NO_PART], None)
    assert re.findall(r'<path class="p(\d)"', drawing) == ["1", "3"]


def test_a_single_photo_can_be_drawn() -> None:
    drawing = ground_drawing("x", np.array([2.0]), np.array([48.0]), ["train"], None)
    assert drawing.count("M") == 2  # the photo, and the scale


def test_parts_of_a_location() -> None:
    split = {"train": {"a": [1, 2]}, "test": {"a": ["3_0"], "b": [1]}}
    assert part_of(split, "a") == {"1": "train", "2": "train", "3_0": "test"}
