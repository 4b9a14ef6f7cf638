# SPDX-License-Identifier: Apache-2.0
"""build_world: a piece of a street map becomes a world."""

from __future__ import annotations

import math

import numpy as np
import shapely

from mia_ros.arrays import Array, FloatArray, UInt8Array
from offline_tools.errors import CoverageError, SimulationError
from offline_tools.osm import MapStore
from offline_tools.osm.style import Style, load_style
from offline_tools.simworld.frame import LocalFrame
from offline_tools.simworld.world import facades, sprites
from offline_tools.simworld.world.appearance import Appearance, Light
from offline_tools.simworld.world.buildings import Tiles, raise_buildings
from offline_tools.simworld.world.cell_building import cells_of
from offline_tools.simworld.world.cells import CELL
from offline_tools.simworld.world.far_ground import far_ground, layer_picture
from offline_tools.simworld.world.footprints import footprints
from offline_tools.simworld.world.ground_layers import ground_layers
from offline_tools.simworld.world.ground_outlines import Geometry
from offline_tools.simworld.world.layers import LAYER_INDEX
from offline_tools.simworld.world.markings import bays
from offline_tools.simworld.world.materials import materials_of
from offline_tools.simworld.world.occluders import Occluders, Sprites
from offline_tools.simworld.world.shadows import FULL_LIGHT, RESOLUTION, shadow_map
from offline_tools.simworld.world.solids import GRID, Solids, SolidsBuilder
from offline_tools.simworld.world.streets import Box, Plan, plan_of
from offline_tools.simworld.world.textures import clouds
from offline_tools.simworld.world.world import World

_LARGEST = 1500.0  # metres of radius: some gigabytes


def build_world(
    store: MapStore,
    centre: tuple[float, float],
    radius: float = 200.0,
    *,
    frame: LocalFrame | None = None,
    style: str | Style = "mia",
    infer_sidewalks: bool = True,
    appearance: Appearance | int = 0,
) -> World:
    """The square that reaches `radius` metres to each side of `centre` (latitude, longitude, degrees).

    `frame` is that of the poses to come; by default its origin is the centre. `appearance` is one, or a seed.
    Nothing of the map beyond the square is built, however large the map is.
    """
    if not (math.isfinite(radius) and 20 <= radius <= _LARGEST):
        raise SimulationError(f"world: radius {radius} m; want 20 to {_LARGEST:g}")
    frame = frame or LocalFrame(*centre)
    look = appearance if isinstance(appearance, Appearance) else Appearance.from_seed(appearance)
    drawn_by = style if isinstance(style, Style) else load_style(style)
    box = _box(frame, centre, radius)
    plan, layers = _read(store, frame, box, drawn_by, infer_sidewalks, look)
    corner = (box[0], box[1])
    size = round((box[2] - box[0]) / CELL)
    sun = _sun(look.light)
    builder = SolidsBuilder(corner, sun)
    tiles, places, pictures = _tiles(look)
    dice = np.random.default_rng([look.seed, 5])
    road = shapely.union_all([layers[name] for name in ("road_a", "road_b", "road_c") if name in layers])
    raised = footprints(plan, drawn_by, road, box, np.random.default_rng([look.seed, 4]))
    layers["building"] = shapely.union_all([footprint.polygon for footprint in raised])
    raise_buildings(builder, raised, look, tiles, dice)
    occluders = Occluders(builder, plan, layers, box, look, places, dice)
    if look.occluders > 0:
        occluders.place_all(bays(plan, layers.get("parking", shapely.Polygon()))[1])
    solids = builder.build(box[2] - box[0])
    cells = cells_of(layers, *corner, size)
    materials, turns = materials_of(look, np.random.default_rng([look.seed, 6]))
    building = layer_picture(cells, RESOLUTION) == LAYER_INDEX["building"]
    noise = _noise(look)
    noted = occluders.table()
    noted[:, :2] -= corner
    return World(
        frame=frame,
        corner=corner,
        style=drawn_by.name,
        seed=look.seed,
        weather=look.weather,
        light=look.light,
        shaded=look.shaded,
        cells=cells,
        materials=materials,
        turns=turns,
        far=far_ground(cells, materials.mean(axis=(1, 2)).astype(np.float32), RESOLUTION),
        shadow=_light_map(solids, building, sun, look, noise),
        solids=solids,
        tiles=pictures,
        occluders=noted,
        noise=noise,
    )


def _box(frame: LocalFrame, centre: tuple[float, float], radius: float) -> Box:
    """Whole cells of the grid of solids."""
    x, y = (float(part) for part in frame.to_metres(*centre))
    half = math.ceil(radius / GRID) * GRID
    return x - half, y - half, x + half, y + half


def _read(
    store: MapStore, frame: LocalFrame, box: Box, style: Style, infer_sidewalks: bool, look: Appearance
) -> tuple[Plan, dict[str, Geometry]]:
    lat, lon = frame.to_globe(np.array([box[0], box[2]]), np.array([box[1], box[3]]))
    degrees = (float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1]))
    west, south, east, north = store.bounds
    place = f"latitude {(degrees[1] + degrees[3]) / 2:.5f}, longitude {(degrees[0] + degrees[2]) / 2:.5f}"
    if degrees[0] > east or degrees[2] < west or degrees[1] > north or degrees[3] < south:
        raise CoverageError(f"{place} lies outside the map {store.source.name}; choose a place inside it")
    elements = store.elements(degrees)
    plan = plan_of(elements, frame, box, style, store.driving_side, infer_sidewalks)
    if not plan.objects:
        raise SimulationError(f"world: the map {store.source.name} holds nothing around {place}; choose another place")
    shapes = store.shapes(style, infer_sidewalks, degrees)
    return plan, ground_layers(plan, shapes, frame, box, np.random.default_rng([look.seed, 3]))


def _sun(light: Light) -> FloatArray:
    """(3,) towards the sun."""
    flat = math.cos(light.sun_elevation)
    return np.array(
        [flat * math.cos(light.sun_azimuth), flat * math.sin(light.sun_azimuth), math.sin(light.sun_elevation)]
    )


def _tiles(look: Appearance) -> tuple[Tiles, Sprites, UInt8Array]:
    """Tile 0 is one even colour."""
    even = np.full((1, facades.SIZE, facades.SIZE, 4), (*(facades.WALL,) * 3, 255), np.uint8)
    if not look.shaded:
        return Tiles(0, 0), Sprites(0, 0, 0, 0, 0), even
    dice = np.random.default_rng([look.seed, 7])
    groups = [even, facades.facade_tiles(dice), facades.roof_tiles(dice), sprites.tree_tiles(dice)]
    groups += [sprites.people_tiles(dice), sprites.pole_tiles(dice), sprites.car_tiles(), sprites.barrier_tiles(dice)]
    starts = np.cumsum([0, *(len(group) for group in groups)]).tolist()
    return Tiles(starts[1], starts[2]), Sprites(*starts[3:8]), np.concatenate(groups)


def _light_map(solids: Solids, building: Array, sun: FloatArray, look: Appearance, noise: UInt8Array) -> UInt8Array:
    if not look.shaded:
        return np.full((*building.shape, 2), round(FULL_LIGHT), np.uint8)
    return shadow_map(solids, building, sun, len(building), noise, cast=max(look.light.sun) > 0)


def _noise(look: Appearance) -> UInt8Array:
    if not look.shaded:
        return np.full((256, 256), 128, np.uint8)
    field = clouds(256, 32, np.random.default_rng([look.seed, 8]))
    return np.clip(128 + 45 * field, 0, 255).astype(np.uint8)
