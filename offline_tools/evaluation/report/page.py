# SPDX-License-Identifier: Apache-2.0
"""The page, from the record and the samples that are shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from mia_ros.errors import MiaError
from mia_ros.taxonomy import CLASS_NAMES, CLASSES, NO_CLASS_COLOUR
from offline_tools.evaluation.report import charts, tables
from offline_tools.evaluation.report.colours import DARK_PAPER, LIGHT_PAPER, class_variables, css
from offline_tools.evaluation.report.pictures import panels
from offline_tools.evaluation.report.template import PAGE
from offline_tools.evaluation.showcase import Shown


def report_page(record: Mapping[str, Any], best: Sequence[Shown], worst: Sequence[Shown]) -> str:
    """HTML text. `record` as `record_of` makes it; the photos of the shown samples are read again."""
    parts = {
        **_frame(record),
        **_plots(record),
        "classes": tables.classes_table(record),
        "ranges": tables.ranges_table(record),
        "locations": tables.groups_table("location", record["locations"]),
        "cameras": tables.groups_table("camera", record["cameras"]),
        "best": "".join(_card(shown) for shown in best) or "<p>No sample has enough cells to show.</p>",
        "worst": "".join(_card(shown) for shown in worst) or "<p>No sample has enough cells to show.</p>",
        "configuration": escape(json.dumps(record["configuration"], indent=2)),
    }
    page = PAGE
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text)
    return page


def _frame(record: Mapping[str, Any]) -> dict[str, str]:
    """Title, what was evaluated, and the colours of the page."""
    predictor, data = record["configuration"]["predictor"], record["configuration"]["data"]
    samples = record["samples"]
    facts = [
        f"{predictor['preset']}, {predictor['precision']}, {predictor['backend']}",
        f"{samples['evaluated']} samples in {samples['sequences']} sequences",
        f"{data['path']}, {data['split']}",
        f"trained on: {predictor['training']}",
    ]
    return {
        "title": escape(f"Maps of {predictor['name']}"),
        "facts": " · ".join(escape(fact) for fact in facts),
        "warning": _warning(samples),
        "skipped": _skipped(samples),
        "tiles": _tiles(record),
        "mark": ", and the training set's mean map as a dashed mark" if record["baseline"] else "",
        "light": css(LIGHT_PAPER),
        "dark": css(DARK_PAPER),
        "light-colours": class_variables(LIGHT_PAPER),
        "dark-colours": class_variables(DARK_PAPER),
        "legend": "".join(f"<li>{tables.swatch(index)}{name}</li>" for index, name in enumerate(CLASS_NAMES)),
        "map-legend": "".join(
            f'<li><i style="background:{css(colour)}"></i>{name}</li>'
            for name, colour in (*CLASSES, ("none of these", NO_CLASS_COLOUR))
        ),
    }


def _plots(record: Mapping[str, Any]) -> dict[str, str]:
    scores, baseline = record["scores"], record["baseline"]
    bins, curves = scores["calibration"]["bins"], scores["threshold_curves"]
    best, ece = scores["best_thresholds"]["threshold"], scores["calibration"]["ece"]
    every = list(enumerate(CLASS_NAMES))
    return {
        "bars": charts.bars(
            [
                charts.Bar(scores["iou"][name], scores["intervals"]["iou"][name], baseline and baseline["iou"][name])
                for name in CLASS_NAMES
            ]
        ),
        "lines": charts.lines(
            [f"{part['from_m']:g}–{part['to_m']:g} m" for part in scores["ranges"]],
            [[part["iou"][name] for part in scores["ranges"]] for name in CLASS_NAMES],
        ),
        "reliability": "".join(
            _plot(name, f"ECE {tables.shown(ece[name])}", charts.reliability(index, **bins[name]))
            for index, name in every
        ),
        "thresholds": "".join(
            _plot(name, f"best {tables.shown(best[name], 2)}", charts.threshold(index, curves[name], best[name]))
            for index, name in every
        ),
    }


def _tiles(record: Mapping[str, Any]) -> str:
    scores, baseline = record["scores"], record["baseline"]
    return "".join(
        f'<div class="tile"><span>{title}</span><b>{tables.shown(_pick(scores, key))}</b>'
        f"{_against(baseline, key)}</div>"
        for title, key in _TILES.items()
    )


_TILES = {
    "Avg. R, S": "avg_road_sidewalk",
    "road IoU": "road",
    "sidewalk IoU": "sidewalk",
    "macro mean IoU": "macro_mean_iou",
}


def _pick(means: Mapping[str, Any], key: str) -> float | None:
    """A mean, or the IoU of a class."""
    return means["iou"][key] if key in CLASS_NAMES else means[key]


def _against(baseline: Mapping[str, Any] | None, key: str) -> str:
    """The mean map at 0.5, where it hardly predicts anything, and at its best."""
    if baseline is None:
        return ""
    plain, best = _pick(baseline, key), _pick(baseline["best_thresholds"], key)
    return f"<span>mean map {tables.shown(plain)}, {tables.shown(best)} at its best thresholds</span>"


def _plot(name: str, words: str, plot: str) -> str:
    return f'<div class="card"><h3>{name}</h3><p>{words}</p>{plot}</div>'


def _warning(samples: Mapping[str, Any]) -> str:
    if not samples["skipped"]:
        return ""
    reasons = ", ".join(f"{count} x {escape(reason)}" for reason, count in samples["skipped_reasons"].items())
    return f'<p class="warn">{samples["skipped"]} samples could not be used and do not count: {reasons}.</p>'


def _skipped(samples: Mapping[str, Any]) -> str:
    if not samples["skipped"]:
        return ""
    lines = "\n".join(escape(line) for line in samples["skipped_first"])
    return f"<details><summary>Samples that could not be used (the first)</summary><pre>{lines}</pre></details>"


def _card(shown: Shown) -> str:
    """A sample; one whose files went away meanwhile says so in its place."""
    title = f"<h3>{escape(shown.name)}</h3><p>agreement {shown.agreement:.3f}</p>"
    try:
        found = panels(shown)
    except MiaError as error:
        return f'<div class="card">{title}<p class="warn">{escape(str(error))}</p></div>'
    figures = [
        ("photo", found.photo, ""),
        ("levelled", found.level, ""),
        ("predicted", found.predicted, "map"),
        ("true", found.true, "map"),
    ]
    pictures = "".join(
        f'<figure><img class="{kind}" src="{uri}" alt="{words}, {escape(shown.name)}"><figcaption>{words}</figcaption>'
        f"</figure>"
        for words, uri, kind in figures
    )
    return f'<div class="card">{title}<div class="four">{pictures}</div></div>'
