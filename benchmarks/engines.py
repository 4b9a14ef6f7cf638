# SPDX-License-Identifier: Apache-2.0
"""Engines to measure: made from random weights, which run as fast as trained ones, and kept for the next run."""

import hashlib
import subprocess
import sys
from pathlib import Path

import torch

from offline_tools.export.engine import ExportPlan, export_engine
from offline_tools.network import MapperNet, build
from offline_tools.weights import WeightsManifest, write_folder

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("offline_tools/network", "offline_tools/export")


def network(preset: str) -> MapperNet:
    """Always the same random weights, of a size that keeps the values of a trained network."""
    torch.manual_seed(0)
    net = build(preset)
    for name, value in net.named_parameters():
        if name.endswith("gamma"):
            torch.nn.init.constant_(value, 0.3)
    return net


def engine(preset: str, precision: str, height: int, photos: Path | None) -> Path:
    """The folder of the engine; exported now if this version of the exporter has not made it yet.

    That happens in a process of its own: it leaves a heap behind in which the plain way would run much faster than in a
    process that only runs the network (1.8 instead of 2.9 s), because its large arrays then cost no page faults.
    """
    folder = ROOT / "build" / "bench" / _version() / f"{preset}_{precision}_{height}"
    if not (folder / "manifest.json").is_file():
        print(f"making {folder.name} (once)", flush=True)
        arguments = [preset, precision, str(height), str(folder), *([str(photos)] if photos else [])]
        subprocess.run([sys.executable, "-m", "benchmarks.engines", *arguments], check=True)
    return folder


def _make(preset: str, precision: str, height: str, folder: str, photos: str | None = None) -> None:
    weights = Path(folder).parent / "weights" / preset
    if not weights.is_dir():
        write_folder(weights, network(preset).state_dict(), lambda sha256: _manifest(preset, sha256))
    plan = ExportPlan(weights, Path(folder), precision, (int(height),), Path(photos) if photos else None)
    export_engine(plan, lambda line: print(f"  {line}", flush=True))


def _manifest(preset: str, sha256: str) -> WeightsManifest:
    return WeightsManifest(
        preset=preset, kind="complete", source="random", source_sha256=sha256, weights_sha256=sha256, note="untrained"
    )


def _version() -> str:
    digest = hashlib.sha256()
    for folder in SOURCES:
        for path in sorted((ROOT / folder).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


if __name__ == "__main__":
    _make(*sys.argv[1:])
