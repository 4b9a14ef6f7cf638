# SPDX-License-Identifier: Apache-2.0
"""Small street maps in metres around a place, as OpenStreetMap XML, and cuts across what is drawn of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from offline_tools.osm import CHANNELS, MapStore, Style, render

EQUATOR = 40_075_017.0  # metres, of the drawing's sphere
FINE = 0.05  # metres per pixel of a cut
REACH = 30.0  # metres of a cut to each side

Point = tuple[float, float]  # metres east and north of the map's middle


@dataclass
class Sketch:
    """A map in the making. A way's point may be a node that is there already, by its id."""

    lat: float = 51.0
    lon: float = 7.0
    _nodes: list[str] = field(default_factory=list)
    _ways: list[str] = field(default_factory=list)
    _relations: list[str] = field(default_factory=list)

    def node(self, east: float, north: float, **tags: str) -> int:
        """A node; its id."""
        lat, lon = self.place(east, north)
        number = len(self._nodes) + 1
        self._nodes.append(f'<node id="{number}" version="1" lat="{lat:.7f}" lon="{lon:.7f}">{_tags(tags)}</node>')
        return number

    def way(self, points: Sequence[Point | int], **tags: str) -> int:
        """A way through points, with tags whose keys have : where the name of an argument has __; its id."""
        refs = [point if isinstance(point, int) else self.node(*point) for point in points]
        return self._add_way(refs, tags)

    def ring(self, points: Sequence[Point], **tags: str) -> int:
        """A closed way."""
        refs = [self.node(*point) for point in points]
        return self._add_way([*refs, refs[0]], tags)

    def area(self, members: Sequence[tuple[int, str]], **tags: str) -> None:
        """A multipolygon of ways and their roles."""
        number = len(self._relations) + 1
        inside = "".join(f'<member type="way" ref="{way}" role="{role}"/>' for way, role in members)
        text = f'<relation id="{number}" version="1">{inside}{_tags({"type": "multipolygon"} | tags)}</relation>'
        self._relations.append(text)

    def place(self, east: float, north: float) -> tuple[float, float]:
        """Latitude and longitude; metres are the drawing's, on its sphere."""
        degree = EQUATOR / 360
        return self.lat + north / degree, self.lon + east / degree / math.cos(math.radians(self.lat))

    def xml(self) -> str:
        south, west = self.place(-300, -300)
        north, east = self.place(300, 300)
        bounds = f'<bounds minlat="{south}" minlon="{west}" maxlat="{north}" maxlon="{east}"/>'
        return f'<osm version="0.6">{bounds}{"".join([*self._nodes, *self._ways, *self._relations])}</osm>'

    def open(self, folder: Path, driving_side: str = "right") -> MapStore:
        """The map's store, below a folder."""
        path = folder / "sketch.osm"
        path.write_text(self.xml())
        return MapStore.open(path, driving_side=driving_side, folder=folder / "store")

    def _add_way(self, refs: list[int], tags: dict[str, str]) -> int:
        number = len(self._ways) + 1
        nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        self._ways.append(f'<way id="{number}" version="1">{nodes}{_tags(tags)}</way>')
        return number


def straight(**tags: str) -> Sketch:
    """A road of 200 m from the south to the north through the middle: its left is in the west."""
    sketch = Sketch()
    sketch.way([(0, -100), (0, 100)], **tags)
    return sketch


def cut(
    store: MapStore, style: str | Style = "mia", *, infer: bool = False, north: float = 0.0
) -> dict[str, list[tuple[float, float]]]:
    """What lies on the line from west to east through a Sketch at the default place.

    For each channel that there is, from where to where in metres east of the middle, to about FINE.
    """
    lat, lon = Sketch().place(0, north)
    size = (4, round(2 * REACH / FINE))
    row = render(store, lat, lon, 0.0, style, infer, size=size, resolution=FINE)[2]
    spans = {name: _spans(row[:, index]) for index, name in enumerate(CHANNELS)}
    return {name: found for name, found in spans.items() if found}


def near(found: list[tuple[float, float]], *wanted: tuple[float, float], within: float = 0.12) -> bool:
    """Whether spans are what is wanted, to a pixel of the cut at each end."""
    return len(found) == len(wanted) and bool(np.allclose(found, wanted, rtol=0, atol=within))


def _spans(row: np.ndarray) -> list[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]]).astype(int))).reshape(-1, 2)
    return [(first * FINE - REACH, last * FINE - REACH) for first, last in edges.tolist()]


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key.replace('__', ':'))} v={quoteattr(value)}/>" for key, value in tags.items())
