# SPDX-License-Identifier: Apache-2.0
"""A style as typed data, checked when it is read, and the match of an object's tags against it."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from offline_tools.channels import CHANNELS
from offline_tools.errors import StyleError
from offline_tools.osm.elements import Tags

#: The styles that are shipped.
STYLE_NAMES = ("mia", "navigation")

ANY = "*"  # in place of a tag's value

Channel = Literal[CHANNELS]  # type: ignore[valid-type]
Values = Annotated[tuple[str, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)]
Metres = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Pen = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Match(_Strict):
    """Which tags an object must have, and which it must not: all of `tags`, none of `unless`."""

    tags: dict[str, Values] = Field(min_length=1)
    unless: dict[str, Values] = {}

    def holds(self, tags: Tags) -> bool:
        """Whether an object with these tags is meant; values are compared exactly."""
        return all(_has(tags, key, values) for key, values in self.tags.items()) and not any(
            _has(tags, key, values) for key, values in self.unless.items()
        )


class Paint(_Strict):
    """How an object is drawn: filled, stroked with a pen (in reference pixels of half a metre), or both."""

    channel: Channel
    fill: bool = False
    pen: Pen = 0.0
    round_caps: bool = False
    round_joins: bool = False
    dash: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _draws_something(self) -> Paint:
        if not self.fill and self.pen == 0:
            raise ValueError("draws nothing: give it `fill: true`, a `pen`, or both")
        if self.dash is not None and min(self.dash) <= 0:
            raise ValueError("both numbers of `dash` must be larger than 0")
        return self


class Feature(Match, Paint):
    """One row of the table of areas and lines."""


class RoadClass(Match):
    """One row of the table of roads; the first that matches counts."""

    metres: Metres  # the whole width, where neither `lanes` nor `width` says otherwise
    channel: Channel = "road"
    sidewalks: bool = True  # whether it may have sidewalks; a running track has none


class Rim(Match):
    """What a kind of road has beside it: the pen that is added, and the channel; none is not drawn."""

    pen: Pen
    channel: Channel | None


class Borders(_Strict):
    """The stroke under a road, a little wider than it; the first rim that matches gives its channel."""

    pen: Pen  # reference pixels, over both sides
    rims: tuple[Rim, ...] = ()


class Sidewalks(_Strict):
    """Sidewalks that roads have as tags: bands along the road in `channel`.

    The border of a road grows by `both` or by `one` metres, and is shifted by `shift` metres to the side that has one.
    """

    channel: Channel
    both: Metres
    one: Metres
    shift: Metres
    rim_of_other_values: bool  # any value but none, "no" for example, still gives the border the sidewalk's channel
    trust_absence: bool  # no, none and separate mean what they say, and keep a sidewalk from being inferred


class Hidden(_Strict):
    """What is not drawn: objects below ground."""

    below_level: float
    tags: dict[str, Values]


class CrossingNodes(Match):
    """Nodes on a road that are drawn as a band across it, unless a drawn way crosses there."""

    channel: Channel
    pen: Pen
    drawn_by: dict[str, Values]  # ways that draw the crossing themselves


class Style(_Strict):
    """All rules of one way to draw a street map."""

    name: str
    summary: str
    hidden: Hidden
    buildings: Feature
    roads: tuple[RoadClass, ...]
    lane: Metres  # width of a lane
    width_units: bool  # whether a `width` with a unit ("5.5 m", "20 ft") is read, or ignored
    borders: Borders
    sidewalks: Sidewalks
    area_keys: tuple[str, ...]  # closed roads with one of these keys are areas
    not_area: dict[str, Values]
    features: tuple[Feature, ...]
    crossing_nodes: CrossingNodes | None = None
    digest: str = ""

    def is_hidden(self, tags: Tags) -> bool:
        """Whether an object lies below ground."""
        return _below(tags.get("level"), self.hidden.below_level) or any(
            _has(tags, key, values) for key, values in self.hidden.tags.items()
        )

    def road_of(self, tags: Tags) -> RoadClass | None:
        """The row of the table of roads, if the object is a road."""
        if not self._road_keys & tags.keys():
            return None
        return next((row for row in self.roads if row.holds(tags)), None)

    def features_of(self, tags: Tags) -> list[Feature]:
        """All rows of the table of areas and lines that hold."""
        by_key = self._features_by_key
        return [row for key in tags if key in by_key for row in by_key[key] if row.holds(tags)]

    def is_area(self, tags: Tags) -> bool:
        """Whether the tags say that a closed road is an area."""
        return any(key in tags and not _has(tags, key, self.not_area.get(key, ())) for key in self.area_keys)

    @cached_property
    def _road_keys(self) -> set[str]:
        return {key for row in self.roads for key in row.tags}

    @cached_property
    def _features_by_key(self) -> dict[str, list[Feature]]:
        found: dict[str, list[Feature]] = {}
        for row in self.features:
            found.setdefault(next(iter(row.tags)), []).append(row)
        return found


def load_style(style: str | Path) -> Style:
    """A shipped style by its name, or a YAML file of your own."""
    if str(style) in STYLE_NAMES:
        text = (resources.files("offline_tools.osm.style") / f"{style}.yaml").read_text()
        return _parse(text, str(style))
    path = Path(style)
    if path.suffix not in {".yaml", ".yml"}:
        raise StyleError(f"there is no style {str(style)!r}: choose {' or '.join(STYLE_NAMES)}, or name a .yaml file")
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise StyleError(f"{path}: the style cannot be read: {error}") from None
    return _parse(text, str(path))


def _parse(text: str, name: str) -> Style:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise StyleError(f"{name}: this style is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise StyleError(f"{name}: a style is a mapping of keys, with `name`, `roads`, `features` and others")
    if "digest" in found:
        raise StyleError(f"{name}: key `digest` is not known")
    try:
        return Style(**found, digest=hashlib.sha256(text.encode()).hexdigest())
    except (ValidationError, TypeError) as error:
        raise StyleError(f"{name}: {_first_problem(error)}") from None


def _first_problem(error: ValidationError | TypeError) -> str:
    if isinstance(error, TypeError):
        return str(error)
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']} (found {first['input']!r})"


def _has(tags: Tags, key: str, values: tuple[str, ...]) -> bool:
    return key in tags and (tags[key] in values or ANY in values)


def _below(level: str | None, limit: float) -> bool:
    """Whether a number in a `level` tag is below the limit; nothing is read after a part that is no number."""
    if level is None:
        return False
    with suppress(ValueError):
        return any(float(part) < limit for part in level.replace(",", ".").split(";"))
    return False
