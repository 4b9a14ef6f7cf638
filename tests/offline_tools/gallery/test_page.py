# SPDX-License-Identifier: Apache-2.0
import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from offline_tools.errors import DatasetError
from offline_tools.gallery.entries import Entry, Pose
from offline_tools.gallery.page import LICENCE, gallery_page, write_gallery


class Page(HTMLParser):
    """Pictures, links, and the words of a page; every element is closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.images: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.words = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        found = dict(attrs)
        if tag == "img":
            self.images.append(found["src"] or "")
        if tag == "a":
            self.links.append(found["href"] or "")
        if tag not in {"img", "input", "meta", "path"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "path":
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.words += f"{' '.join(data.split())} " if data.strip() else ""

    def pictures(self) -> list[np.ndarray]:
        found = [base64.b64decode(image.partition("base64,")[2]) for image in self.images]
        return [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) for data in found]


def streets(share: float = 0.25) -> np.ndarray:
    mask = np.zeros((224, 224, 9), bool)
    mask[: round(224 * share), :, 0] = True
    return mask


def location(root: Path, name: str, ids: list[int], record: dict | None = None) -> Path:
    """A location as the published tools write it, without photos."""
    folder = root / name
    (folder / "semantic_masks").mkdir(parents=True)
    (folder / "flood_fill").mkdir()
    for id_ in ids:
        np.savez_compressed(folder / f"semantic_masks/{id_}.npz", streets())
        np.savez_compressed(folder / f"flood_fill/{id_}.npz", np.full((224, 224), 127, np.uint8))
    if record is not None:
        (folder / "render.json").write_text(json.dumps(record))
    return folder


def photographed(folder: Path, id_: int) -> None:
    """A photo of 800 x 600, and where it was taken."""
    (folder / "images").mkdir(exist_ok=True)
    cv2.imwrite(str(folder / f"images/{id_}_undistorted.jpg"), np.full((600, 800, 3), 90, np.uint8))
    camera = {"id": "c", "model": "PINHOLE", "width": 800, "height": 600, "params": [500, 500, 400, 300]}
    view = {"camera_id": "c", "latlong": [53.79, -1.53], "compass_angle": 93.0, "roll_pitch_yaw": [0, 0, 93.0]}
    dump = {"s": {"views": {f"{id_}_undistorted": view}, "cameras": {"c": camera}}}
    (folder / "dump.json").write_text(json.dumps(dump))


def test_the_page_says_of_each_map_what_it_is_and_what_it_shows() -> None:
    entry = Entry("4711", streets(), "leeds", Pose(53.79786, -1.53512, 145.4))
    page = Page(gallery_page([entry], "Leeds", style="navigation"))
    assert "1 map · 112 x 112 m each, up is the heading · style navigation" in page.words
    assert "4711 53.79786, -1.53512 looks SE, 145°" in page.words
    assert page.words.count("road 25%") == 2 and page.words.count("sidewalk –") == 2  # in the legend and on the card
    assert LICENCE in page.words and "OpenStreetMap contributors" in LICENCE


def test_the_page_needs_nothing_else() -> None:
    text = gallery_page([Entry("1", streets(), visibility=np.zeros((224, 224), np.uint8))], "Town")
    page = Page(text)
    assert all(image.startswith("data:image/") for image in page.images)
    assert not page.tags & {"script", "link", "iframe", "object"}
    assert not re.search(r"url\(|@import|src=\"http", text)


def test_pictures_are_the_maps_three_times_as_large_with_a_shade_over_them() -> None:
    page = Page(gallery_page([Entry("1", streets(), visibility=np.full((224, 224), 127, np.uint8))], "Town"))
    picture, shade = page.pictures()
    assert picture.shape == (672, 672, 3) and shade.shape == (224, 224, 4)
    assert tuple(picture[10, 10, ::-1]) == (72, 80, 97)


def test_there_is_no_switch_without_visibility() -> None:
    assert 'id="shade"' not in gallery_page([Entry("1", streets())], "Town")


def test_empty_maps_are_counted_and_marked() -> None:
    empty = np.zeros((224, 224, 9), np.uint8)
    page = Page(gallery_page([Entry("1", empty), Entry("2", streets())], "Town"))
    assert "2 maps · 1 of them empty" in page.words
    assert page.words.count("nothing is drawn here") == 1


def test_names_cannot_break_the_page() -> None:
    name = '<script>alert("1")</script>'
    page = Page(gallery_page([Entry(name, streets())], name, style=name))
    assert "script" not in page.tags
    assert page.words.count(name) == 4  # title, heading, style, id


def test_a_data_set_without_photos_is_shown(tmp_path: Path) -> None:
    record = {"configuration": {"style": "mia", "resolution": 0.25}, "licence": "ODbL 1.0"}
    location(tmp_path / "data", "leeds", list(range(30)), record)
    write_gallery(tmp_path / "data", tmp_path / "out/page.html")
    page = Page((tmp_path / "out/page.html").read_text())
    assert len(page.pictures()) == 32  # 16 maps, each with its shade
    assert "leeds 16 maps · 56 x 56 m each, up is the heading · style mia" in page.words
    assert page.words.endswith("ODbL 1.0 ")


def test_maps_are_drawn_by_lot_and_the_same_seed_draws_the_same(tmp_path: Path) -> None:
    location(tmp_path / "data", "leeds", list(range(30)))
    pages = []
    for number, seed in enumerate((1, 1, 2)):
        out = tmp_path / f"{number}.html"
        write_gallery(tmp_path / "data", out, n=4, seed=seed)
        pages.append(out.read_text())
    assert pages[0] == pages[1] != pages[2]


def test_a_photo_stands_beside_its_map_no_larger_than_it_is_shown(tmp_path: Path) -> None:
    photographed(location(tmp_path / "data", "leeds", [7]), 7)
    write_gallery(tmp_path / "data", tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text())
    photo, picture, _ = page.pictures()
    assert photo.shape == (504, 672, 3) and picture.shape == (672, 672, 3)
    assert "7 53.79000, -1.53000 looks E, 93°" in page.words


def test_a_photo_that_cannot_be_read_says_so_in_its_place(tmp_path: Path) -> None:
    folder = location(tmp_path / "data", "leeds", [7])
    photographed(folder, 7)
    (folder / "images/7_undistorted.jpg").write_bytes(b"no picture")
    write_gallery(tmp_path / "data", tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text())
    assert "not a picture that OpenCV can read" in page.words and len(page.images) == 2


def test_poses_come_from_a_table_where_there_are_no_photos(tmp_path: Path) -> None:
    location(tmp_path / "data", "leeds", [7, 8])
    (tmp_path / "poses.csv").write_text("id,lat,lon,heading\n6,1,2,3\n7,53.5,-1.5,270\n8,here,2,3\n")
    write_gallery(tmp_path / "data", tmp_path / "page.html", poses=tmp_path / "poses.csv")
    page = Page((tmp_path / "page.html").read_text())
    assert page.words.count("looks") == 1 and "53.50000, -1.50000 looks W, 270°" in page.words
    assert page.links == ["https://www.openstreetmap.org/?mlat=53.500000&mlon=-1.500000#map=19/53.500000/-1.500000"]


def test_several_locations_make_one_page_and_one_location_its_own(tmp_path: Path) -> None:
    for name, style in (("leeds", "mia"), ("paris", "navigation")):
        location(tmp_path / "data", name, [1, 2], {"configuration": {"style": style}})
    write_gallery(tmp_path / "data", tmp_path / "all.html")
    write_gallery(tmp_path / "data/paris", tmp_path / "one.html")
    both, one = (Page((tmp_path / name).read_text()).words for name in ("all.html", "one.html"))
    assert "leeds, paris 4 maps" in both and "style" not in both
    assert "paris 2 maps" in one and "style navigation" in one


def test_a_folder_without_maps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no map in it, want LOCATION/semantic_masks/ID\.npz"):
        write_gallery(tmp_path, tmp_path / "page.html")
    with pytest.raises(DatasetError, match="no such folder"):
        write_gallery(tmp_path / "absent", tmp_path / "page.html")


def test_a_damaged_map_is_named(tmp_path: Path) -> None:
    folder = location(tmp_path / "data", "leeds", [7])
    (folder / "semantic_masks/7.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(DatasetError, match=r"7\.npz"):
        write_gallery(tmp_path / "data", tmp_path / "page.html")
