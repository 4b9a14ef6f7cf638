# SPDX-License-Identifier: Apache-2.0
"""`mia train`: weights from data sets, by a recipe, in as many slices as one likes."""

from __future__ import annotations

import json
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offline_tools.errors import need

if TYPE_CHECKING:
    from offline_tools.training.batches import Batches
    from offline_tools.training.recipe import Recipe
    from offline_tools.training.run import Outcome

EPILOG = (
    "Example: [bold]mia train sim_cpu --data data --out runs/first --export engines/first[/]\n\n"
    "A run that was stopped, or killed, goes on with the same command. Its curves: tensorboard --logdir runs\n\n"
    "Recipes: mia_pretrain, nuscenes_finetune, kitti360_finetune, sim_edge, sim_cpu, distill."
)
_INTERRUPTED = 130  # what shells give for Ctrl-C


def train(
    recipe: Annotated[str, typer.Argument(help="A shipped recipe's name, or a YAML file.", show_default=False)],
    data: Annotated[
        list[str],
        typer.Option(
            metavar="ROOT[=WEIGHT]",
            help="Data set to learn from; several may be given. At weight 2 its samples come twice as often.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run: weights, checkpoints, curves.", show_default=False)],
    split: Annotated[str, typer.Option(help="Part of each split.json to learn from.")] = "train",
    val_split: Annotated[str, typer.Option(help="Part to validate with.")] = "val",
    val_data: Annotated[
        list[Path] | None, typer.Option(help="Data sets to validate with. [dim]\\[default: those of --data][/]")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe: optimiser.rate=1e-4.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="Folder of weights to begin from; the encoder may do.")] = None,
    teacher: Annotated[Path | None, typer.Option(help="Folder of weights of the network to learn from.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="End this slice after so long; the same command goes on.")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make batches; the result is the same.")] = 1,
    devices: Annotated[int, typer.Option(min=1, help="GPUs, or processes on a CPU, that share each batch.")] = 1,
    accelerator: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    export: Annotated[Path | None, typer.Option(help="At the end, write an engine to this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a network. Nothing that was computed is lost when it is stopped, or killed."""
    need("torch", "safetensors", "lightning_fabric", "tensorboard")
    from offline_tools.training.progress import training_progress
    from offline_tools.training.recipe import load_recipe
    from offline_tools.training.run import RunPlan
    from offline_tools.training.run import train as run

    # What the devices' library says of itself is not what the user asked for.
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    resolved = load_recipe(recipe, changes or ())
    feed = _feed(resolved, data, split, val_data, val_split, workers)
    plan = RunPlan(resolved, out, weights, teacher, minutes, devices, accelerator)
    with _stopping() as stop, training_progress(resolved.name) as report:
        outcome = run(plan, feed, report, stop)
    if not outcome.leads:
        return
    for line in (*outcome.notes, *feed.damage.lines()):
        _say(line)
    if outcome.finished and export is not None:
        _export(outcome, export)
    _print(outcome, export, as_json)
    if stop():
        raise typer.Exit(_INTERRUPTED)


def _feed(
    recipe: Recipe, data: list[str], split: str, val_data: list[Path] | None, val_split: str, workers: int
) -> Batches:
    from offline_tools.training.batches import Batches, Plan
    from offline_tools.training.sources import check_sources, open_source, parse_source

    places = [parse_source(text) for text in data]
    training = [open_source(root, split, weight) for root, weight in places]
    validation = [open_source(root, val_split) for root in val_data or [root for root, _ in places]]
    check_sources(training, validation, recipe.classes)
    plan = Plan(
        batch=recipe.batch,
        seed=recipe.seed,
        augmentation=recipe.augmentation,
        target_focal=recipe.target_focal,
        multiple=recipe.multiple,
        workers=workers,
    )
    return Batches(training, validation, plan)


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM end the slice after the step at hand; a second Ctrl-C ends it at once."""
    asked: list[int] = []

    def ask(number: int, _frame: object) -> None:
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _export(outcome: Outcome, folder: Path) -> None:
    need("onnx", "onnxscript")
    from offline_tools.export.engine import ExportPlan, export_engine

    export_engine(ExportPlan(outcome.weights, folder), _say)


def _print(outcome: Outcome, export: Path | None, as_json: bool) -> None:
    if as_json:
        found: dict[str, Any] = {**asdict(outcome), "weights": str(outcome.weights)}
        found.pop("leads")
        print(json.dumps({**found, "engine": str(export) if export and outcome.finished else None}, indent=2))
        return
    if not outcome.finished:
        print(f"stopped after {outcome.step} of {outcome.length} steps: go on with the same command")
    if "road_sidewalk" in outcome.scores:
        means = f"Avg. R, S {outcome.scores['road_sidewalk']:.3f}, mean {outcome.scores['macro_mean']:.3f}"
        print(f"validation, {outcome.scores['samples']:.0f} samples: IoU {means}")
    print(f"wrote {outcome.weights}" + (f" and {export}" if export and outcome.finished else ""))


def _say(text: object) -> None:
    print(text, file=sys.stderr)
