# SPDX-License-Identifier: Apache-2.0
"""Appearance: all that a world looks like and that its map does not say. Drawn from wide ranges, from a seed.

The ranges overlap on purpose: a sidewalk may be darker or lighter than its road, grass may be green, dry or under
snow, so that who learns from the pictures must look at shape and layout. Colours are BGR, 0 to 255.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from mia_ros.taxonomy import CLASSES
from offline_tools.errors import SimulationError
from offline_tools.simworld.world.layers import CLASS_OF_LAYER, LAYERS

Colour = tuple[float, float, float]

PATTERNS = ("plain", "asphalt", "concrete", "slabs", "bond", "cobbles", "grass", "gravel", "soil", "paint", "water")
_PAVING = ("slabs", "slabs", "bond", "bond", "cobbles", "concrete", "asphalt")


@dataclass(frozen=True)
class Surface:
    """How a layer of the ground looks: a pattern in a colour."""

    pattern: str
    colour: Colour
    contrast: float = 1.0  # of the pattern
    piece: float = 0.4  # metres: a slab, a stone
    angle: float = 0.0  # radians, of the pattern on the ground
    wear: float = 0.0  # share that is worn away or stained


@dataclass(frozen=True)
class Light:
    """Where light comes from. Strengths are factors of a surface's colour; directions point to the sun."""

    sun_azimuth: float = 0.8  # radians anticlockwise from east
    sun_elevation: float = 0.8  # radians
    sun: Colour = (0.0, 0.0, 0.0)
    ambient: Colour = (1.0, 1.0, 1.0)
    zenith: Colour = (200.0, 130.0, 80.0)
    horizon: Colour = (225.0, 210.0, 200.0)
    clouds: float = 0.0  # share of the sky
    cloud: Colour = (235.0, 235.0, 235.0)
    haze: float = 0.0  # 1 / metres
    wet: float = 0.0  # 0 dry to 1 mirror-like


@dataclass(frozen=True)
class Appearance:
    """Make one with `from_seed`, or `plain` for measurements. `seed` also places what stands and moves about."""

    seed: int
    surfaces: dict[str, Surface]
    light: Light
    shaded: bool = True  # False: each thing has one colour, whatever its side
    occluders: float = 1.0  # how many trees, cars and people, as a factor
    foliage: Colour = (60.0, 120.0, 80.0)
    weather: str = "plain"
    wall_colours: tuple[Colour, ...] = field(default=((150.0, 170.0, 190.0),))
    roof_colours: tuple[Colour, ...] = field(default=((60.0, 70.0, 140.0),))

    @classmethod
    def plain(cls) -> Appearance:
        """One colour a layer, that of its class, in even light, without occluders; `paint` and `kerb` stand out."""
        colours = {entry.name: tuple(float(part) for part in entry.colour[::-1]) for entry in CLASSES}
        own = {"base": (205.0,) * 3, "park": (90.0, 200.0, 60.0), "water": (220.0, 120.0, 20.0), "train": (40.0,) * 3}
        own |= dict.fromkeys(("paint", "crossing_paint", "parking_paint"), (255.0,) * 3)
        own |= {"kerb": (0.0, 0.0, 255.0), "paint_yellow": (0.0, 255.0, 255.0), "manhole": (0.0, 0.0, 0.0)}
        surfaces = {}
        for name in LAYERS:
            blue, green, red = own.get(name) or colours[CLASS_OF_LAYER.get(name, "road")]
            surfaces[name] = Surface("plain", (blue, green, red))
        return cls(0, surfaces, Light(), shaded=False, occluders=0.0, wall_colours=((74.0, 84.0, 201.0),))

    @classmethod
    def from_seed(cls, seed: int) -> Appearance:
        """One of many."""
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
            raise SimulationError(f"appearance: seed is {seed!r}; want a whole number from 0")
        dice = np.random.default_rng([int(seed), 1])
        weather = str(dice.choice(WEATHERS, p=(0.34, 0.14, 0.22, 0.1, 0.12, 0.08)))
        snow = dice.random() < 0.05
        return cls(
            seed=int(seed),
            surfaces=_surfaces(dice, snow=snow),
            light=_light(weather, dice),
            occluders=float(dice.uniform(0.4, 1.4)),
            foliage=_colour(dice, (28, 46), (0.25, 0.7), (60, 150)) if dice.random() < 0.8 else _earth(dice),
            weather=weather,
            wall_colours=tuple(_wall_colour(dice) for _ in range(24)),
            roof_colours=tuple(_roof_colour(dice) for _ in range(8)),
        )

    def under(self, weather: str) -> Appearance:
        """The same town under another sky; see WEATHERS."""
        if weather not in WEATHERS:
            raise SimulationError(f"weather {weather!r}: want one of {', '.join(WEATHERS)}")
        light = _light(weather, np.random.default_rng([self.seed, 2]))
        return replace(self, weather=weather, light=light)


