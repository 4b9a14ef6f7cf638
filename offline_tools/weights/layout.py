# SPDX-License-Identifier: Apache-2.0
"""Which weights a preset wants, by the names that each kind of file gives them, and how a file differs from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from offline_tools.errors import WeightsError
from offline_tools.weights.archive import LazyTensor
from offline_tools.weights.official import (
    DINOV2_UNUSED,
    ENCODER,
    MAPPER_UNUSED,
    MASK_TOKEN,
    PREFIX,
    dinov2_name,
    mapper_name,
)

Shape = tuple[int, ...]
Kind = Literal["complete", "encoder"]
_LISTED = 4


@dataclass(frozen=True)
class Layout:
    """What a file should hold: shapes by the file's names, our name for each (None: checked, not kept)."""

    kind: Kind
    shapes: Mapping[str, Shape]
    ours: Mapping[str, str | None]


@dataclass(frozen=True)
class Difference:
    """How a file differs from a layout; each entry names the key."""

    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    misshapen: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.missing or self.unknown or self.misshapen)

    def __str__(self) -> str:
        parts = {"missing": self.missing, "unknown": self.unknown, "misshapen": self.misshapen}
        return "; ".join(f"{len(keys)} {word}: {_first(keys)}" for word, keys in parts.items() if keys)


def layout_for(names: Mapping[str, object], preset: str) -> Layout:
    """The layout that a file with these names means, for a preset."""
    shapes = preset_shapes(preset)
    plain = {name.removeprefix(PREFIX) for name in names}
    if "cls_token" in names or "patch_embed.proj.weight" in names:
        return _dinov2(shapes, preset)
    if any(name.startswith("image_encoder.") for name in plain):
        return _mapper(shapes)
    if plain and all(name.startswith(ENCODER) for name in plain):
        return _own({name: shape for name, shape in shapes.items() if name.startswith(ENCODER)}, names, "encoder")
    return _own(shapes, names, "complete")


def difference(found: Mapping[str, LazyTensor], layout: Layout) -> Difference:
    """Keys and shapes of a file against a layout."""
    return Difference(
        missing=[name for name in layout.shapes if name not in found],
        unknown=[name for name in found if name not in layout.shapes],
        misshapen=[
            f"{name} is {_text(found[name].shape)}, want {_text(shape)}"
            for name, shape in layout.shapes.items()
            if name in found and found[name].shape != shape
        ],
    )


def preset_names() -> tuple[str, ...]:
    """All networks that have a name."""
    from offline_tools.network.presets import PRESETS

    return tuple(PRESETS)


@lru_cache
def preset_shapes(preset: str) -> dict[str, Shape]:
    """Shape of each parameter of a preset, by our names; nothing is allocated for it."""
    import torch

    from offline_tools.network.presets import build

    if preset not in preset_names():
        raise WeightsError(f"preset: no preset '{preset}'; there are {', '.join(preset_names())}")
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in build(preset).state_dict().items()}


def _mapper(shapes: Mapping[str, Shape]) -> Layout:
    names: dict[str, str | None] = {mapper_name(ours): ours for ours in shapes}
    wanted = {mapper_name(ours): shape for ours, shape in shapes.items()}
    if f"{ENCODER}cls_token" in shapes:
        wanted[MAPPER_UNUSED] = _mask_token(shapes)
        names[MAPPER_UNUSED] = None
    return Layout("complete", wanted, names)


def _dinov2(shapes: Mapping[str, Shape], preset: str) -> Layout:
    encoder = {ours: shape for ours, shape in shapes.items() if ours.startswith(ENCODER)}
    if not encoder:
        raise WeightsError(f"preset {preset} has no DINOv2 encoder; want {' or '.join(_with_dinov2())}")
    names: dict[str, str | None] = {dinov2_name(ours): ours for ours in encoder}
    wanted = {dinov2_name(ours): shape for ours, shape in encoder.items()}
    return Layout("encoder", {**wanted, DINOV2_UNUSED: _mask_token(shapes)}, {**names, DINOV2_UNUSED: None})


def _own(shapes: Mapping[str, Shape], names: Mapping[str, object], kind: Kind) -> Layout:
    """Our names, with the prefix where a Lightning checkpoint of ours has it."""
    prefix = PREFIX if names and all(name.startswith(PREFIX) for name in names) else ""
    return Layout(
        kind, {prefix + name: shape for name, shape in shapes.items()}, {prefix + name: name for name in shapes}
    )


def _mask_token(shapes: Mapping[str, Shape]) -> Shape:
    assert MASK_TOKEN not in shapes
    return (1, shapes[f"{ENCODER}cls_token"][-1])


def _with_dinov2() -> list[str]:
    return [name for name in preset_names() if f"{ENCODER}cls_token" in preset_shapes(name)]


def _first(keys: list[str]) -> str:
    more = f" and {len(keys) - _LISTED} more" if len(keys) > _LISTED else ""
    return ", ".join(key[:120] for key in keys[:_LISTED]) + more


def _text(shape: Shape) -> str:
    return " x ".join(str(size) for size in shape) or "a single number"
