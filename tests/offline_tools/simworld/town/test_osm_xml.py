# SPDX-License-Identifier: Apache-2.0
import xml.etree.ElementTree as ET

from shapely import box

from offline_tools.simworld.town.osm_xml import osm_xml
from offline_tools.simworld.town.plan import Site
from offline_tools.simworld.town.sheet import Sheet

METRE = 360 / 40_075_017  # degrees


def empty_sheet() -> Sheet:
    return Sheet(Site(width=600, height=600, lat=0.0, lon=0.0, driving_side="right"))


def parsed(sheet: Sheet) -> ET.Element:
    return ET.fromstring(osm_xml(sheet))  # noqa: S314 - these bytes are our own


def test_positions_either_side_of_the_equator_keep_their_sign() -> None:
    sheet = empty_sheet()
    sheet.line([(-0.02, -1000.0), (0.02, 1000.0)], {"highway": "track"})
    south, north = parsed(sheet).iter("node")
    assert (south.get("lat"), north.get("lat")) == (f"-{1000 * METRE:.7f}", f"{1000 * METRE:.7f}")
    assert (south.get("lon"), north.get("lon")) == ("-0.0000002", "0.0000002")


def test_names_with_marks_of_xml_come_back_as_they_were() -> None:
    sheet = empty_sheet()
    sheet.point((0, 0), {"name": 'Rue <"de l\'Or"> & Co'})
    assert parsed(sheet).find("node/tag").get("v") == 'Rue <"de l\'Or"> & Co'


def test_lines_through_one_place_share_its_node() -> None:
    sheet = empty_sheet()
    sheet.line([(0, 0), (10, 0)], {})
    sheet.line([(10.001, 0), (10, 9)], {})
    assert sheet.ways[0].refs[1] == sheet.ways[1].refs[0]


def test_an_area_with_a_hole_is_a_multipolygon_of_untagged_ways() -> None:
    sheet = empty_sheet()
    sheet.area(box(0, 0, 30, 30).difference(box(10, 10, 20, 20)), {"building": "yes"})
    assert [way.tags for way in sheet.ways] == [{}, {}]
    assert sheet.relations[0].tags == {"type": "multipolygon", "building": "yes"}
    assert sheet.relations[0].members == ((1, "outer"), (2, "inner"))