WEATHERS = ("sun", "low sun", "overcast", "dusk", "rain", "mist")


def _colour(
    dice: np.random.Generator, hue: tuple[float, float], saturation: tuple[float, float], value: tuple[float, float]
) -> Colour:
    """BGR from a range of hues in degrees / 2 (as OpenCV counts), saturations and values."""
    h, s, v = dice.uniform(*hue) / 30, dice.uniform(*saturation), dice.uniform(*value)
    parts = [v * (1 - s * max(0.0, min(1.0, k, 4 - k))) for k in ((n + h) % 6 for n in (1, 3, 5))]
    return float(parts[0]), float(parts[1]), float(parts[2])


def _grey(dice: np.random.Generator, low: float, high: float) -> Colour:
    """A grey with a slight cast towards red, yellow or blue."""
    hue = float(dice.choice([4, 12, 18, 24, 105, 115]))
    return _colour(dice, (hue - 4, hue + 4), (0.0, 0.14), (low, high))


def _earth(dice: np.random.Generator) -> Colour:
    return _colour(dice, (8, 22), (0.2, 0.55), (80, 180))


def _grass(dice: np.random.Generator) -> Colour:
    if dice.random() < 0.25:
        return _colour(dice, (16, 27), (0.25, 0.55), (100, 180))  # dry
    return _colour(dice, (28, 48), (0.25, 0.7), (60, 170))


def _road(dice: np.random.Generator) -> Surface:
    kind = dice.random()
    if kind < 0.72:
        colour = _grey(dice, 55, 165)
    elif kind < 0.82:
        colour = _colour(dice, (0, 12), (0.12, 0.4), (90, 170))  # reddish
    else:
        colour = _grey(dice, 140, 215)  # concrete
    pattern = "concrete" if kind > 0.9 else "cobbles" if 0.82 < kind < 0.86 else "asphalt"
    return Surface(pattern, colour, float(dice.uniform(0.5, 1.6)), float(dice.choice([0.12, 0.16, 3.84])))


def _walk(dice: np.random.Generator) -> Surface:
    kind = dice.random()
    if kind < 0.62:
        colour = _grey(dice, 80, 225)
    elif kind < 0.85:
        colour = _colour(dice, (3, 18), (0.12, 0.5), (100, 205))  # brick, sandstone
    else:
        colour = _grey(dice, 45, 120)
    pattern = str(dice.choice(_PAVING))
    pieces = {"slabs": (0.32, 0.48, 0.64, 0.96), "bond": (0.24, 0.32, 0.48), "cobbles": (0.12, 0.16)}
    piece = float(dice.choice(pieces.get(pattern, (1.28, 1.92))))
    return Surface(pattern, colour, float(dice.uniform(0.4, 1.7)), piece, float(dice.uniform(0, np.pi)))


def _paint(dice: np.random.Generator, yellow: bool = False) -> Surface:
    colour = _colour(dice, (19, 25), (0.5, 0.85), (150, 245)) if yellow else _grey(dice, 165, 250)
    return Surface("paint", colour, float(dice.uniform(0.5, 1.5)), wear=float(dice.uniform(0.0, 0.35)))


def _ground(dice: np.random.Generator, snow: bool) -> Surface:
    if snow:
        return Surface("soil", _colour(dice, (95, 115), (0.0, 0.08), (205, 250)), 0.4)
    if dice.random() < 0.75:
        return Surface("grass", _grass(dice), float(dice.uniform(0.6, 1.5)))
    return Surface(str(dice.choice(["soil", "gravel", "grass"])), _earth(dice), float(dice.uniform(0.5, 1.3)))


def _base(dice: np.random.Generator, snow: bool) -> Surface:
    """Yards: paved, gravelled or grown over."""
    kind = dice.random()
    if kind < 0.4:
        return _ground(dice, snow)
    if kind < 0.7:
        return _walk(dice)
    pattern = str(dice.choice(["gravel", "concrete", "soil"]))
    return Surface(pattern, _earth(dice) if pattern == "soil" else _grey(dice, 80, 200), piece=1.92)


