# SPDX-License-Identifier: Apache-2.0
"""Checkpoints as others write them. Each tensor is one number, repeated without taking room: files are small."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from offline_tools.network import build
from offline_tools.weights.official import MAPPER_UNUSED, dinov2_name, mapper_name

ENCODER = "encoder.vit."


def parameters(preset: str) -> dict[str, torch.Tensor]:
    """Our names and shapes; the i-th tensor is i everywhere, so that a swapped name shows."""
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in build(preset).state_dict().items()}
    return {name: repeated(index, name, shape) for index, (name, shape) in enumerate(shapes.items())}


def repeated(value: int, name: str, shape: Any) -> torch.Tensor:
    kind = torch.int64 if name.endswith("num_batches_tracked") else torch.float32
    return torch.tensor(value, dtype=kind).expand(shape)


def official_state(preset: str) -> dict[str, torch.Tensor]:
    """As MIA's Lightning checkpoints name them."""
    ours = parameters(preset)
    width = ours[f"{ENCODER}cls_token"].shape[-1]
    named = {mapper_name(name): tensor for name, tensor in ours.items()}
    return {**named, MAPPER_UNUSED: repeated(-1, "", (1, width))}


def dinov2_state(preset: str) -> dict[str, torch.Tensor]:
    """As DINOv2's own files name them."""
    ours = {name: tensor for name, tensor in parameters(preset).items() if name.startswith(ENCODER)}
    width = ours[f"{ENCODER}cls_token"].shape[-1]
    return {"mask_token": repeated(-1, "", (1, width)), **{dinov2_name(name): tensor for name, tensor in ours.items()}}


def saved(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


def foreign_class(module: str, name: str, base: type = object) -> type:
    """A class that pickle finds under a module that is not installed. The caller removes it from sys.modules."""
    made = type(name, (base,), {"__module__": module})
    for depth in range(1, module.count(".") + 2):
        part = ".".join(module.split(".")[:depth])
        sys.modules.setdefault(part, ModuleType(part))
    setattr(sys.modules[module], name, made)
    return made


def zipped_pickle(path: Path, program: bytes, **entries: bytes) -> Path:
    """A checkpoint whose data.pkl is this program."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", program)
        file.writestr("archive/version", b"3\n")
        for name, content in entries.items():
            file.writestr(f"archive/{name}", content)
    return path
