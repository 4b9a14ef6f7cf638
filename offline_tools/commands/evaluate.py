# SPDX-License-Identifier: Apache-2.0
"""`mia evaluate`: how good the maps of an engine or a checkpoint are."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

EPILOG = (
    "Example: [bold]mia evaluate --data data --engine engines/NAME --baseline-data data --out evaluation[/]\n\n"
    "Writes metrics.json and report.html, a page that needs nothing else."
)


def evaluate(
    data: Annotated[Path, typer.Option(help="Data set in the published layout.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write: metrics.json and report.html.", show_default=False)],
    split: Annotated[str, typer.Option(help="Part of split.json; all: every complete sample.")] = "test",
    engine: Annotated[Path | None, typer.Option(help="An engine's folder, run as the robot runs it.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A folder of weights, run in torch with the published levelling.")
    ] = None,
    baseline_data: Annotated[
        Path | None, typer.Option(help="Data set whose mean map is scored beside it; usually the training set.")
    ] = None,
    baseline_split: Annotated[str, typer.Option(help="Its part of split.json, or all.")] = "train",
    n: Annotated[int | None, typer.Option("--n", min=1, help="At most so many samples, spread evenly.")] = None,
    backend: Annotated[str, typer.Option(help="With --engine: what runs it, see docs/engines.md.")] = "auto",
    threads: Annotated[int | None, typer.Option(help="With --engine: CPU threads; all cores by default.")] = None,
    device: Annotated[str, typer.Option(help="With --checkpoint: auto, cpu or cuda.")] = "auto",
    size: Annotated[
        int, typer.Option(min=64, help="With --checkpoint: pixels of the square that it sees; 512 is published.")
    ] = 512,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print metrics.json.")] = False,
) -> None:
    """Score maps against a data set: IoU, by distance, precision, recall, calibration, with intervals."""
    from offline_tools.evaluation.job import EvaluationPlan, run_evaluation
    from offline_tools.evaluation.progress import counting

    plan = EvaluationPlan(
        data=data,
        out=out,
        split=split,
        engine=engine,
        checkpoint=checkpoint,
        baseline_data=baseline_data,
        baseline_split=baseline_split,
        most=n,
        backend=backend,
        threads=threads,
        device=device,
        size=size,
        seed=seed,
    )
    record = run_evaluation(plan, counting)
    _say_what_was_left_out(record)
    if as_json:
        print(json.dumps(record, indent=2))
        return
    for line in summary(record):
        print(line)
    print(f"wrote {out}: metrics.json and report.html")


def summary(record: dict[str, Any]) -> list[str]:
    """The scores as lines of a table."""
    scores, baseline = record["scores"], record["baseline"]
    samples = record["samples"]
    lines = [f"{samples['evaluated']} samples in {samples['sequences']} sequences; IoU at 0.5 over observable cells"]
    lines.append(f"{'':<11}{'IoU':>7}  {'95 %':<15}" + (f"{'mean map':>8}" if baseline else ""))
    for name in record["classes"]:
        other = baseline and baseline["iou"][name]
        lines.append(_line(name, scores["iou"][name], scores["intervals"]["iou"][name], other, bool(baseline)))
    for title, key in (("macro mean", "macro_mean_iou"), ("Avg. R, S", "avg_road_sidewalk")):
        lines.append(_line(title, scores[key], scores["intervals"][key], baseline and baseline[key], bool(baseline)))
    return lines


def _line(title: str, value: float | None, ends: list[float] | None, other: float | None, compared: bool) -> str:
    interval = f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else ""
    return f"{title:<11}{_number(value):>7}  {interval:<15}" + (f"{_number(other):>8}" if compared else "")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _say_what_was_left_out(record: dict[str, Any]) -> None:
    lacking = record["configuration"]["data"]["incomplete"]
    if lacking:
        print(f"{lacking} samples of the split are not there, or not complete: left out", file=sys.stderr)
    samples = record["samples"]
    for reason, count in samples["skipped_reasons"].items():
        print(f"skipped {count} x {reason}", file=sys.stderr)
    for line in samples["skipped_first"]:
        print(f"  {line}", file=sys.stderr)
