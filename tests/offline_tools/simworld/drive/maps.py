# SPDX-License-Identifier: Apache-2.0
"""Street maps that a test can read at a glance: metres around a point, written as OpenStreetMap XML."""

from pathlib import Path

from offline_tools.osm import MapStore
from offline_tools.simworld.frame import LocalFrame

Way = tuple[list[tuple[float, float]], dict]
CENTRE = LocalFrame(48.0, 11.0)


def write_map(folder: Path, ways: list[Way], half: float = 250.0, **options) -> MapStore:
    """Ways of (x, y) in metres with tags; equal points are one node. The map reaches `half` metres each way."""
    south, west = (float(value) for value in CENTRE.to_globe(-half, -half))
    north, east = (float(value) for value in CENTRE.to_globe(half, half))
    numbers: dict[tuple[float, float], int] = {}
    lines = [f'<bounds minlat="{south:.7f}" minlon="{west:.7f}" maxlat="{north:.7f}" maxlon="{east:.7f}"/>']
    for point in (point for points, _ in ways for point in points):
        if point not in numbers:
            numbers[point] = len(numbers) + 1
            lat, lon = CENTRE.to_globe(*point)
            lines.append(f'<node id="{numbers[point]}" lat="{float(lat):.7f}" lon="{float(lon):.7f}" version="1"/>')
    for number, (points, tags) in enumerate(ways, 1):
        refs = "".join(f'<nd ref="{numbers[point]}"/>' for point in points)
        marks = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        lines.append(f'<way id="{number}" version="1">{refs}{marks}</way>')
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "map.osm"
    path.write_text("<osm version='0.6'>" + "\n".join(lines) + "</osm>")
    return MapStore.open(path, folder=folder / "store", **options)


def block(half: float, tags: dict, east: float = 0.0) -> list[Way]:
    """Four streets round a square."""
    corners = [(east - half, -half), (east + half, -half), (east + half, half), (east - half, half)]
    return [([corners[k], corners[(k + 1) % 4]], tags) for k in range(4)]


SIDEWALKS = {"highway": "footway", "footway": "sidewalk"}
#: A square of sidewalks, and a footway through its middle that crosses a road.
TOWN = [
    ([(-60.0, -60.0), (0.0, -60.0), (60.0, -60.0)], SIDEWALKS),
    ([(60.0, -60.0), (60.0, 60.0)], SIDEWALKS),
    ([(60.0, 60.0), (0.0, 60.0), (-60.0, 60.0)], SIDEWALKS),
    ([(-60.0, 60.0), (-60.0, -60.0)], SIDEWALKS),
    ([(0.0, -60.0), (0.0, -4.0)], {"highway": "footway"}),
    ([(0.0, -4.0), (0.0, 4.0)], {"highway": "footway", "footway": "crossing"}),
    ([(0.0, 4.0), (0.0, 60.0)], {"highway": "footway"}),
    ([(-200.0, 0.0), (0.0, 0.0), (200.0, 0.0)], {"highway": "residential", "sidewalk": "no"}),
]
