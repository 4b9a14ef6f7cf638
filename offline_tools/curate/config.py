# SPDX-License-Identifier: Apache-2.0
"""Configuration: which places, which photos, and how they become a data set, as typed YAML.

A misspelt key is an error. The access token is never part of it, and no message shows what stands where one might be.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from offline_tools.curate.filters import Recipe, load_recipe
from offline_tools.curate.undistortion.opensfm import SPHERICAL
from offline_tools.curate.undistortion.picture import SIZE
from offline_tools.dataset.layout import SAFE_NAME, checked_name
from offline_tools.errors import DatasetError
from offline_tools.osm.sources.servers import OPENSTREETMAP
from offline_tools.training.splits.making import DEFAULT_GAP

#: `osm` of a location whose street map is fetched from OpenStreetMap's API.
API = "api"
_ELSEWHERE = "; the token does not belong here: name a file in token_file, or set MAPILLARY_ACCESS_TOKEN"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _plain_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("want an address that begins with https:// or http://")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("want a plain address, without a user, a token or anything behind '?'")
    return url.rstrip("/")


Address = Annotated[str, AfterValidator(_plain_url)]


class Services(_Part):
    """Where the servers are, and how they are treated.

    per_second, in_flight: requests to Mapillary's servers, all together; tries: of each request; timeout_s: without a
    byte of an answer; nominatim_per_second: the public server allows 1.
    """

    graph: Address = "https://graph.mapillary.com"
    tiles: Address = "https://tiles.mapillary.com/maps/vtp/mly1_public/2"
    nominatim: Address = "https://nominatim.openstreetmap.org"
    osm_api: Address = OPENSTREETMAP
    nominatim_per_second: float = Field(default=1.0, gt=0, le=1000)
    per_second: float = Field(default=100.0, gt=0, le=10_000)
    in_flight: int = Field(default=200, ge=1, le=2000)
    tries: int = Field(default=6, ge=1, le=20)
    timeout_s: float = Field(default=30.0, gt=0, le=600)
    back_off_s: float = Field(default=0.5, ge=0, le=60)
    longest_wait_s: float = Field(default=60.0, gt=0, le=3600)


class LocationConfig(_Part):
    """One place: by its name (query), a box (bounds: left, bottom, right, top) or a centre (longitude, latitude).

    size_m: side of a square around the centre of what was found, instead of its outline; needed with center.
    max_km2: a larger place is refused, so that a misunderstood name does not become a job of months.
    osm: a street map file or the folder of a map store; or "api", for a small place.
    """

    name: str = Field(pattern=SAFE_NAME)
    query: str | None = None
    bounds: tuple[float, float, float, float] | None = None
    center: tuple[float, float] | None = None
    size_m: float | None = None
    max_km2: float | None = None
    osm: str = Field(min_length=1)
    driving_side: Literal["right", "left"] = "right"
    infer_sidewalks: bool = True

    @property
    def place(self) -> dict[str, Any]:
        """The keys that say where it is."""
        return self.model_dump(include={"query", "bounds", "center", "size_m", "max_km2"}, exclude_none=True)


class KeyframesConfig(_Part):
    """spacing_m: of path between two key frames of a drive. thin_cell_m: of all drives together, only the newest photo
    stays of each cell of ground and of each of thin_sectors headings; 0 keeps all.
    """

    spacing_m: float = Field(default=4.0, gt=0, le=10_000)
    thin_cell_m: float = Field(default=0.0, ge=0, le=10_000)
    thin_sectors: int = Field(default=8, ge=1, le=360)


class UndistortionConfig(_Part):
    """size: longest side of the pictures, pixels. cut_panoramas: spherical photos give four views each."""

    size: int = Field(default=SIZE, ge=64, le=4096)
    cut_panoramas: bool = False


class MapsConfig(_Part):
    """style: mia, navigation, or a YAML file. partial: also maps that reach over the edge of what the map covers."""

    style: str = "mia"
    partial: bool = False


class UnitsConfig(_Part):
    """How many photos are a unit of work: of requests about them, and of downloads, pictures and maps."""

    metadata: int = Field(default=5000, ge=1, le=100_000)
    photos: int = Field(default=250, ge=1, le=100_000)


class SplitConfig(_Part):
    """As for `mia splits`; shares of train, val and test make 1. none: make no split."""

    none: bool = False
    block: float = 500.0
    gap: float = DEFAULT_GAP
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    test_locations: tuple[str, ...] = ()
    seed: int = Field(default=0, ge=0, lt=2**31)

    @field_validator("shares")
    @classmethod
    def _make_one(cls, shares: tuple[float, float, float]) -> tuple[float, float, float]:
        if min(shares) < 0 or shares[0] <= 0 or not math.isclose(sum(shares), 1, abs_tol=1e-6):
            raise ValueError("want the shares of train, val and test to make 1, and some for train")
        return shares


class Config(_Part):
    """A data set to be made. Relative paths are from the folder of the configuration file.

    contact: an e-mail address or a page, for the servers' people; $MIA_CONTACT by default. token_file: a file whose
    first line is the Mapillary access token; else $MAPILLARY_ACCESS_TOKEN or the keyring. recipe: mia, mia_rural,
    strict, or a YAML file. workers: processes that undistort and draw; one for each core by default.
    """

    out: Path
    contact: str = ""
    token_file: Path | None = None
    recipe: str = "mia"
    locations: tuple[LocationConfig, ...] = Field(min_length=1)
    keyframes: KeyframesConfig = KeyframesConfig()
    undistortion: UndistortionConfig = UndistortionConfig()
    maps: MapsConfig = MapsConfig()
    split: SplitConfig = SplitConfig()
    services: Services = Services()
    units: UnitsConfig = UnitsConfig()
    workers: int | None = Field(default=None, ge=1, le=1024)
    keep_photos: bool = True

    @field_validator("token_file", mode="before")
    @classmethod
    def _names_a_file(cls, value: object) -> object:
        if isinstance(value, str) and (value.startswith("MLY") or "|" in value):
            raise ValueError("want the path of a file that holds the token, not the token itself")
        return value

    @model_validator(mode="after")
    def _agrees(self) -> Config:
        names = [location.name for location in self.locations]
        twice = [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]
        if twice:
            raise ValueError(f"locations: the name '{twice[0]}' is given twice")
        unknown = [name for name in self.split.test_locations if name not in names]
        if unknown:
            raise ValueError(f"split.test_locations: '{unknown[0]}' is no location; there are {', '.join(names)}")
        return self

    def dump(self) -> str:
        """The resolved configuration as YAML."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def load_config(path: Path) -> Config:
    """The configuration of a file, with its paths resolved and its places, recipe and style looked at."""
    values = _read(path)
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise DatasetError(f"configuration {path}: {_problem(error)}") from None
    resolved = _resolved(config, path.resolve().parent)
    _check(resolved, path)
    return resolved


