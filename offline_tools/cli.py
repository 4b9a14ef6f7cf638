# SPDX-License-Identifier: Apache-2.0
"""The verbs of the command `mia` that a workstation has."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from offline_tools.commands import compare as compare_verb
from offline_tools.commands import curate as curate_verb
from offline_tools.commands import evaluate as evaluate_verb
from offline_tools.commands import render as render_verb
from offline_tools.commands import replay as replay_verb
from offline_tools.commands import splits as splits_verb
from offline_tools.commands import train as train_verb
from offline_tools.commands import view as view_verb
from offline_tools.commands.simulate import simulate

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

weights = typer.Typer(no_args_is_help=True, help="Fetch published weights, and import them for a preset.")


def register(app: typer.Typer) -> None:
    """Add the offline verbs to `mia`; what is heavy is imported when a verb runs."""
    app.add_typer(weights, name="weights")
    app.add_typer(simulate, name="simulate")
    app.command(epilog=curate_verb.EPILOG)(curate_verb.curate)
    app.command(epilog=render_verb.EPILOG)(render_verb.render)
    app.command(epilog=replay_verb.EPILOG)(replay_verb.replay)
    app.command(epilog=compare_verb.EPILOG)(compare_verb.compare)
    app.command(epilog=view_verb.EPILOG)(view_verb.view)
    app.command(epilog=splits_verb.EPILOG)(splits_verb.splits)
    app.command(epilog=train_verb.EPILOG)(train_verb.train)
    app.command(epilog=evaluate_verb.EPILOG)(evaluate_verb.evaluate)
    app.command(epilog="Example: [bold]mia export weights/NAME --out engines/NAME --precision int8 --frames photos[/]")(
        export
    )


def export(
    checkpoint: Annotated[Path, typer.Argument(help="Folder of weights: of mia weights import, or of a training.")],
    out: Annotated[Path, typer.Option(help="Folder of the engine to write: manifest.json and model.onnx.")],
    precision: Annotated[str, typer.Option(help="fp32, fp16 (for GPUs), or int8 (wants --frames).")] = "fp32",
    height: Annotated[
        list[int] | None,
        typer.Option(
            help="Rows of the input: 512 for any frame, 384 from 4:3, 288 from 16:9 on. Give it again for an engine "
            "that takes the least that holds a camera's frames.",
            show_default="512",
        ),
    ] = None,
    frames: Annotated[
        Path | None, typer.Option(help="Folder of photos like the robot's, for calibration and comparison.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Turn weights into an engine that the robot runs, and measure how far it is from the network in torch."""
    from offline_tools.errors import need

    need("torch", "onnx", "onnxscript", "safetensors")
    from offline_tools.export.engine import ExportPlan, export_engine

    notes = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    manifest = export_engine(ExportPlan(checkpoint, out, precision, tuple(height or (512,)), frames), notes.print)
    if as_json:
        print(json.dumps({"out": str(out), **manifest.model_dump(mode="json")}, indent=2))
        return
    found = manifest.verification
    heights = " and ".join(str(each) for each in reversed(manifest.input.heights))
    print(f"wrote {out}: {manifest.preset}, {precision}, {manifest.input.width} x {heights}")
    print(
        f"against torch on {found['frames']:.0f} {'photos' if frames else 'drawn frames'}: mean error "
        f"{found['probability_error_mean']:.2g}, largest {found['probability_error_max']:.2g}, "
        f"{found['decisions_changed_share']:.2%} of the decisions change"
    )
    for suffix in ("", *(f"_{each}" for each in manifest.input.cut_heights)):
        if f"cut_rows_error_mean{suffix}" in found:
            error, share = (found[f"cut_rows_{key}{suffix}"] for key in ("error_mean", "decisions_changed_share"))
            rows = suffix.removeprefix("_") or manifest.input.height
            print(f"{rows} rows against the whole square, in torch: mean {error:.2g}, {share:.2%} change")


@weights.command(
    "import", epilog="Example: [bold]mia weights import model.ckpt --preset mapper_vitb --out weights/mapper_vitb[/]"
)
def weights_import(
    file: Annotated[
        Path, typer.Argument(help="MIA's or DINOv2's checkpoint, a .safetensors file, or a folder of ours.")
    ],
    preset: Annotated[str, typer.Option(help="The network: mapper_vitb, mapper_vits or mapper_edge.")],
    out: Annotated[Path, typer.Option(help="Folder to write: weights.safetensors and manifest.json.")],
    as_json: AsJson = False,
) -> None:
    """Check every key and shape of a checkpoint and keep it without pickle. On an error nothing is written."""
    from offline_tools.weights import import_weights

    manifest = import_weights(file, preset, out)
    if as_json:
        print(json.dumps({"out": str(out), **manifest.model_dump()}, indent=2))
        return
    print(f"wrote {out}: {manifest.kind} weights for {preset}, licence {manifest.licence or 'not known'}")
    if manifest.missing:
        parts = sorted({".".join(name.split(".")[:2]) for name in manifest.missing})
        print(f"the rest has to be trained: {len(manifest.missing)} parameters of {', '.join(parts)}")


@weights.command(
    epilog="Example: [bold]mia weights fetch dinov2_vitb14 --out downloads[/]\n\n"
    "Published: mia_mapper, dinov2_vitb14, dinov2_vits14."
)
def fetch(
    name: Annotated[str, typer.Argument(help="Name in the catalogue.")],
    out: Annotated[Path, typer.Option(help="Folder for the file.")],
    catalogue: Annotated[Path | None, typer.Option(help="A catalogue of your own, YAML like the shipped one.")] = None,
    accept_new_hash: Annotated[
        bool, typer.Option("--accept-new-hash", help="The publisher replaced the file: pin the new hash.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Download published weights, show their licence, and check their hash."""
    from offline_tools.weights import catalogue_entry
    from offline_tools.weights import fetch as fetch_weights
    from offline_tools.weights.progress import download_progress

    entry = catalogue_entry(name, catalogue)
    notes = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    notes.print(f"{entry.description}\nfrom {entry.url}\nlicence: {entry.licence}. {entry.demands}")
    with download_progress(name) as report:
        got = fetch_weights(name, out, catalogue=catalogue, accept_new_hash=accept_new_hash, report=report)
    if as_json:
        answer = {**asdict(got), "file": str(got.file), "licence": entry.licence, "preset": entry.preset}
        print(json.dumps(answer, indent=2))
        return
    print(f"{'fetched' if got.downloaded else 'there already:'} {got.file}")
    print(f"sha256 {got.sha256}, {_HASH_IS[got.known_from]}")
    print(f"next: mia weights import {got.file} --preset {entry.preset} --out weights/{name}")


_HASH_IS = {
    "catalogue": "as the catalogue says",
    "pin": "as at the first download",
    "first": "seen for the first time and pinned: compare it with what the publisher says",
}
