# SPDX-License-Identifier: Apache-2.0
import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import osmium
import pytest

from offline_tools.errors import MapSourceError
from offline_tools.osm.sources import map_items
from offline_tools.osm.sources.stream import Area, Bounds, Node, Way
from tests.offline_tools.osm.sources.xml_maps import TOWN, osm, way, write


def items(path: Path, tmp_path: Path) -> list:
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    return list(map_items(path, work))


def as_pbf(xml: bytes, folder: Path) -> bytes:
    source, target = folder / "source.osm", folder / "target.osm.pbf"
    source.write_bytes(xml)
    reader = osmium.io.Reader(str(source))
    with osmium.SimpleWriter(str(target), header=reader.header()) as writer:
        for found in osmium.FileProcessor(str(source)):
            writer.add(found)
    reader.close()
    return target.read_bytes()


ENCODERS: dict[str, Callable[[bytes, Path], bytes]] = {
    "xml": lambda xml, _: xml,
    "gz": lambda xml, _: gzip.compress(xml),
    "bz2": lambda xml, _: bz2.compress(xml),
    "pbf": as_pbf,
    "utf-16": lambda xml, _: xml.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
}


@pytest.mark.parametrize("kind", ENCODERS)
@pytest.mark.parametrize("name", ["map.osm", "map.osm.pbf", "download"])
def test_format_is_told_by_content(kind: str, name: str, tmp_path: Path) -> None:
    xml = osm(*TOWN).encode()
    path = tmp_path / name
    path.write_bytes(ENCODERS[kind](xml, tmp_path))
    found = items(path, tmp_path)
    bounds, crossing, street, building, wood = found
    assert bounds == pytest.approx((2.0, 48.0, 2.01, 48.01), abs=1.1e-7)  # pbf has its own rounding
    assert crossing == Node(2, {"highway": "crossing"}, 20_020_000, 480_010_000)
    assert street == Way(
        100,
        {"highway": "residential", "name": 'Rue de l\'Été "<&>"'},
        [1, 2, 3],
        [20_010_000, 20_020_000, 20_030_000],
        [480_010_000, 480_010_000, 480_015_000],
    )
    assert building.refs == [10, 11, 12, 13, 10]
    assert isinstance(wood, Area) and [ring.outer for ring in wood.rings] == [True, False]


@pytest.mark.parametrize("kind", ["xml", "gz", "bz2", "pbf"])
@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_file_that_was_cut_off_is_refused(kind: str, kept: float, tmp_path: Path) -> None:
    many = [way(200 + index, [1, 2, 3], {"highway": "path", "name": f"way {index**3}"}) for index in range(500)]
    whole = ENCODERS[kind](osm(*TOWN[:-4], *many).encode(), tmp_path)
    path = tmp_path / "cut"
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(MapSourceError, match=r"^map .*cut: .*download it again$"):
        items(path, tmp_path)


LAUGHS = "<!DOCTYPE osm [" + "".join(
    f'<!ENTITY l{level} "{f"&l{level - 1};" * 10 if level else "lol"}">' for level in range(10)
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (osm('<node id="1" lat="1" lon="2" user="&l9;"/>', before=LAUGHS + "]>"), "declares XML entities"),
        ("<html><body>Too busy</body></html>", "an HTML page"),
        ("lat,lon\n1,2\n", "no map file; want .osm"),
        ("", "is empty"),
        ('<osmChange version="0.6"><create/></osmChange>', "list of changes"),
        ("<osm><node id='1' lat='1' lon='2'/></osm>", "version"),
        (osm('<node id="1" lat="abc" lon="2"/>'), "wrong format for coordinate: 'abc'"),
        (osm('<node id="one" lat="1" lon="2"/>'), "id"),
    ],
)
def test_what_is_no_sound_map_is_refused_in_one_line(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "map.osm"
    path.write_text(content)
    with pytest.raises(MapSourceError, match=message) as caught:
        items(path, tmp_path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_file_of_an_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    before = f'<!DOCTYPE osm [<!ENTITY e SYSTEM "file://{secret}">]>'
    path = tmp_path / "map.osm"
    path.write_text(osm("<node id='1' lat='1' lon='2'><tag k='name' v='x'/></node>&e;", before=before))
    with pytest.raises(MapSourceError, match="entities"):
        items(path, tmp_path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MapSourceError, match=r"nowhere\.osm: no such file"):
        items(tmp_path / "nowhere.osm", tmp_path)


@pytest.mark.parametrize("quote", ['"', "'"])
def test_declared_bounds_over_the_antimeridian_keep_their_sides(quote: str, tmp_path: Path) -> None:
    bounds = '<bounds minlat="-17.0" minlon="179.9" maxlat="-16.9" maxlon="-179.9"/>'.replace('"', quote)
    path = write(tmp_path / "fiji.osm", bounds, *TOWN[1:])
    assert items(path, tmp_path)[0] == Bounds(179.9, -17.0, -179.9, -16.9)
