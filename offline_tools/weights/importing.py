# SPDX-License-Identifier: Apache-2.0
"""Published checkpoints, and our own, into folders of weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mia_ros.hashing import sha256_of
from offline_tools.errors import WeightsError, need
from offline_tools.weights.archive import LazyTensor, open_tensors
from offline_tools.weights.catalogue import licence_of
from offline_tools.weights.folder import WEIGHTS, check_folder, check_target, write_folder
from offline_tools.weights.layout import Layout, difference, layout_for, preset_names, preset_shapes
from offline_tools.weights.manifest import WeightsManifest

if TYPE_CHECKING:
    import torch


def import_weights(file: str | Path, preset: str, out: str | Path) -> WeightsManifest:
    """Check every key and shape of a checkpoint against a preset, and write it to the folder `out`, or nothing at all.

    `file`: MIA's Lightning checkpoint, DINOv2's own file (the encoder alone), a .safetensors file, or a folder of ours.
    """
    need("torch", "safetensors")
    preset_shapes(preset)
    check_target(Path(out))
    path, known = _source(Path(file), preset)
    with open_tensors(path) as found:
        layout = _fitting_layout(path, found, preset)
        tensors = {ours: _values(path, name, found[name], ours) for name, ours in layout.ours.items() if ours}
    source_sha256 = sha256_of(path)
    missing = tuple(name for name in preset_shapes(preset) if name not in tensors)

    def describe(weights_sha256: str) -> WeightsManifest:
        return WeightsManifest(
            preset=preset,
            kind=layout.kind,
            source=path.name,
            source_sha256=source_sha256,
            weights_sha256=weights_sha256,
            licence=known.licence if known else licence_of(path, source_sha256),
            note=known.note if known else "the encoder only: the rest has to be trained" if missing else "",
            missing=missing,
        )

    return write_folder(Path(out), tensors, describe)


def _source(file: Path, preset: str) -> tuple[Path, WeightsManifest | None]:
    """The file to read; of a folder of ours, its weights and its manifest."""
    if not file.is_dir():
        return file, None
    manifest = check_folder(file)
    if manifest.preset != preset:
        raise WeightsError(f"weights {file}: made for preset {manifest.preset}, not {preset}; give its own preset")
    return file / WEIGHTS, manifest


def _fitting_layout(path: Path, found: Mapping[str, LazyTensor], preset: str) -> Layout:
    try:
        layout = layout_for(found, preset)
    except WeightsError as error:
        raise WeightsError(f"weights {path}: {error}{_better_preset(found)}") from error
    problem = difference(found, layout)
    if problem:
        raise WeightsError(f"weights {path}: does not fit preset {preset}{_better_preset(found)}: {problem}")
    return layout


def _better_preset(found: Mapping[str, LazyTensor]) -> str:
    fitting = [other for other in preset_names() if _fits(found, other)]
    return f", its shapes are those of preset {fitting[0]} (give --preset {fitting[0]})" if fitting else ""


def _fits(found: Mapping[str, LazyTensor], preset: str) -> bool:
    try:
        return not difference(found, layout_for(found, preset))
    except WeightsError:
        return False


def _values(path: Path, name: str, lazy: LazyTensor, ours: str) -> torch.Tensor:
    """The tensor as the network holds it: float32, or int64 for counters."""
    import torch

    values = lazy.load()
    counter = ours.endswith("num_batches_tracked")
    if values.is_floating_point() == counter or values.is_complex() or values.dtype == torch.bool:
        raise WeightsError(f"weights {path}: {name} holds {values.dtype}, want {'int64' if counter else 'float32'}")
    if not counter and not bool(torch.isfinite(values).all()):
        raise WeightsError(f"weights {path}: {name} holds values that are not finite; the file is damaged")
    return values.to(torch.int64 if counter else torch.float32).contiguous()
