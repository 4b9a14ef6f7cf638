# SPDX-License-Identifier: Apache-2.0
"""One map as a file: the mask itself, a picture of it, or a drawing of the same scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2

import mia_ros
from mia_ros.arrays import UInt8Array
from mia_ros.pictures import write_bytes
from offline_tools.dataset.files import npz_bytes
from offline_tools.errors import DatasetError
from offline_tools.osm import CHANNELS, MapStore, Style
from offline_tools.osm.frame import View
from offline_tools.osm.render import render_view
from offline_tools.rendering.job import JobPlan

SUFFIXES = (".npz", ".png", ".svg")


def check_out(out: Path) -> None:
    """Refuse a name that does not say what to write."""
    if out.suffix.lower() not in SUFFIXES:
        raise DatasetError(f"out {out}: want a file name that ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")


def write_map(out: Path, store: MapStore, view: View, style: Style, infer_sidewalks: bool) -> UInt8Array:
    """Draw a view and write it as the end of the name says; the mask, (rows, columns, 9)."""
    check_out(out)
    mask = render_view(store, view, style, infer_sidewalks)
    kind = out.suffix.lower()
    if kind == ".npz":
        data = npz_bytes(mask.astype(bool))
    elif kind == ".png":
        data = _picture(mask)
    else:
        from offline_tools.osm.svg import draw_svg

        data = draw_svg(store.shapes(style, infer_sidewalks, view.box), view).encode()
    write_bytes(out, data)
    return mask


def record_of(
    plan: JobPlan, pose: tuple[float, float, float], store: MapStore, style: Style, mask: UInt8Array, partial: bool
) -> dict[str, Any]:
    """How a map was drawn, for JSON; `partial`: it reaches beyond what the map file covers."""
    return {
        "out": str(plan.out),
        **dict(zip(("lat", "lon", "heading_deg"), pose, strict=True)),
        "size": list(plan.size),
        "resolution": plan.resolution,
        "style": style.name,
        "style_digest": style.digest,
        "infer_sidewalks": plan.infer_sidewalks,
        "driving_side": plan.driving_side,
        "source": store.source.model_dump(),
        "licence": store.licence,
        "reaches_beyond_the_map": partial,
        "left_out_of_map": store.skipped,
        "software": f"mia_ros {mia_ros.__version__}",
        "shares": dict(zip(CHANNELS, mask.mean(axis=(0, 1)).round(4).tolist(), strict=True)),
    }


def _picture(mask: UInt8Array) -> bytes:
    from offline_tools.gallery.pictures import map_picture

    _, data = cv2.imencode(".png", map_picture(mask)[..., ::-1])
    return data.tobytes()
