# SPDX-License-Identifier: Apache-2.0
"""The page, from metrics.json, the table of the images, and pictures of some of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import polars as pl

from mia_ros.arrays import FloatArray
from mia_ros.taxonomy import CLASSES, NO_CLASS_COLOUR
from offline_tools.evaluation.report.colours import DARK_PAPER, LIGHT_PAPER, class_variables, css
from offline_tools.evaluation.report.tables import NOTHING, percent, shown, table
from offline_tools.replay.checks.columns import numbers, seconds
from offline_tools.replay.checks.scores import first_sentence
from offline_tools.replay.report.path import path_plot
from offline_tools.replay.report.pictures import Picture
from offline_tools.replay.report.plots import Line, time_plot
from offline_tools.replay.report.scores import scores_section
from offline_tools.replay.report.template import PAGE

_SIGNS = {"bad": "×", "warn": "!", "info": "i", "good": "✓"}
_STAGES = ("decode", "level", "network", "unpack")
#: What colours the path, the first that has numbers.
_SCORES = ("agreement", "agreement_aligned", "confidence", "coverage")

Metrics = Mapping[str, Any]


def report_page(metrics: dict[str, Any], frames: pl.DataFrame, pictures: Sequence[Picture]) -> str:
    """HTML text; what is missing or None in the metrics is left out."""
    parts = {
        **_frame(metrics),
        "verdict": "".join(_finding(each) for each in metrics.get("verdict") or []) or "<li>No verdict.</li>",
        "tiles": _tiles(metrics),
        "scores": scores_section(metrics.get("truth")),
        "plots": "".join(_plots(frames)),
        "times": _times(metrics),
        "pictures": "".join(_picture(each) for each in pictures) or "<p>No image to show.</p>",
        "problems": _problems(metrics.get("images") or {}),
        "notes": _notes(metrics),
        "run": _run(metrics),
        "configuration": escape(json.dumps(metrics.get("configuration") or {}, indent=2, default=str)),
    }
    page = PAGE
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text)
    return page


def _frame(metrics: Metrics) -> dict[str, str]:
    """Title, what was replayed with what, and the colours of the page."""
    bag, engine, images = (metrics.get(name) or {} for name in ("bag", "engine", "images"))
    name = str(bag.get("path") or "a bag").rstrip("/").rpartition("/")[2]
    said = [engine.get("name"), engine.get("preset"), engine.get("precision"), engine.get("backend")]
    facts = [
        str(bag.get("path") or ""),
        f"{shown(bag.get('seconds'), 1)} s, {images.get('seen') or 0} images",
        ", ".join(str(each) for each in said if each),
        f"trained on: {first_sentence(str(engine.get('training') or 'not said'))}",
    ]
    return {
        "title": escape(f"Replay of {name}"),
        "facts": " · ".join(escape(fact) for fact in facts if fact),
        "light": css(LIGHT_PAPER),
        "dark": css(DARK_PAPER),
        "light-colours": class_variables(LIGHT_PAPER),
        "dark-colours": class_variables(DARK_PAPER),
        "map-legend": "".join(
            f'<li><i style="background:{css(colour)}"></i>{name}</li>'
            for name, colour in (*CLASSES, ("none of these", NO_CLASS_COLOUR))
        ),
    }


def _finding(finding: Any) -> str:
    """One line of the verdict, a Finding or its dict."""
    each = finding if isinstance(finding, Mapping) else finding._asdict()
    level = each.get("level") if each.get("level") in _SIGNS else "info"
    fix = f" <em>{escape(str(each['fix']))}</em>" if each.get("fix") else ""
    title = str(each.get("title") or each.get("key") or "")
    return (
        f'<li class="{level}"><span class="sign" title="{level}">{_SIGNS[str(level)]}</span><div>'
        f"<b>{escape(title[:1].upper() + title[1:])}.</b>{escape(str(each.get('line') or ''))}{fix}</div></li>"
    )


def _tiles(metrics: Metrics) -> str:
    """The figures that everybody asks for."""
    images, speed = metrics.get("images") or {}, metrics.get("speed") or {}
    coverage, flicker = metrics.get("coverage") or {}, metrics.get("flicker") or {}
    alone = metrics.get("alone_ms") or {}
    real = speed.get("times_real_time")
    tiles = [
        ("images with a map", f"{images.get('mapped') or 0} of {images.get('seen') or 0}", ""),
        ("observed cells", percent(coverage.get("median")), f"5 %: {percent(coverage.get('p5'))}"),
        ("an image alone", f"{shown(alone.get('median'), 1)} ms", f"95 %: {shown(alone.get('p95'), 1)} ms"),
        ("flicker", percent(flicker.get("median")), f"95 %: {percent(flicker.get('p95'))}"),
        ("replay", NOTHING if real is None else f"{real:.1f} ×", f"real time{_speed(speed)}"),
    ]
    return "".join(
        f'<div class="tile"><span>{title}</span><b>{value}</b><span>{words}</span></div>'
        for title, value, words in tiles
    )


def _speed(speed: Metrics) -> str:
    rate = speed.get("frames_per_s")
    return "" if rate is None else f"; {rate:.0f} images/s{', with the video' if speed.get('with_video') else ''}"


def _plots(frames: pl.DataFrame) -> list[str]:
    """Everything over time, and the path."""
    time = seconds(frames)
    problems = _have_problems(frames)

    def plot(title: str, lines: list[Line], low: float | None = None, high: float | None = None) -> str:
        return time_plot(title, time, lines, ends=(low, high), problems=problems)

    def column(name: str, label: str = "", scale: float = 1.0) -> Line:
        return Line(label, numbers(frames, name) * scale)

    degrees = 180 / np.pi
    plots = [
        plot("roll and pitch of the image, deg", [column(name, name, degrees) for name in ("roll", "pitch")]),
        plot("observed and sure", [column("coverage", "coverage"), column("confidence", "confidence")], 0.0, 1.0),
        plot("time, ms", [column(f"ms_{stage}", stage) for stage in _STAGES], 0.0),
        plot("flicker: share of the ground that changes its label", [column("flicker")], 0.0),
    ]
    for name, title in (("agreement", "as it stands"), ("agreement_aligned", "after alignment")):
        if np.isfinite(numbers(frames, name)).any():
            plots.append(plot(f"agreement with the truth, {title}", [column(name)], 0.0, 1.0))
    if np.isfinite(numbers(frames, "check_turn_y")).any():
        plots.append(plot("turning about the camera's y axis, deg/s", _turning(frames, time)))
    return [*plots, _path(frames)]


def _turning(frames: pl.DataFrame, time: FloatArray) -> list[Line]:
    step = np.diff(time, prepend=np.nan)
    step = np.where(step > 0, step, np.nan)
    return [
        Line(label, np.degrees(numbers(frames, f"check_{name}_y")) / step)
        for name, label in (("turn", "as the picture shows"), ("gyro", "as the gyroscope says"))
    ]


def _path(frames: pl.DataFrame) -> str:
    name = next((each for each in _SCORES if np.isfinite(numbers(frames, each)).any()), _SCORES[-1])
    words = name.replace("agreement_aligned", "agreement after alignment")
    return path_plot(numbers(frames, "pose_x"), numbers(frames, "pose_y"), numbers(frames, name), words)


def _have_problems(frames: pl.DataFrame) -> Any:
    if "problem" not in frames.columns:
        return None
    return (frames["problem"].fill_null("") != "").to_numpy()


def _times(metrics: Metrics) -> str:
    times = metrics.get("times_ms") or {}
    rows = [
        [escape(str(stage)), shown((each or {}).get("median"), 2), shown((each or {}).get("p95"), 2)]
        for stage, each in times.items()
    ]
    if not rows:
        return "<p>no numbers</p>"
    at_once = "<p>As they were made, several at once: each waits for the others.</p>"
    return at_once + table(["stage", "median, ms", "95 %, ms"], rows)


def _picture(picture: Picture) -> str:
    shown_ = [
        ("photo", picture.photo, ""),
        ("levelled", picture.level, ""),
        ("map, 50 m ahead", picture.found, "map"),
        ("true map", picture.true, "map"),
    ]
    figures = "".join(
        f'<figure><img class="{kind}" src="{escape(uri)}" alt="{words}, {escape(picture.title)}"><figcaption>{words}'
        f"</figcaption></figure>"
        for words, uri, kind in shown_
        if uri
    )
    return (
        f'<div class="card"><h3>{escape(picture.title)}</h3><p>{escape(picture.caption)}</p>'
        f'<div class="four">{figures}</div></div>'
    )


def _problems(images: Metrics) -> str:
    lines = images.get("first_problems") or []
    problems = {key: count for key, count in (images.get("problems") or {}).items() if count}
    if not problems:
        return ""
    rows = [[escape(str(key)), str(count)] for key, count in sorted(problems.items(), key=lambda item: -item[1])]
    said = "".join(f"<li>{escape(str(line))}</li>" for line in lines)
    return f"<h2>Images without a map</h2>{table(['because of', 'images'], rows)}<ul class='notes'>{said}</ul>"


def _notes(metrics: Metrics) -> str:
    lines = [f"{note.get('level')}: {note.get('line')}" for note in metrics.get("notes") or []]
    lines += [str(line) for line in (metrics.get("topics") or {}).get("notes") or []]
    if not lines:
        return ""
    return f"<h2>Noticed on the way</h2><ul class='notes'>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _run(metrics: Metrics) -> str:
    """Topics, camera, engine and path as a table."""
    groups = {name: metrics.get(name) or {} for name in ("bag", "topics", "camera", "engine", "trajectory")}
    rows = [
        [escape(f"{group}: {key}"), f'<span style="white-space:normal">{escape(_said(value))}</span>']
        for group, each in groups.items()
        for key, value in each.items()
        if key != "notes" and value not in (None, "", [], ())
    ]
    return table(["what", "which"], rows)


def _said(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return ", ".join(str(each) for each in value) if isinstance(value, (list, tuple)) else str(value)
