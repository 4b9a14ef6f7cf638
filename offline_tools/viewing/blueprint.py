# SPDX-License-Identifier: Apache-2.0
"""The blueprint: how the viewer arranges what a Scene logs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.viewing.parts import rerun
from offline_tools.viewing.scene import NUMBERS

#: Plots by what their lines begin with below `numbers`.
_PLOTS = {
    "times": "stage times, ms",
    "shares": "coverage and agreement",
    "attitude": "roll and pitch, deg",
    "checks": "checks",
}


@dataclass(frozen=True)
class Layout:
    """What there is to arrange: maps; places of theirs, so that there is a world; a text; and plots, of `_PLOTS`."""

    maps: bool = True
    placed: bool = True
    about: bool = False
    plots: tuple[str, ...] = ("times", "shares", "attitude")


def blueprint(layout: Layout) -> Any:
    """Photos at the left, the world and the map in the middle, layers at the right, plots below."""
    rrb = _blueprints()
    photos = rrb.Vertical(
        rrb.Spatial2DView(origin="camera/image", name="camera"),
        rrb.Spatial2DView(origin="camera/level", name="levelled"),
    )
    columns = [photos, *(_maps(rrb, layout) if layout.maps else []), _details(rrb, layout)]
    rows = [rrb.Horizontal(*columns, column_shares=[3, *[4] * (len(columns) - 1)])]
    if layout.plots:
        plots = [rrb.TimeSeriesView(origin=f"{NUMBERS}/{key}", name=_PLOTS[key]) for key in layout.plots]
        rows.append(rrb.Horizontal(*plots))
    return rrb.Blueprint(
        rrb.Vertical(*rows, row_shares=[3, 1][: len(rows)]),
        rrb.BlueprintPanel(state="collapsed"),
        rrb.SelectionPanel(state="collapsed"),
        rrb.TimePanel(state="collapsed"),
    )


def _maps(rrb: Any, layout: Layout) -> list[Any]:
    world = [rrb.Spatial3DView(origin="world", name="path")] if layout.placed else []
    return [rrb.Tabs(*world, _map(rrb, "labels"), _map(rrb, "occupancy"), name="map")]


def _details(rrb: Any, layout: Layout) -> Any:
    layers = [_layer(rrb, name) for name in CLASS_NAMES]
    grid = [rrb.Grid(*layers, grid_columns=2, name="layers"), _map(rrb, "labels")] if layout.maps else []
    texts = [rrb.TextDocumentView(origin="about", name="about")] if layout.about else []
    return rrb.Tabs(*grid, *texts, rrb.TextLogView(origin="log", name="log"), name="details")


def _map(rrb: Any, name: str) -> Any:
    return rrb.Spatial2DView(origin="map", contents=[f"map/{name}"], name=name)


def _layer(rrb: Any, name: str) -> Any:
    """Below the veil: a probability of 0 and a cell that was not observed are two things."""
    return rrb.Spatial2DView(origin="map", contents=[f"map/layers/{name}", "map/unobserved"], name=name)


def _blueprints() -> Any:
    rerun()
    return import_module("rerun.blueprint")
