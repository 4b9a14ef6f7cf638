# SPDX-License-Identifier: Apache-2.0
"""Some samples of a data set side by side with their maps, each with who took the photo."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np
import polars as pl

from mia_ros.arrays import Array
from mia_ros.errors import MiaError
from mia_ros.pictures import read_image
from offline_tools.curate.product.attribution import PHOTO_LICENCE, PHOTO_LICENCE_URL, UNKNOWN, photo_url
from offline_tools.curate.product.made import Made, columns_of
from offline_tools.dataset import SEMANTIC_MASK
from offline_tools.dataset.location import Location
from offline_tools.gallery.entries import Entry, sample_entries
from offline_tools.gallery.pictures import hidden_overlay, map_picture

_PHOTO = 448  # pixels, the longer side of a photo on the page
_JPEG_QUALITY = 82
_MAP_SCALE = 2

#: By sample: the photo's id, and its creator if Mapillary names one.
Credits = Mapping[str, tuple[str, str | None]]


def sample_cards(out: Path, names: Sequence[str], count: int, seed: int) -> str:
    """HTML of some samples, drawn by lot from all locations."""
    entries = sample_entries([Location(out / name, (SEMANTIC_MASK,)) for name in names], count, seed)
    credited = {name: _credits(Made(out, name), [entry.id for entry in entries]) for name in names}
    return "".join(_card(entry, credited[entry.location]) for entry in entries)


def _credits(made: Made, ids: Sequence[str]) -> Credits:
    views = made.views().filter(pl.col("view_id").is_in(ids)).select("view_id", "id")
    photos = columns_of(made.processed, "id", "creator.username")
    return {view: (id_, creator) for view, id_, creator in views.join(photos, "id").iter_rows()}


def _card(entry: Entry, credited: Credits) -> str:
    pose = entry.pose
    where = "" if pose is None else f"{pose.lat:.5f}, {pose.lon:.5f}, looks to {pose.heading_deg % 360:.0f}°"
    return (
        f'<div class="card"><h3>{escape(entry.location)} {escape(entry.id)}</h3><p>{where}</p>'
        f'<div class="two">{_photo(entry)}{_map(entry)}</div>{_credit(entry, credited)}</div>'
    )


def _photo(entry: Entry) -> str:
    """One that cannot be read says so in its place, and the page goes on."""
    try:
        image = read_image(entry.photo) if entry.photo is not None else None
    except MiaError as error:
        return f'<p class="broken">{escape(str(error))}</p>'
    if image is None:
        return '<p class="broken">no photo</p>'
    scale = min(1.0, _PHOTO / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return (
        f'<figure class="photo"><img src="{_uri(np.asarray(small), ".jpg")}" alt="photo {escape(entry.id)}"></figure>'
    )


def _map(entry: Entry) -> str:
    picture = map_picture(entry.mask, legend=False, scale=_MAP_SCALE)[..., ::-1]
    shade = ""
    if entry.visibility is not None:
        shade = f'<img src="{_uri(hidden_overlay(entry.visibility))}" alt="">'
    return f'<figure class="shade"><img src="{_uri(picture)}" alt="map of {escape(entry.id)}">{shade}</figure>'


def _credit(entry: Entry, credited: Credits) -> str:
    if entry.id not in credited:
        return ""
    id_, creator = credited[entry.id]
    return (
        f'<figcaption>Photo: <a href="{escape(photo_url(id_))}" rel="noreferrer">{escape(creator or UNKNOWN)}</a>, '
        f'<a href="{PHOTO_LICENCE_URL}" rel="noreferrer">{PHOTO_LICENCE}</a></figcaption>'
    )


def _uri(picture: Array, suffix: str = ".png") -> str:
    flags = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if suffix == ".jpg" else []
    ok, data = cv2.imencode(suffix, np.ascontiguousarray(picture), flags)
    assert ok  # both are built into every OpenCV
    kind = "jpeg" if suffix == ".jpg" else "png"
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode('ascii')}"
