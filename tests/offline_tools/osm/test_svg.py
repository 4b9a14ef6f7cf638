# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from defusedxml import ElementTree  # cairosvg needs it

from offline_tools.channels import CHANNEL_COLOURS
from offline_tools.errors import MapSourceError
from offline_tools.osm import CHANNELS, MapStore, load_style
from offline_tools.osm.frame import View, view_of
from offline_tools.osm.raster import draw
from offline_tools.osm.shapes import Shapes
from offline_tools.osm.svg import draw_svg, rasterise, svg_channels

from .maps import Sketch

FIXTURES = {
    "bev_austin_downtown": "austin_downtown",
    "bev_austin_east_suburb": "austin_east_suburb",
    "bev_leeds_left_driving": "leeds",
    "bev_paris_9e": "paris_9e",
}
SVG = "{http://www.w3.org/2000/svg}"


def agreement(store: MapStore, style: str, poses: list[tuple[float, float, float]]) -> dict[str, float]:
    """IoU of the two ways to draw, pooled over poses, of each channel that there is."""
    both, either = np.zeros(len(CHANNELS)), np.zeros(len(CHANNELS))
    for pose in poses:
        view = view_of(*pose)
        shapes = store.shapes(load_style(style), True, view.box)
        one, other = svg_channels(shapes, view) != 0, draw(shapes, view) != 0
        both += (one & other).sum((0, 1))
        either += (one | other).sum((0, 1))
    return {name: b / e for name, b, e in zip(CHANNELS, both, either, strict=True) if e}


def poses_of(fixture: Path) -> list[tuple[float, float, float]]:
    with np.load(fixture, allow_pickle=False) as found:
        return list(zip(found["lat"].tolist(), found["lon"].tolist(), found["heading"].tolist(), strict=True))


@pytest.mark.usefixtures("libcairo")
@pytest.mark.parametrize("style", ["mia", "navigation"])
@pytest.mark.parametrize("name", FIXTURES)
def test_svg_and_raster_agree_on_real_maps(
    name: str, style: str, shared: Path, extract: Callable[..., MapStore]
) -> None:
    poses = poses_of(shared / f"fixtures/bev/{name}.npz")[:3]
    iou = agreement(extract(FIXTURES[name]), style, poses)
    assert {"road", "building", "explicit_pedestrian"} <= iou.keys()
    assert min(iou.values()) >= 0.98, iou


@pytest.mark.usefixtures("libcairo")
@pytest.mark.parametrize("style", ["mia", "navigation"])
def test_svg_and_raster_agree_on_each_rule(style: str, shared: Path, extract: Callable[..., MapStore]) -> None:
    poses = poses_of(shared / "fixtures/bev/synthetic_rules_infer_on.npz")[:: 1 if style == "mia" else 5]
    iou = agreement(extract("synthetic_rules_dev"), style, poses)
    assert len(iou) >= (9 if style == "mia" else 5)
    assert min(iou.values()) >= 0.98, iou


@pytest.fixture
def scene(tmp_path: Path) -> tuple[Shapes, View]:
    """A road with sidewalks that goes on in another way, a house, and a house far away; looked at with mia's rules."""
    sketch = Sketch()
    middle = sketch.node(0, 0)
    sketch.way([(0, -80), middle], highway="residential", sidewalk="both")
    sketch.way([middle, (0, 80)], highway="residential", sidewalk="both")
    sketch.ring([(20, -5), (30, -5), (30, 5), (20, 5)], building="yes")
    sketch.ring([(220, -5), (230, -5), (230, 5), (220, 5)], building="yes")
    view = view_of(sketch.lat, sketch.lon, 0.0)
    return sketch.open(tmp_path).shapes(load_style("mia"), False, view.box), view


def test_each_channel_is_a_group_in_its_colour(scene: tuple[Shapes, View]) -> None:
    root = ElementTree.fromstring(draw_svg(*scene))
    groups = {group.get("id"): group for group in root.findall(f"{SVG}g")}
    assert set(groups) == set(CHANNELS)
    for name, (red, green, blue) in zip(CHANNELS, CHANNEL_COLOURS, strict=True):
        assert groups[name][1].get("fill") == groups[name][2].get("stroke") == f"#{red:02x}{green:02x}{blue:02x}"
    assert len(groups["road"].findall(f".//{SVG}circle")) == 1  # where the two ways meet
    assert {path.get("stroke-width") for path in groups["road"].findall(f".//{SVG}path")} == {"20.000"}  # 10 m


def test_only_what_touches_the_view_is_written(scene: tuple[Shapes, View]) -> None:
    shapes, view = scene
    assert (shapes.channel == CHANNELS.index("building")).sum() == 4  # two houses, each filled and with a pen
    buildings = ElementTree.fromstring(draw_svg(shapes, view, ["building"]))
    assert len(buildings.findall(f".//{SVG}path")) == 2


def test_the_text_stands_alone(scene: tuple[Shapes, View]) -> None:
    text = draw_svg(*scene)
    assert text.count("http") == 1 and 'xmlns="http://www.w3.org/2000/svg"' in text
    assert not any(word in text for word in ("href", "script", "url(", "<image", "<!"))
    assert "OpenStreetMap contributors" in text


@pytest.mark.usefixtures("libcairo")
def test_roads_lie_over_sidewalks_in_the_picture(scene: tuple[Shapes, View]) -> None:
    picture = rasterise(draw_svg(*scene))
    assert picture.shape == (224, 224, 4)
    assert tuple(picture[60, 112]) == (*CHANNEL_COLOURS[0], 255)
    assert tuple(picture[60, 112 + 15]) == (*CHANNEL_COLOURS[2], 255)
    assert tuple(picture[60, 112 - 60]) == (0, 0, 0, 0)


@pytest.mark.usefixtures("libcairo")
def test_scale_enlarges_the_picture(scene: tuple[Shapes, View]) -> None:
    assert rasterise(draw_svg(*scene), scale=2).shape == (448, 448, 4)


@pytest.mark.usefixtures("libcairo")
def test_an_empty_scene_is_an_empty_picture(scene: tuple[Shapes, View]) -> None:
    shapes, _ = scene
    assert not svg_channels(shapes, view_of(51.5, 7.0, 0.0, (20, 30))).any()


def document(content: str, before: str = "") -> str:
    head = f'{before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    return f'{head}width="8" height="8">{content}</svg>'


@pytest.mark.usefixtures("libcairo")
@pytest.mark.parametrize(
    "text",
    [
        document("&a;", '<!DOCTYPE svg [<!ENTITY a "aaa">]>'),
        document("&a;", '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        document('<use xlink:href="http://127.0.0.1:9/a.svg#b"/>'),
        document('<image width="8" height="8" xlink:href="file:///etc/passwd"/>'),
        document('<use xlink:href="file:///etc/passwd#b"/>'),
        document("<path"),
        "",
    ],
)
def test_a_document_that_needs_others_or_is_none_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(MapSourceError, match="SVG picture: it cannot be drawn") as caught:
        rasterise(text)
    assert "\n" not in str(caught.value)


def test_without_libcairo_one_line_says_what_to_install(tmp_path: Path) -> None:
    """Importing a cairocffi that fails as it does without the library stands in for a machine without it."""
    (tmp_path / "cairocffi.py").write_text("raise OSError('no library called \"cairo-2\" was found')\n")
    code = "from offline_tools.osm.svg import rasterise\nrasterise('<svg/>')"
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).resolve().parents[3])])
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip().splitlines()[-1].startswith("offline_tools.errors.MissingPart: ")
    assert "apt-get install libcairo2" in done.stderr
