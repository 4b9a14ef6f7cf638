# SPDX-License-Identifier: Apache-2.0
"""make_town: a plausible street map from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shapely import Point

from offline_tools.errors import SimulationError
from offline_tools.simworld.town.blocks import Builder, Plot, plots_of
from offline_tools.simworld.town.buildings import habits_of
from offline_tools.simworld.town.crossings import Crossings
from offline_tools.simworld.town.dice import Dice
from offline_tools.simworld.town.districts import District, districts_of
from offline_tools.simworld.town.furniture import Kerbside, furnish
from offline_tools.simworld.town.grids import Mouths, closes_of, streets_of
from offline_tools.simworld.town.names import Names
from offline_tools.simworld.town.network import Network, weave
from offline_tools.simworld.town.osm_xml import osm_xml
from offline_tools.simworld.town.plan import Site, TownPlan, site_of
from offline_tools.simworld.town.sheet import Sheet
from offline_tools.simworld.town.sidewalks import sidewalks_of, street_space, tag_sidewalks
from offline_tools.simworld.town.skeleton import Skeleton, skeleton_of
from offline_tools.simworld.town.threads import Thread, Threads
from offline_tools.simworld.town.uses import build_on, uses_of


@dataclass(frozen=True)
class Town:
    """A street map and where it lies; `lat` and `lon` are of its middle, degrees, `width` and `height` metres."""

    seed: int
    name: str
    lat: float
    lon: float
    width: float
    height: float
    driving_side: str
    xml: bytes  # OpenStreetMap XML 0.6

    def write(self, path: str | Path) -> Path:
        """Write the map as an .osm file."""
        target = Path(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f"{target.name}.part")
            part.write_bytes(self.xml)
            part.replace(target)
        except OSError as error:
            raise SimulationError(
                f"town {target}: cannot be written: {error.strerror}; choose another place"
            ) from error
        return target


def make_town(seed: int, plan: TownPlan | None = None) -> Town:
    """A town; the same seed and plan give the same map, byte for byte."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise SimulationError(f"town: seed is {seed!r}; want a whole number from 0")
    dice = Dice(seed)
    names = Names(dice)
    site = site_of(plan or TownPlan(), dice)
    skeleton = skeleton_of(site, names, dice)
    districts = districts_of(site, skeleton, dice)
    network = _network(site, skeleton, districts, names, dice)
    sheet = Sheet(site)
    walks = _build(site, skeleton, districts, network, sheet, dice)
    _draw_threads(network, walks, sheet)
    sheet.point((0.0, 0.0), {"place": "town", "name": names.town, "driving_side": site.driving_side})
    return Town(seed, names.town, site.lat, site.lon, site.width, site.height, site.driving_side, osm_xml(sheet))


def _network(site: Site, skeleton: Skeleton, districts: list[District], names: Names, dice: Dice) -> Network:
    mouths = Mouths(skeleton)
    streets = list(skeleton.streets)
    for district in districts:
        streets += streets_of(district, mouths, names, dice)
    for district in districts:
        if district.kind == "suburb":
            streets += closes_of(streets, district, names, dice)
    return weave(streets, site)


def _build(
    site: Site, skeleton: Skeleton, districts: list[District], network: Network, sheet: Sheet, dice: Dice
) -> Threads[Thread]:
    """Sidewalks and crossings first, then what stands on the plots, then what stands along the streets."""
    space = street_space(network)
    walks = sidewalks_of(network, space, site)
    tag_sidewalks(network)
    Crossings(network, walks, sheet, dice).draw()
    builder = Builder(network, walks, sheet, dice)
    habits = habits_of(dice)
    plots: list[Plot] = plots_of(network, space, site, districts)
    for plot, use in zip(plots, uses_of(plots, dice), strict=True):
        build_on(builder, plot, use, habits)
    furnish(Kerbside(builder, space, site), districts, skeleton)
    return walks


def _draw_threads(network: Network, walks: Threads[Thread], sheet: Sheet) -> None:
    """Roads and sidewalks come last, when all that meets them has put its nodes into them."""
    for road in network.items:
        sheet.line(road.points, road.tags)
        for end in (road.points[0], road.points[-1]):
            dead_end = len(network.ends.get(end, [])) == 1 and sheet.site.outline.buffer(-3).contains(Point(end))
            if dead_end and road.traits.highway == "residential":
                sheet.point(end, {"highway": "turning_circle"})
    for walk in walks.items:
        for piece in walk.split():
            sheet.line(piece, walk.tags)