def _surfaces(dice: np.random.Generator, *, snow: bool) -> dict[str, Surface]:
    roads = [_road(dice)]
    roads += [roads[0] if dice.random() < 0.4 else _road(dice) for _ in range(2)]
    walks = [_walk(dice) for _ in range(3)]
    terrain = _ground(dice, snow)
    crossing = (
        roads[0] if dice.random() < 0.75 else replace(_road(dice), colour=_colour(dice, (0, 25), (0.2, 0.6), (90, 190)))
    )
    return {
        "base": _base(dice, snow),
        "terrain": terrain,
        "park": terrain if dice.random() < 0.4 else _ground(dice, snow),
        "bare": Surface(str(dice.choice(["soil", "gravel"])), _earth(dice), float(dice.uniform(0.5, 1.3))),
        "train": Surface("gravel", _grey(dice, 70, 150), 1.4),
        "water": Surface("water", _colour(dice, (85, 110), (0.15, 0.5), (50, 140))),
        "parking": _road(dice) if dice.random() < 0.6 else roads[0] if dice.random() < 0.6 else _walk(dice),
        "parking_paint": _paint(dice),
        **{f"sidewalk_{name}": walk for name, walk in zip("abc", walks, strict=True)},
        "kerb": Surface("concrete", _grey(dice, 75, 205), 0.6, 0.96),
        **{f"road_{name}": road for name, road in zip("abc", roads, strict=True)},
        "repair": Surface("asphalt", _grey(dice, 40, 120), 0.7, 3.84),
        "paint": _paint(dice),
        "paint_yellow": _paint(dice, yellow=dice.random() < 0.8),
        "crossing": _walk(dice) if dice.random() < 0.6 else walks[0],
        "crossing_road": crossing,
        "crossing_paint": _paint(dice, yellow=dice.random() < 0.12),
        "manhole": Surface("cobbles", _grey(dice, 45, 95), 0.8, 0.08),
        "building": Surface("concrete", _grey(dice, 70, 160), piece=1.92),
    }


def _wall_colour(dice: np.random.Generator) -> Colour:
    kind = dice.random()
    if kind < 0.3:
        return _grey(dice, 110, 240)
    if kind < 0.6:
        return _colour(dice, (10, 22), (0.08, 0.4), (140, 240))  # stone, cream
    if kind < 0.85:
        return _colour(dice, (2, 12), (0.3, 0.65), (90, 190))  # brick
    return _colour(dice, (0, 180), (0.1, 0.4), (120, 225))


def _roof_colour(dice: np.random.Generator) -> Colour:
    return _grey(dice, 45, 130) if dice.random() < 0.5 else _colour(dice, (2, 13), (0.35, 0.7), (90, 180))


def _times(colour: Colour, factor: float) -> Colour:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


def _light(weather: str, dice: np.random.Generator) -> Light:
    azimuth = float(dice.uniform(-np.pi, np.pi))
    if weather in ("sun", "low sun"):
        low = weather == "low sun"
        elevation = float(dice.uniform(0.16, 0.42) if low else dice.uniform(0.45, 1.15))
        warm = (0.72, 0.9, 1.08) if low else (0.92, 0.98, 1.02)
        return Light(
            azimuth,
            elevation,
            sun=_times(warm, float(dice.uniform(0.55, 0.85))),
            ambient=_times((1.08, 1.0, 0.95), float(dice.uniform(0.42, 0.6))),
            zenith=_colour(dice, (100, 114), (0.4, 0.75), (130, 220)),
            horizon=_colour(dice, (8, 20), (0.1, 0.35), (200, 250))
            if low
            else _colour(dice, (95, 112), (0.05, 0.25), (205, 250)),
            clouds=float(dice.uniform(0, 0.65)),
            cloud=_grey(dice, 225, 255),
            haze=float(1 / dice.uniform(400, 3000)),
        )
    level = {"overcast": (0.7, 1.0), "dusk": (0.42, 0.65), "rain": (0.55, 0.9), "mist": (0.65, 1.0)}[weather]
    strength = float(dice.uniform(*level))
    cast = (1.15, 0.95, 0.9) if weather == "dusk" else (1.02, 1.0, 0.98)
    sky = _grey(dice, 190, 245)
    if weather == "dusk":
        sky = _colour(dice, (5, 16) if dice.random() < 0.5 else (105, 130), (0.2, 0.5), (110, 190))
    reach = {"overcast": (500, 3000), "dusk": (400, 2000), "rain": (150, 700), "mist": (40, 140)}[weather]
    return Light(
        azimuth,
        0.9,
        ambient=_times(cast, strength),
        zenith=_times(sky, 0.55 if weather == "dusk" else float(dice.uniform(0.7, 0.95))),
        horizon=sky,
        clouds=float(dice.uniform(0.3, 1.0)),
        cloud=_times(sky, float(dice.uniform(0.75, 1.0))),
        haze=float(1 / dice.uniform(*reach)),
        wet=float(dice.uniform(0.35, 1.0)) if weather == "rain" else float(dice.choice([0.0, 0.0, 0.4])),
    )
