# SPDX-License-Identifier: Apache-2.0
"""A sheet as OpenStreetMap XML, version 0.6."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from offline_tools.simworld.town.plan import UNITS
from offline_tools.simworld.town.sheet import Sheet, Tags

_META = 'version="1" visible="true"'


def osm_xml(sheet: Sheet) -> bytes:
    """The whole file; bounds first, then nodes, ways and relations, each by number."""
    return ("\n".join(_lines(sheet)) + "\n").encode("utf-8")


def _lines(sheet: Sheet) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<osm version="0.6" generator="mia_ros simworld">'
    lons, lats = zip(*sheet.places, strict=True)
    low, high = (min(lons), min(lats)), (max(lons), max(lats))
    yield (
        f' <bounds minlat="{_degrees(low[1])}" minlon="{_degrees(low[0])}"'
        f' maxlat="{_degrees(high[1])}" maxlon="{_degrees(high[0])}"/>'
    )
    for (lon, lat), number in sheet.places.items():
        head = f'node id="{number}" {_META} lat="{_degrees(lat)}" lon="{_degrees(lon)}"'
        yield from _element(head, "node", [], sheet.node_tags.get(number, {}))
    for way in sheet.ways:
        refs = [f'  <nd ref="{ref}"/>' for ref in way.refs]
        yield from _element(f'way id="{way.number}" {_META}', "way", refs, way.tags)
    for relation in sheet.relations:
        members = [f'  <member type="way" ref="{ref}" role="{role}"/>' for ref, role in relation.members]
        yield from _element(f'relation id="{relation.number}" {_META}', "relation", members, relation.tags)
    yield "</osm>"


def _element(head: str, name: str, children: list[str], tags: Tags) -> Iterator[str]:
    if not children and not tags:
        yield f" <{head}/>"
        return
    yield f" <{head}>"
    yield from children
    for key in sorted(tags):
        yield f"  <tag k={quoteattr(key)} v={quoteattr(tags[key])}/>"
    yield f" </{name}>"


def _degrees(units: int) -> str:
    """Whole units as decimal degrees, without going through a float."""
    whole, part = divmod(abs(units), UNITS)
    return f"{'-' if units < 0 else ''}{whole}.{part:07d}"
