# SPDX-License-Identifier: Apache-2.0
"""Learner: the network, its loss, its optimiser and its average, one step at a time.

A step is a function of the state, its number and its batch alone: every random choice in it comes from the recipe's
seed and the number. So a run that goes on from a checkpoint computes what it would have computed without the stop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import torch
from torch import Tensor, nn

from mia_ros.taxonomy import CLASS_INDEX
from offline_tools.errors import TrainingError
from offline_tools.network import MapperNet, MapperOutput, build, load
from offline_tools.network.losses import OVERLAPS, cross_entropy
from offline_tools.network.presets import PRESETS
from offline_tools.training.averaging import Average
from offline_tools.training.freezing import drop_paths, freeze, parameter_groups, train_mode
from offline_tools.training.muon import Muon
from offline_tools.training.recipe import Loss, Optimiser, Recipe
from offline_tools.training.seen import Pupil, Seen, ground_of
from offline_tools.weights import read_weights

if TYPE_CHECKING:
    from lightning_fabric import Fabric


#: What has the shape of a layer's weights and is none, and the last layer, whose outputs are not alike.
_NO_MATRICES = ("head_out", "seen", "row_scores", "position", "token", "pos_embed")


class Batch(Protocol):
    """What a step takes: images (B, 3, H, W) uint8, cameras (B, 4), masks (B, 6, 100, 100), visible (B, 100, 100),
    heights (B,)."""

    @property
    def images(self) -> Tensor: ...
    @property
    def cameras(self) -> Tensor: ...
    @property
    def masks(self) -> Tensor: ...
    @property
    def visible(self) -> Tensor: ...
    @property
    def heights(self) -> Tensor: ...
    @property
    def names(self) -> list[str]: ...


class Learner:
    """Make it with `start`; `step` trains; `state` and `restore` are what a checkpoint keeps."""

    def __init__(self, recipe: Recipe, length: int, net: MapperNet, fabric: Fabric, teacher: MapperNet | None) -> None:
        self._recipe, self._length, self._fabric = recipe, length, fabric
        freeze(net, recipe.frozen)
        drop_paths(net, recipe.drop_path)
        net.to(memory_format=torch.channels_last)
        self._pupil = Pupil(net, PRESETS[recipe.preset].latent, recipe.loss.seen > 0)
        optimiser = _optimiser(self._pupil, recipe.optimiser)
        self._names = {id(value): name for name, value in self._pupil.named_parameters()}
        self._wrapped, self._optimiser = cast(tuple[Any, Any], fabric.setup(self._pupil, optimiser))
        self.net = net
        self.average = Average(net, recipe.average)
        self._teacher = teacher and fabric.to_device(teacher).eval().to(memory_format=torch.channels_last)
        self._objective = Objective(recipe.loss, recipe.classes, fabric.device)

    @classmethod
    def start(
        cls, recipe: Recipe, length: int, fabric: Fabric, weights: Path | None = None, teacher: Path | None = None
    ) -> Learner:
        """At step 0: random weights, or those of a folder, of which the encoder may be all."""
        if (teacher is not None) != (recipe.teacher > 0):
            raise TrainingError(
                f"teacher: the recipe gives it the weight {recipe.teacher:g}; "
                + ("give the folder of its weights" if recipe.teacher else "set teacher=0.5, or give no teacher")
            )
        torch.manual_seed(recipe.seed)
        net = build(recipe.preset)
        if weights is not None:
            _fill(net, recipe.preset, weights)
        return cls(recipe, length, net, fabric, load(teacher) if teacher else None)

    def step(self, step: int, batch: Batch) -> dict[str, float]:
        """Train on one batch; what the loss was, by term, before it. A loss that is no number stops everything."""
        torch.manual_seed(self._recipe.seed * 1_000_003 + step)
        rate = rate_at(self._recipe.optimiser, step, self._length)
        for group in self._optimiser.param_groups:
            group["lr"] = rate * group.get("scale", 1.0)
        train_mode(self.net)
        images, cameras, masks, visible, heights = (
            self._fabric.to_device(value)
            for value in (batch.images, batch.cameras, batch.masks, batch.visible, batch.heights)
        )
        pixels = images.to(memory_format=torch.channels_last).float() / 255
        output, seen = self._wrapped(pixels, cameras)
        terms = self._objective(output, masks, visible)
        if seen is not None:
            terms["seen"] = self._objective.of_picture(seen, cameras, heights, masks, visible)
        loss = self._with_teacher(terms, output, pixels, cameras)
        self._optimiser.zero_grad()
        self._fabric.backward(loss)
        norm = self._clipped_norm()
        found = {"loss": loss.item(), **{name: value.item() for name, value in terms.items()}, "norm": norm}
        if not all(math.isfinite(value) for value in found.values()):
            raise NotANumber(step, found, batch.names)
        self._optimiser.step()
        self.average.update(step)
        return {**found, "rate": rate}

    def averaged(self) -> MapperNet:
        """A network of its own with the averaged weights, in eval mode."""
        net = build(self._recipe.preset)
        net.load_state_dict(self.average.state())
        return self._fabric.to_device(net).eval()

    def state(self) -> dict[str, Tensor]:
        """All that the next step depends on, but for its number: tensors by name."""
        kept = {f"pupil.{name}": value for name, value in self._pupil.state_dict().items()}
        kept |= {f"average.{name}": value for name, value in self.average.values.items()}
        for value, moments in self._moments():
            kept |= {f"optimiser.{self._names[id(value)]}.{key}": moment for key, moment in moments.items()}
        return {name: value.detach().cpu().contiguous() for name, value in kept.items()}

    def restore(self, kept: Mapping[str, Tensor]) -> None:
        """Go on from a state."""
        parts: dict[str, dict[str, Tensor]] = {"pupil": {}, "average": {}, "optimiser": {}}
        for name, tensor in kept.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = tensor
        self._pupil.load_state_dict(parts["pupil"])
        self.average.restore(parts["average"])
        for group in self._optimiser.param_groups:
            for value in group["params"]:
                self._optimiser.state[value] = _moments_of(parts["optimiser"], self._names[id(value)], value)

    def _with_teacher(self, terms: dict[str, Tensor], output: MapperOutput, pixels: Tensor, cameras: Tensor) -> Tensor:
        """The loss as a whole; what a teacher sees is one term more."""
        loss = self._objective.sum(terms)
        if self._teacher is None:
            return loss
        with torch.inference_mode(), self._fabric.autocast():
            taught = self._teacher(pixels, cameras).logits.float().sigmoid()
        terms["teacher"] = cross_entropy(output.logits, taught.clone(), output.observed[..., :-1])
        share = self._recipe.teacher
        return (1 - share) * loss + share * terms["teacher"]

    def _clipped_norm(self) -> float:
        """Norm of all gradients together, before they are clipped where the recipe says so."""
        most = self._recipe.optimiser.clip or math.inf
        trained = [value for value in self._pupil.parameters() if value.grad is not None]
        return float(nn.utils.clip_grad_norm_(trained, most))

    def _moments(self) -> list[tuple[Tensor, dict[str, Tensor]]]:
        return list(self._optimiser.state.items())


class Objective:
    """The loss of a recipe: its terms on the classes and in the area that count."""

    def __init__(self, loss: Loss, classes: tuple[str, ...], device: torch.device) -> None:
        self._loss = loss
        self._classes = [CLASS_INDEX[name] for name in classes]
        self._weights = torch.tensor(loss.class_weights or [1.0] * len(classes), device=device)

    def __call__(self, output: MapperOutput, masks: Tensor, visible: Tensor) -> dict[str, Tensor]:
        area = output.observed[..., :-1]
        if self._loss.area == "visible":
            area = area & visible
        logits, target = output.logits[:, self._classes], masks[:, self._classes]
        overlap = OVERLAPS[self._loss.overlap](logits, target, area, self._weights)
        return {"cross_entropy": cross_entropy(logits, target, area, self._loss.smoothing), self._loss.overlap: overlap}

    def of_picture(self, seen: Seen, cameras: Tensor, heights: Tensor, masks: Tensor, visible: Tensor) -> Tensor:
        """The same, of what the picture's places show."""
        rows, columns = seen.logits.shape[-2:]
        shown, known = ground_of((rows, columns), seen.width, cameras, heights, masks[:, self._classes], visible)
        logits = seen.logits[:, self._classes]
        overlap = OVERLAPS[self._loss.overlap](logits, shown, known, self._weights)
        return cross_entropy(logits, shown, known, self._loss.smoothing) + self._loss.overlap_weight * overlap

    def sum(self, terms: Mapping[str, Tensor]) -> Tensor:
        """The terms by their weights."""
        overlap = self._loss.overlap_weight * terms[self._loss.overlap]
        loss = self._loss.cross_entropy * terms["cross_entropy"] + overlap
        return loss + self._loss.seen * terms["seen"] if "seen" in terms else loss


