# SPDX-License-Identifier: Apache-2.0
"""A page of maps, one file that needs nothing else, for a person who judges a region at a glance."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from mia_ros.arrays import Array, FloatArray
from mia_ros.errors import MiaError
from mia_ros.pictures import read_image, write_bytes
from offline_tools.channels import CHANNEL_COLOURS, CHANNEL_LABELS
from offline_tools.gallery.entries import Entry, Pose, locations, record_of, sample_entries
from offline_tools.gallery.pictures import hidden_overlay, map_picture
from offline_tools.gallery.template import PAGE
from offline_tools.osm.frame import REFERENCE_RESOLUTION

T = TypeVar("T")

LICENCE = "Map data © OpenStreetMap contributors, Open Database License (ODbL) 1.0"

_PHOTO = 672  # pixels, the longer side of a photo on the page
_SWITCH = '<label class="switch"><input type="checkbox" id="shade"> dim what cannot be seen past the buildings</label>'
_POINTS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def write_gallery(
    root: str | Path, out: str | Path, n: int = 16, seed: int = 0, *, poses: str | Path | None = None
) -> None:
    """A page of `n` maps, drawn by lot from a data set in the published layout, or from one location of it.

    Where the data set does not know its poses, because there are no photos, `poses` is the table that they stand in.
    """
    found = locations(Path(root))
    entries = sample_entries(found, n, seed, None if poses is None else Path(poses))
    records = [record_of(location) for location in found]
    configurations = [record.get("configuration", {}) for record in records]
    page = gallery_page(
        entries,
        ", ".join(location.name for location in found),
        style=_one_of(configurations, "style", ""),
        resolution=_one_of(configurations, "resolution", REFERENCE_RESOLUTION),
        licence=_one_of(records, "licence", LICENCE),
    )
    write_bytes(Path(out), page.encode())


def gallery_page(
    entries: Sequence[Entry],
    title: str,
    *,
    style: str = "",
    resolution: float = REFERENCE_RESOLUTION,
    licence: str = LICENCE,
) -> str:
    """The page as HTML text: pictures inside it, no script, nothing that is fetched. `resolution` is metres a pixel."""
    shares = np.array([_shares(entry.mask) for entry in entries]).reshape(-1, len(CHANNEL_LABELS))
    empty = int((shares.sum(axis=1) == 0).sum())
    facts = [
        _count(len(entries), "map"),
        f"{empty} of them empty" if empty else "",
        _ground(entries, resolution),
        f"style {style}" if style else "",
    ]
    parts = {
        "title": escape(title),
        "facts": " · ".join(escape(fact) for fact in facts if fact),
        "legend": _legend(shares.mean(axis=0) if len(shares) else np.zeros(len(CHANNEL_LABELS))),
        "switch": _SWITCH if any(entry.visibility is not None for entry in entries) else "",
        "cards": "\n".join(_card(entry, share) for entry, share in zip(entries, shares, strict=True)),
        "licence": escape(licence),
    }
    page = PAGE
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text)
    return page


def _card(entry: Entry, shares: FloatArray) -> str:
    """One map with what is known of it."""
    pictures = [_figure(entry)]
    if entry.photo is not None:
        pictures.insert(0, _photo(entry.photo))
    return (
        f'<article class="card{" wide" if entry.photo is not None else ""}">'
        f'<div class="pictures">{"".join(pictures)}</div>'
        f'<div class="text"><h2>{escape(entry.id)}</h2>{_where(entry.pose)}'
        f'<ul class="shares">{"".join(_share(index, share) for index, share in enumerate(shares))}</ul></div></article>'
    )


def _figure(entry: Entry) -> str:
    picture = cv2.cvtColor(map_picture(entry.mask, legend=False), cv2.COLOR_RGB2BGR)
    parts = f'<img src="{_data_uri(picture)}" alt="map of {escape(entry.id)}">'
    if not np.any(entry.mask):
        parts += '<p class="empty">nothing is drawn here</p>'
    if entry.visibility is not None:
        parts += f'<img class="shade" src="{_data_uri(hidden_overlay(entry.visibility))}" alt="">'
    return f'<div class="map">{parts}</div>'


def _photo(path: Path) -> str:
    """A photo no larger than it is shown; one that cannot be read says so in its place, and the page goes on."""
    try:
        image = read_image(path)
    except MiaError as error:
        return f'<div class="photo broken">{escape(str(error))}</div>'
    smaller = _PHOTO / max(image.shape[:2])
    if smaller < 1:
        image = np.asarray(cv2.resize(image, None, fx=smaller, fy=smaller, interpolation=cv2.INTER_AREA), np.uint8)
    return f'<div class="photo"><img src="{_data_uri(image, ".jpg")}" alt="photo"></div>'


def _data_uri(image: Array, suffix: str = ".png") -> str:
    ok, data = cv2.imencode(suffix, image)
    assert ok  # both are built into every OpenCV
    kind = "png" if suffix == ".png" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode('ascii')}"


def _where(pose: Pose | None) -> str:
    """Place and heading, with a link to the place and a little arrow as on a compass with north above."""
    if pose is None:
        return ""
    there = f"{pose.lat:.6f}/{pose.lon:.6f}"
    url = f"https://www.openstreetmap.org/?mlat={pose.lat:.6f}&amp;mlon={pose.lon:.6f}#map=19/{there}"
    title = "the same place on openstreetmap.org"
    point = _POINTS[round(pose.heading_deg / 45) % len(_POINTS)]
    return (
        f'<p class="where"><a href="{url}" rel="noreferrer" title="{title}">{pose.lat:.5f}, {pose.lon:.5f}</a>'
        f'<span class="heading"><svg viewBox="-6 -6 12 12" aria-hidden="true"><path transform="rotate('
        f'{pose.heading_deg:.1f})" d="M0-5.4L3.6 4.4 0 2.4-3.6 4.4Z"/></svg>looks {point}, '
        f"{pose.heading_deg % 360:.0f}°</span></p>"
    )


def _shares(mask: Array) -> FloatArray:
    """(9,) part of the map that each channel covers."""
    return (np.asarray(mask) != 0).mean(axis=(0, 1))


def _share(index: int, share: float) -> str:
    return f"<li{'' if share else ' class=none'}>{_swatch(index)}{CHANNEL_LABELS[index]} <b>{_percent(share)}</b></li>"


def _legend(shares: FloatArray) -> str:
    return "".join(
        f"<li>{_swatch(index)}<span>{label}</span> <b>{_percent(share)}</b></li>"
        for index, (label, share) in enumerate(zip(CHANNEL_LABELS, shares, strict=True))
    )


def _swatch(index: int) -> str:
    return '<i style="background:#{:02x}{:02x}{:02x}"></i>'.format(*CHANNEL_COLOURS[index])


def _percent(share: float) -> str:
    if share == 0:
        return "–"
    return "<1%" if share < 0.01 else f"{share * 100:.0f}%"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _ground(entries: Sequence[Entry], resolution: float) -> str:
    sizes = {np.asarray(entry.mask).shape[:2] for entry in entries}
    if len(sizes) != 1:
        return "up is the heading"
    rows, columns = (side * resolution for side in sizes.pop())
    return f"{columns:g} x {rows:g} m each, up is the heading"


def _one_of(records: Sequence[Any], key: str, otherwise: T) -> T:
    """A value that all records have alike, and of the kind that is wanted; what is said otherwise, if not."""
    values = [record.get(key) for record in records if isinstance(record, dict)]
    alike = bool(values) and all(value == values[0] for value in values)
    return values[0] if alike and isinstance(values[0], type(otherwise)) else otherwise
