# SPDX-License-Identifier: Apache-2.0
"""Who took the photos and made the maps, under which licences: ATTRIBUTION.md, and a row for each photo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import polars as pl

from offline_tools.curate.product.made import Made, columns_of
from offline_tools.curate.product.markdown import plain, plural, table, wrapped
from offline_tools.curate.tables import Schema, conform, write_table
from offline_tools.dataset.files import write_whole
from offline_tools.errors import DatasetError

ATTRIBUTION, PHOTOS = "ATTRIBUTION.md", "attribution.parquet"

PHOTO_LICENCE = "CC BY-SA 4.0"
PHOTO_LICENCE_URL = "https://creativecommons.org/licenses/by-sa/4.0/"
MAP_LICENCE_URL = "https://opendatacommons.org/licenses/odbl/1-0/"
MAP_COPYRIGHT_URL = "https://www.openstreetmap.org/copyright"
UNKNOWN = "not named by Mapillary"

#: A row for each photo of each location.
CREDITS: Schema = {
    "image_id": pl.String,
    "location": pl.String,
    "creator_username": pl.String,
    "creator_id": pl.String,
    "captured_at": pl.Int64,  # milliseconds since 1970
    "url": pl.String,
    "licence": pl.String,
}


def write_attribution(out: Path, locations: Sequence[str]) -> None:
    """ATTRIBUTION.md and attribution.parquet, of the photos that became samples."""
    if not locations:
        raise DatasetError(f"{out}: no locations to attribute")
    rows = pl.concat([_credits(Made(out, name)) for name in locations])
    write_table(out / PHOTOS, rows)
    write_whole(out / ATTRIBUTION, _text(rows).encode())


def photo_url(id_: str) -> str:
    """The page of a photo."""
    return f"https://www.mapillary.com/app/?pKey={quote(id_, safe='')}"


def _credits(made: Made) -> pl.DataFrame:
    photos = columns_of(made.processed, "id", "creator.username", "creator.id", "captured_at")
    named = photos.select(
        pl.col("id").alias("image_id"),
        pl.lit(made.name).alias("location"),
        pl.col("creator.username").alias("creator_username"),
        pl.col("creator.id").alias("creator_id"),
        "captured_at",
        pl.Series("url", [photo_url(id_) for id_ in photos["id"]], pl.String),
        pl.lit(PHOTO_LICENCE).alias("licence"),
    )
    return conform(named, CREDITS, str(made.processed))


def _text(rows: pl.DataFrame) -> str:
    different = rows.unique("image_id", maintain_order=True)
    people = _people(different)
    return wrapped(f"""\
# Attribution

## Photos

The pictures in the folders `images` show {plural(len(different), "photo")} by {plural(len(people), "contributor")} to
Mapillary, © their creators, licensed under [{PHOTO_LICENCE}]({PHOTO_LICENCE_URL}). They were changed: the lens's
distortion was taken out, they were made smaller, and they were stored as JPEG again; spherical photos may have been cut
into views. Who passes the pictures on names their creators, says what was changed, and does so under the same licence.

`{PHOTOS}` names for each photo its creator and its page, https://www.mapillary.com/app/?pKey=ID.

## Maps

The maps in `semantic_masks`, what is seen on them in `flood_fill`, and the outlines of places that were found by name
in `boundary_info.json` contain information from OpenStreetMap, which is made available under the
[Open Database License (ODbL) 1.0]({MAP_LICENCE_URL}). © OpenStreetMap contributors, {MAP_COPYRIGHT_URL}

## Creators of the photos

{table(["creator", "photos"], people)}""")


def _people(photos: pl.DataFrame) -> list[tuple[str, int]]:
    """In the order of their names; two of one name are two, and one of two names is one."""
    names = pl.col("creator_username").drop_nulls().unique().sort().str.join(", ")
    key = pl.coalesce("creator_id", "creator_username").alias("key")
    counted = photos.group_by(key).agg(names.alias("name"), pl.len().alias("photos")).sort("key", nulls_last=True)
    named = [(_name(name, id_), count) for id_, name, count in counted.iter_rows()]
    return [(plain(name), count) for name, count in sorted(named, key=lambda person: person[0].casefold())]


def _name(name: str, id_: str | None) -> str:
    if name:
        return name
    return UNKNOWN if id_ is None else f"number {id_}, {UNKNOWN}"
