# SPDX-License-Identifier: Apache-2.0
"""The filters, as typed data: each says of a row whether it stays, as an expression. Unknown values do not stay."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from offline_tools.curate.filters.columns import Columns
from offline_tools.curate.filters.track import track_gap_deg

_EARTH_RADIUS_M = 6_378_137.0
#: Where the camera was by its own GPS, and where Mapillary's reconstruction has put it.
_MEASURED = ("geometry.long", "geometry.lat")
_COMPUTED = ("computed_geometry.long", "computed_geometry.lat")


class _Rule(BaseModel):
    """`name` is the stage's, in tables and answers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    name: str = Field(min_length=1)


class Required(_Rule):
    """All these columns have a value."""

    kind: Literal["required"]
    columns: tuple[str, ...] = Field(min_length=1)

    def keeps(self, columns: Columns) -> pl.Expr:
        """Whether a row stays."""
        return pl.all_horizontal([columns.present(name) for name in self.columns])


class Since(_Rule):
    """Taken in this year (UTC) or later; the column holds milliseconds since 1970."""

    kind: Literal["since"]
    year: int = Field(ge=1970, le=9999)
    column: str = "captured_at"

    def keeps(self, columns: Columns) -> pl.Expr:
        """Whether a row stays."""
        start = datetime(self.year, 1, 1, tzinfo=timezone.utc).timestamp() * 1000
        return columns.number(self.column) >= start


class OneOf(_Rule):
    """The text is one of these, exactly."""

    kind: Literal["one_of"]
    column: str
    values: tuple[str, ...] = Field(min_length=1)

    def keeps(self, columns: Columns) -> pl.Expr:
        """Whether a row stays."""
        return columns.text(self.column).is_in(list(self.values))


class Between(_Rule):
    """The number is in a range, its ends included; `unknown` says what becomes of a row without it."""

    kind: Literal["between"]
    column: str
    lowest: float | None = None
    highest: float | None = None
    unknown: Literal["drop", "keep"] = "drop"

    @model_validator(mode="after")
    def _is_range(self) -> Between:
        if self.lowest is None and self.highest is None:
            raise ValueError("want lowest, highest, or both")
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            raise ValueError(f"lowest {self.lowest:g} is above highest {self.highest:g}")
        return self

    def keeps(self, columns: Columns) -> pl.Expr:
        """Whether a row stays."""
        if self.unknown == "keep" and not columns.has(self.column):
            return pl.lit(True)
        value = columns.number(self.column)
        inside = pl.lit(True) if self.lowest is None else value >= self.lowest
        if self.highest is not None:
            inside = inside & (value <= self.highest)
        return pl.when(value.is_null()).then(pl.lit(self.unknown == "keep")).otherwise(inside)


class CompassGap(_Rule):
    """The camera's compass and the reconstruction agree on the heading, to less than this, degrees."""

    kind: Literal["compass_gap"]
    below_deg: float = Field(gt=0, le=180)

    def keeps(self, columns: Columns) -> pl.Expr:
        """Whether a row stays."""
        turn = columns.number("computed_compass_angle") - columns.number("compass_angle")
        return ((turn + 180) % 360 - 180).abs() < self.below_deg


class PositionGap(_Rule):
    """GPS and the reconstruction agree on the position, to less than this on a sphere, metres."""

    kind: Literal["position_gap"]
    below_m: float = Field(gt=0)

    def keeps(self, columns: Columns) -> pl.Expr:
        """Whether a row stays."""
        lon, lat = (columns.number(name).radians() for name in _MEASURED)
        other_lon, other_lat = (columns.number(name).radians() for name in _COMPUTED)
        haversine = _half_sine2(other_lat - lat) + lat.cos() * other_lat.cos() * _half_sine2(other_lon - lon)
        return 2 * _EARTH_RADIUS_M * haversine.sqrt().clip(0, 1).arcsin() < self.below_m


class TrackGap(_Rule):
    """The heading rides on the sequence's track as it does in the rest of the sequence, to less than this, degrees.

    A camera may look sideways: what counts is how far a photo is from its sequence's usual angle to the track.
    moved_m: a track that is shorter than this around a photo has no direction, and the photo does not stay.
    """

    kind: Literal["track_gap"]
    below_deg: float = Field(gt=0, le=180)
    moved_m: float = Field(default=1.0, gt=0)

    def keeps(self, columns: Columns) -> pl.Expr:
        """Whether a row stays."""
        return track_gap_deg(columns, self.moved_m) < self.below_deg


Filter = Annotated[
    Required | Since | OneOf | Between | CompassGap | PositionGap | TrackGap, Field(discriminator="kind")
]


def _half_sine2(angle: pl.Expr) -> pl.Expr:
    return (angle / 2).sin().pow(2)
