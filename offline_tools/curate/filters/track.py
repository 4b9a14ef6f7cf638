# SPDX-License-Identifier: Apache-2.0
"""Heading against track: where the camera looks, and where the photos of its sequence go."""

from __future__ import annotations

import polars as pl

from offline_tools.curate.filters.columns import Columns

_METRES_PER_DEGREE = 111_195.0


def track_gap_deg(columns: Columns, moved_m: float) -> pl.Expr:
    """How far, in degrees, a photo's angle to the track is from its sequence's usual one; null where unknown.

    The track at a photo goes from the photo before it to the one after it, by time in its sequence.
    """
    east, north = _track(columns)
    moved = pl.when((east.pow(2) + north.pow(2)).sqrt() >= moved_m)
    angle = columns.number("computed_compass_angle").radians() - moved.then(pl.arctan2(east, north))
    sequence = columns.key("sequence")
    usual = pl.arctan2(angle.sin().mean().over(sequence), angle.cos().mean().over(sequence))
    gap = ((angle - usual).degrees() + 180) % 360 - 180
    return pl.when(sequence.is_not_null()).then(gap.abs())


def _track(columns: Columns) -> tuple[pl.Expr, pl.Expr]:
    """Metres to the east and north; at the ends of a sequence, from or to the photo itself."""
    lon, lat = columns.number("computed_geometry.long"), columns.number("computed_geometry.lat")
    east = (_across(columns, lon) + 180) % 360 - 180
    return east * lat.radians().cos() * _METRES_PER_DEGREE, _across(columns, lat) * _METRES_PER_DEGREE


def _across(columns: Columns, value: pl.Expr) -> pl.Expr:
    """From the photo before to the one after, of a value."""

    def beside(step: int) -> pl.Expr:
        other = value.shift(step).over(columns.key("sequence"), order_by=columns.number("captured_at"))
        return pl.coalesce(other, value)

    return beside(-1) - beside(1)