class NotANumber(TrainingError):
    """The loss, or a gradient, is infinite or no number. The weights are those of before the step."""

    def __init__(self, step: int, found: Mapping[str, float], names: list[str]) -> None:
        what = ", ".join(f"{key} {value:g}" for key, value in found.items() if not math.isfinite(value))
        super().__init__(f"step {step}: {what} on the batch of {', '.join(names)}")


def rate_at(optimiser: Optimiser, step: int, length: int) -> float:
    """Learning rate of a step, counted from 0: a straight rise, then a cosine down to the final rate."""
    rising = round(optimiser.warmup * length)
    if step < rising:
        return optimiser.rate * (step + 1) / (rising + 1)
    turned = math.pi * (step - rising) / max(length - rising, 1)
    return optimiser.final_rate + (optimiser.rate - optimiser.final_rate) * (1 + math.cos(turned)) / 2


def _optimiser(net: nn.Module, wanted: Optimiser) -> torch.optim.Optimizer:
    if wanted.name == "muon":
        return Muon(parameter_groups(net, wanted.decay, _NO_MATRICES), wanted.rate)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[wanted.name]
    return kind(parameter_groups(net, wanted.decay), lr=wanted.rate)


def _fill(net: MapperNet, preset: str, folder: Path) -> None:
    """Weights of a folder into a network; what the folder lacks stays random."""
    manifest, tensors = read_weights(folder)
    if manifest.preset != preset:
        raise TrainingError(f"weights {folder}: made for preset {manifest.preset}, the recipe trains {preset}")
    unknown = sorted(tensors.keys() - net.state_dict().keys())
    if unknown:
        raise TrainingError(f"weights {folder}: {preset} has no '{unknown[0]}'; import them again")
    net.load_state_dict(tensors, strict=False)


def _moments_of(kept: Mapping[str, Tensor], name: str, value: Tensor) -> dict[str, Tensor]:
    """The optimiser's memory of one parameter, where the parameter is; its counter of steps stays on the CPU."""
    start = f"{name}."
    found = {key.removeprefix(start): tensor for key, tensor in kept.items() if key.rpartition(".")[0] == name}
    return {key: tensor.clone() if key == "step" else tensor.to(value.device) for key, tensor in found.items()}
