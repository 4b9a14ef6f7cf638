# SPDX-License-Identifier: Apache-2.0
"""`mia render`: one map, or the maps of a table of poses."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from offline_tools.errors import DatasetError, need

if TYPE_CHECKING:
    from offline_tools.osm import MapStore
    from offline_tools.rendering import JobPlan, Summary

EPILOG = (
    "Example: [bold]mia render --osm city.osm.pbf --lat 48.879 --lon 2.348 --heading 90 --out map.png[/]\n\n"
    "Example: [bold]mia render --osm city.osm.pbf --poses poses.parquet --out data --workers 4 --gallery[/]\n\n"
    "Map data of OpenStreetMap is under the ODbL: name (c) OpenStreetMap contributors where you show it."
)
_INTERRUPTED = 130  # what shells give for Ctrl-C


def render(
    osm: Annotated[
        Path,
        typer.Option(help="Map: .osm, .osm.gz, .osm.bz2, .osm.pbf, Overpass JSON, or a map store.", show_default=False),
    ],
    out: Annotated[
        Path, typer.Option(help="One map: a file, .npz, .png or .svg. With --poses: a folder.", show_default=False)
    ],
    lat: Annotated[float | None, typer.Option(help="Latitude, degrees.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude, degrees.")] = None,
    heading: Annotated[
        float | None, typer.Option(help="Degrees clockwise from north; it is up in the map. [dim]\\[default: 0][/]")
    ] = None,
    poses: Annotated[
        Path | None, typer.Option(help="Table of many poses, CSV or Parquet: id, lat, lon, heading.")
    ] = None,
    location: Annotated[str, typer.Option(help="With --poses: name in the data set; the map's by default.")] = "",
    workers: Annotated[int, typer.Option(help="With --poses: processes that draw.")] = 2,
    gallery: Annotated[
        bool, typer.Option("--gallery", help="With --poses: also a page of 16 maps to look at.")
    ] = False,
    style: Annotated[str, typer.Option(help="mia (as published), navigation, or a YAML file of your own.")] = "mia",
    infer_sidewalks: Annotated[bool, typer.Option(help="Draw sidewalks that tags do not mention.")] = True,
    driving_side: Annotated[
        str, typer.Option(help="right or left: where one-way roads have their sidewalk.")
    ] = "right",
    size: Annotated[int, typer.Option(help="Pixels along each side.")] = 224,
    resolution: Annotated[float, typer.Option(help="Metres per pixel.")] = 0.5,
    visibility: Annotated[
        bool, typer.Option(help="With --poses: masks of what can be seen past buildings, too.")
    ] = True,
    compress: Annotated[bool, typer.Option(help="With --poses: compress the masks.")] = True,
    partial: Annotated[
        bool, typer.Option("--partial", help="With --poses: also maps that reach beyond what the map file covers.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="With --poses: throw away maps that were drawn in another way.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Draw OpenStreetMap as a robot would see it from above: nine channels around a pose, its heading up.

    With --poses: a data set in the published layout. A job that was stopped goes on with the same command.
    """
    need("numba", "osmium", "polars", "pyproj", "shapely")
    from offline_tools.rendering import JobPlan

    if (poses is None) == (lat is None and lon is None and heading is None):
        raise DatasetError("render: give either --lat and --lon (and --heading), or --poses TABLE")
    plan = JobPlan(
        source=osm,
        poses=poses or "",
        out=out,
        location=location,
        style=style,
        infer_sidewalks=infer_sidewalks,
        driving_side=driving_side,
        size=(size, size),
        resolution=resolution,
        visibility=visibility,
        partial=partial,
        compress=compress,
        overwrite=overwrite,
        workers=workers,
    )
    if poses is not None:
        _many(plan, gallery, as_json)
        return
    if lat is None or lon is None:
        raise DatasetError(f"render: --{'lat' if lat is None else 'lon'} is missing")
    _one(plan, (lat, lon, heading or 0.0), as_json)


def _one(plan: JobPlan, pose: tuple[float, float, float], as_json: bool) -> None:
    from mia_ros.pictures import write_bytes
    from offline_tools.osm import load_style
    from offline_tools.osm.frame import view_of
    from offline_tools.rendering.covering import check_inside, check_picture, reaches_out
    from offline_tools.rendering.single import check_out, record_of, write_map

    out = Path(plan.out)
    check_out(out)
    check_picture(plan.size, plan.resolution)
    style, view = load_style(str(plan.style)), view_of(*pose, plan.size, plan.resolution)
    store = _opened(plan)
    check_inside(store, *pose[:2])
    if reaches_out(store, view):
        _say("the map reaches beyond what the file covers: it is empty there, which does not mean free")
    mask = write_map(out, store, view, style, plan.infer_sidewalks)
    record = record_of(plan, pose, store, style, mask, reaches_out(store, view))
    text = json.dumps(record, indent=2)
    write_bytes(out.with_suffix(".json"), f"{text}\n".encode())
    if as_json:
        print(text)
        return
    there = ", ".join(f"{name} {share:.0%}" for name, share in record["shares"].items() if share)
    print(f"map: {there or 'nothing is mapped there'}")
    print(f"wrote {out} and {out.with_suffix('.json')}")


def _many(plan: JobPlan, gallery: bool, as_json: bool) -> None:
    from offline_tools.rendering import render_poses
    from offline_tools.rendering.progress import drawing

    store = _opened(plan)
    try:
        with drawing(store.source.name) as report:
            summary = render_poses(plan, report, store)
    except KeyboardInterrupt:
        _say(f"stopped; what is drawn stays in {plan.out}: go on with the same command")
        raise typer.Exit(_INTERRUPTED) from None
    for note in summary.notes:
        _say(note)
    page = _gallery(plan) if gallery and summary.there else None
    if as_json:
        print(json.dumps({"out": str(plan.out), "gallery": page and str(page), **summary.record()}, indent=2))
    else:
        _print_summary(summary, plan, page)
    if not summary.there:
        reasons = "; ".join(summary.lines()) or "the table has no rows"
        raise DatasetError(f"render: no map was drawn of {plan.poses}: {reasons}")


def _print_summary(summary: Summary, plan: JobPlan, page: Path | None) -> None:
    rate = f" ({summary.done / summary.seconds:.0f}/s)" if summary.done else ""
    print(f"{summary.poses} poses: {summary.done} drawn{rate}, {summary.there_already} there already")
    for line in summary.lines():
        print(line)
    print(f"wrote {plan.out}" + (f" and {page}" if page else ""))


def _gallery(plan: JobPlan) -> Path:
    from offline_tools.gallery.page import write_gallery

    page = Path(plan.out) / "gallery.html"
    write_gallery(Path(plan.out), page, n=16, poses=plan.poses)
    return page


def _opened(plan: JobPlan) -> MapStore:
    """The map, with a word on what could not be read of it."""
    from offline_tools.osm import MapStore
    from offline_tools.rendering.progress import parsing

    with parsing(Path(plan.source).name) as progress:
        store = MapStore.open(plan.source, driving_side=plan.driving_side, progress=progress)
    if store.skipped:
        reasons = ", ".join(f"{count} x {reason}" for reason, count in sorted(store.skipped.items()))
        _say(f"{store.source.name}: left out {reasons}")
    return store


def _say(text: str) -> None:
    print(text, file=sys.stderr)