def _read(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        told = getattr(error, "strerror", None) or "not text in UTF-8"
        raise DatasetError(f"configuration {path}: cannot be read: {told}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)  # the whole message would show the line, whatever stands there
        where = f", line {mark.line + 1}" if mark else ""
        raise DatasetError(f"configuration {path}{where}: not YAML: {getattr(error, 'problem', '')}") from None
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        raise DatasetError(f"configuration {path}: want a mapping of keys, with out and locations")
    return dict(found)


def _problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"unknown key '{field}'" + (_ELSEWHERE if "token" in field.lower() else "")
    told = " ".join(problem["msg"].removeprefix("Value error, ").split())
    quiet = problem["type"] == "missing" or not field or "token" in field.lower() or field.startswith("services.")
    found = "" if quiet or not isinstance(problem["input"], (str, int, float)) else f" (found {problem['input']!r:.80})"
    return f"{field}: {told}{found}" if field else f"{told}{found}"


def _resolved(config: Config, folder: Path) -> Config:
    def under(path: Path) -> Path:
        return folder / path.expanduser()

    def file_or_name(text: str) -> str:
        return str(under(Path(text))) if Path(text).suffix in {".yaml", ".yml"} else text

    locations = tuple(
        one if one.osm == API else one.model_copy(update={"osm": str(under(Path(one.osm)))}) for one in config.locations
    )
    return config.model_copy(
        update={
            "out": under(config.out),
            "token_file": under(config.token_file) if config.token_file else None,
            "recipe": file_or_name(config.recipe),
            "maps": config.maps.model_copy(update={"style": file_or_name(config.maps.style)}),
            "locations": locations,
        }
    )


def _keeps_panoramas(recipe: Recipe) -> bool:
    lists = [rule.values for rule in recipe.filters if rule.kind == "one_of" and rule.column == "camera_type"]
    return all(SPHERICAL in values for values in lists)


def _check(config: Config, path: Path) -> None:
    """What only other parts of the program can judge, before anything is asked of a server."""
    from offline_tools.curate.place_spec import place_spec
    from offline_tools.osm import load_style

    recipe = load_recipe(config.recipe)
    load_style(config.maps.style)
    if config.undistortion.cut_panoramas and not _keeps_panoramas(recipe):
        raise DatasetError(
            f"configuration {path}: undistortion.cut_panoramas: the recipe '{recipe.name}' keeps no spherical photos; "
            f"take one of your own, with '{SPHERICAL}' among its camera types"
        )
    for number, location in enumerate(config.locations):
        where = f"configuration {path}: locations.{number} ({location.name})"
        checked_name(location.name, "location")
        place_spec(location.place, where)
        if location.osm != API and not Path(location.osm).exists():
            raise DatasetError(f"{where}: osm: there is no {location.osm}; want a street map file, or '{API}'")
