# SPDX-License-Identifier: Apache-2.0
"""Weights -> an engine folder: exported, checked, measured against torch, and only then moved to its place."""

from __future__ import annotations

import copy
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal, cast

import numpy as np

import mia_ros
from mia_ros.engine.backend import Backend
from mia_ros.engine.choice import load_backend
from mia_ros.engine.manifest import MANIFEST, MODEL, EngineGrid, EngineInput, EngineManifest
from mia_ros.grid import NETWORK_GRID
from mia_ros.hashing import sha256_of
from mia_ros.rectify import INPUT_SIZE
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.errors import ExportError
from offline_tools.export.frames import drawn_frames, photo_frames
from offline_tools.export.graph import ExportNet, write_onnx
from offline_tools.export.operators import check_operators
from offline_tools.export.quantise import Frame, quantise
from offline_tools.export.verify import compare, expected
from offline_tools.network import PRESETS, MapperNet, load
from offline_tools.weights import WeightsManifest
from offline_tools.weights.folder import check_folder

PRECISIONS = ("fp32", "fp16", "int8")
#: Frames for int8 calibration, and frames on which an engine is compared with torch.
CALIBRATION_FRAMES, VERIFICATION_FRAMES = 24, 8
#: Rows of the input: the whole square, or what frames of 4:3 and of 16:9 fill.
HEIGHTS = (INPUT_SIZE, INPUT_SIZE * 3 // 4, INPUT_SIZE * 9 // 16)
_ENGINE_FILE = re.compile(r"manifest\.json|model(_\d+)?\.onnx")
#: Largest error of a probability that an engine may have against torch and still be one of the same network.
LARGEST_ERROR = {"fp32": 1e-4, "fp16": 0.1, "int8": 1.0}


@dataclass(frozen=True)
class ExportPlan:
    """What to export: folder of weights, where to, precision, rows of the input, photos (a folder, or none).

    Several heights make an engine with a graph for each.
    """

    weights: Path
    out: Path
    precision: str = "fp32"
    heights: tuple[int, ...] = (INPUT_SIZE,)
    frames: Path | None = None

    @property
    def tallest_first(self) -> list[int]:
        """The heights, each once."""
        return sorted(set(self.heights), reverse=True)

    @property
    def input(self) -> EngineInput:
        """As the manifest has it."""
        tallest, *lower = self.tallest_first
        return EngineInput(
            width=INPUT_SIZE, height=tallest, channels="rgb", size=INPUT_SIZE, cut_heights=tuple(reversed(lower))
        )

    def check(self) -> None:
        """Refuse what cannot be done before anything is computed."""
        if self.precision not in PRECISIONS:
            raise ExportError(f"precision: '{self.precision}' is none of {', '.join(PRECISIONS)}")
        if not self.heights or set(self.heights) - set(HEIGHTS):
            given = ", ".join(str(height) for height in self.heights) or "none"
            raise ExportError(f"height: {given} rows, want {' or '.join(map(str, HEIGHTS))}")
        if self.precision == "int8" and self.frames is None:
            raise ExportError("frames: int8 is calibrated on photos of the kind that the robot sees; give a folder")
        if self.out.exists() and not _is_engine(self.out):
            raise ExportError(f"out {self.out}: exists and is not an engine; remove it, or choose another name")


def export_engine(plan: ExportPlan, say: Callable[[str], object]) -> EngineManifest:
    """Write the engine's folder; on any error nothing is there that was not there before. `say` hears each step."""
    plan.check()
    source = check_folder(plan.weights)
    net = load(plan.weights)
    plan.out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{plan.out.name}.", dir=plan.out.parent))
    try:
        _check_frames(plan)
        for height in plan.tallest_first:
            _write_model(plan, height, net, scratch, say)
        manifest = _manifest(plan, source, scratch)
        manifest.save(scratch)
        backend = load_backend(scratch, "onnx-cpu").backend
        found: dict[str, float] = {}
        for height in plan.tallest_first:
            errors = _verification(plan, height, net, backend, say)
            found |= {key if height == manifest.input.height else f"{key}_{height}": errors[key] for key in errors}
        manifest = manifest.model_copy(update={"verification": found})
        manifest.save(scratch)
        _replace(scratch, plan.out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return manifest


def _write_model(plan: ExportPlan, height: int, net: MapperNet, folder: Path, say: Callable[[str], object]) -> None:
    say(f"exporting {height} x {INPUT_SIZE} input to ONNX")
    model = folder / plan.input.model_name(height)
    half = plan.precision == "fp16"
    write_onnx(ExportNet(copy.deepcopy(net), height, INPUT_SIZE, half), height, INPUT_SIZE, model)
    if plan.precision == "int8":
        calibration = _frames(plan, height, CALIBRATION_FRAMES)
        say(f"calibrating int8 on {len(calibration)} photos")
        exact = model.rename(folder / "fp32.onnx")
        quantise(exact, model, calibration)
        exact.unlink()
    check_operators(model)


def _verification(
    plan: ExportPlan, height: int, net: MapperNet, backend: Backend, say: Callable[[str], object]
) -> dict[str, float]:
    """Errors against torch; for a cut input also against torch on the padded square."""
    frames = _frames(plan, height, VERIFICATION_FRAMES)
    say(f"comparing {height} rows with torch on {len(frames)} {'photos' if plan.frames else 'drawn frames'}")
    found = compare(net, backend, frames)
    limit = LARGEST_ERROR[plan.precision]
    if not found["probability_error_max"] <= limit or found["observed_cells_changed"] > 0:
        raise ExportError(
            f"{plan.precision} engine of {plan.weights}: differs from torch by {found['probability_error_max']:.3g} "
            f"(at most {limit:g}), in {found['observed_cells_changed']:.0f} observed cells: not written"
        )
    if height < INPUT_SIZE:
        found |= _against_padded(net, frames)
    return found


def _against_padded(net: MapperNet, frames: list[Frame]) -> dict[str, float]:
    """What cutting off the rows without picture changes in the network itself."""
    errors, flips = [], []
    for image, camera in frames:
        cut, mask = expected(net, image, camera)
        whole, _ = expected(net, np.pad(image, ((0, INPUT_SIZE - len(image)), (0, 0), (0, 0))), camera)
        errors.append(np.abs(cut - whole)[:, mask].mean())
        flips.append(((cut >= 0.5) != (whole >= 0.5))[:, mask].mean())
    return {"cut_rows_error_mean": float(np.mean(errors)), "cut_rows_decisions_changed_share": float(np.mean(flips))}


def _frames(plan: ExportPlan, height: int, most: int) -> list[Frame]:
    return photo_frames(plan.frames, height, most) if plan.frames is not None else drawn_frames(height)


def _check_frames(plan: ExportPlan) -> None:
    """Whoever gives a folder without photos hears it before anything is computed."""
    _frames(plan, plan.tallest_first[0], 1)


def _manifest(plan: ExportPlan, source: WeightsManifest, folder: Path) -> EngineManifest:
    libraries = ("torch", "onnx", "onnxruntime")
    names = [plan.input.model_name(height) for height in plan.tallest_first]
    grid = NETWORK_GRID
    return EngineManifest(
        format=1,
        name=plan.out.name,
        preset=source.preset,
        classes=CLASS_NAMES,
        grid=EngineGrid(rows=grid.rows, columns=grid.columns, resolution=grid.resolution),
        input=plan.input,
        feature_columns=INPUT_SIZE // PRESETS[source.preset].stride,
        precision=cast(Literal["fp32", "fp16", "int8"], plan.precision),
        files={name: sha256_of(folder / name) for name in names},
        licence=source.licence or "not stated",
        training=source.note or f"weights {source.source}, sha256 {source.source_sha256[:16]}",
        made_with={"mia_ros": mia_ros.__version__, **{name: version(name) for name in libraries}},
    )


def _is_engine(place: Path) -> bool:
    """Whether a folder holds an engine and nothing else, or nothing at all: that alone may be replaced."""
    if not place.is_dir():
        return False
    names = {path.name for path in place.iterdir()}
    return not names or ({MANIFEST, MODEL} <= names and all(_ENGINE_FILE.fullmatch(name) for name in names))


def _replace(new: Path, place: Path) -> None:
    """Put the new folder in the old one's place; a kill leaves one of them."""
    if place.exists():
        shutil.rmtree(place)
    new.chmod(0o755)
    new.rename(place)
