# SPDX-License-Identifier: Apache-2.0
"""A folder of weights: weights.safetensors and manifest.json, written whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mia_ros.hashing import sha256_of
from offline_tools.errors import WeightsError, need
from offline_tools.weights.manifest import WeightsManifest, read_model

if TYPE_CHECKING:
    import torch

WEIGHTS = "weights.safetensors"
MANIFEST = "manifest.json"


def read_weights(folder: str | Path) -> tuple[WeightsManifest, dict[str, torch.Tensor]]:
    """The manifest and the tensors, by our names, after their hash was checked."""
    need("torch", "safetensors")
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    manifest = check_folder(Path(folder))
    try:
        return manifest, load_file(Path(folder) / WEIGHTS)
    except SafetensorError as error:
        raise WeightsError(f"weights {Path(folder) / WEIGHTS}: not a sound safetensors file: {error}") from error


def check_folder(folder: Path) -> WeightsManifest:
    """The manifest of a folder whose weights are what the manifest says."""
    if not folder.is_dir():
        raise WeightsError(f"weights {folder}: no such folder; make it with 'mia weights import FILE --out {folder}'")
    manifest = read_model(WeightsManifest, folder / MANIFEST)
    try:
        found = sha256_of(folder / WEIGHTS)
    except OSError as error:
        raise WeightsError(f"weights {folder / WEIGHTS}: cannot be read: {error.strerror}") from error
    if found != manifest.weights_sha256:
        raise WeightsError(
            f"weights {folder / WEIGHTS}: its sha256 is {found}, {MANIFEST} says {manifest.weights_sha256}; "
            "the file was changed or damaged: import it again"
        )
    return manifest


def check_target(folder: Path) -> None:
    """Refuse to write where something stands that is not ours."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise WeightsError(f"out {folder}: is a file; give a folder")
    found = {path.name for path in folder.iterdir()}
    if not found:
        return
    if not found <= {WEIGHTS, MANIFEST}:
        strange = min(found - {WEIGHTS, MANIFEST})
        raise WeightsError(f"out {folder}: holds '{strange}', so it is no folder of weights; give another")
    read_model(WeightsManifest, folder / MANIFEST)


def write_folder(
    folder: Path, tensors: Mapping[str, torch.Tensor], describe: Callable[[str], WeightsManifest]
) -> WeightsManifest:
    """Write both files beside the folder, then move them there at once; `describe` gets the weights' hash."""
    from safetensors.torch import save_file

    folder = folder.resolve()
    check_target(folder)
    part, old = (folder.parent / f".{folder.name}.{word}" for word in ("part", "old"))
    try:
        _restore(old, folder)
        _remove(part, old)
        part.mkdir(parents=True)
        save_file(dict(sorted(tensors.items())), part / WEIGHTS, metadata={"format": "pt"})
        manifest = describe(sha256_of(part / WEIGHTS))
        (part / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
    except OSError as error:
        raise WeightsError(f"out {folder}: cannot be written: {error.strerror or error}") from error
    finally:
        _restore(old, folder)
        _remove(part, old)
    return manifest


def _restore(old: Path, folder: Path) -> None:
    """After a stop between the two renames: what was there before comes back."""
    if old.exists() and not folder.exists():
        old.rename(folder)


def _remove(*folders: Path) -> None:
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
