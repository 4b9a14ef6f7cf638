# SPDX-License-Identifier: Apache-2.0
"""Recipe: everything that decides what a training computes, as typed YAML. A misspelt key is an error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.errors import TrainingError
from offline_tools.training.augmentation import PUBLISHED, Augmentation


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Stage(_Part):
    """A part of the run. size: pixels a side of the input; share: of all steps, all stages' shares make 1."""

    size: int = Field(default=512, ge=32, le=2048)
    share: float = Field(default=1.0, gt=0, le=1)


class Optimiser(_Part):
    """rate: the highest, reached after `warmup` (a share of the run), falling as a cosine to final_rate.

    name: muon makes the steps of layers orthogonal; its rate is about ten times that of adamw, with which it moves all
    else at a tenth of the rate. clip: the largest norm of all gradients together; 0 for none. decay: of weights alone,
    not of biases and norms.
    """

    name: Literal["adam", "adamw", "muon"] = "adam"
    rate: float = Field(default=1e-3, gt=0, le=1)
    final_rate: float = Field(default=1e-7, ge=0, le=1)
    warmup: float = Field(default=0.0, ge=0, lt=1)
    decay: float = Field(default=0.0, ge=0, le=1)
    clip: float = Field(default=0.0, ge=0)


class Loss(_Part):
    """What is made small: cross-entropy plus an overlap term, weighted; `class_weights` enter the overlap alone.

    area: the cells that count, those in the camera's frustum, or of them the ones that no building hides. seen: weight
    of the same loss in the picture: while it learns, the encoder itself is asked what ground each place shows, where
    the camera's height above level ground is known, as in simulated data.
    """

    cross_entropy: float = Field(default=1.0, ge=0)
    smoothing: float = Field(default=0.1, ge=0, lt=1)
    overlap: Literal["cell_dice", "map_dice", "map_jaccard"] = "cell_dice"
    overlap_weight: float = Field(default=1.0, ge=0)
    class_weights: tuple[float, ...] = ()
    area: Literal["frustum", "visible"] = "frustum"
    seen: float = Field(default=0.0, ge=0)

    @field_validator("class_weights")
    @classmethod
    def _positive(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if any(value <= 0 for value in values):
            raise ValueError("want weights above 0; leave a class out of `classes` instead")
        return values


class Validation(_Part):
    """Every `share` of the run, on at most `samples` spread over the part, at `size` pixels (0: the last stage's)."""

    share: float = Field(default=0.1, gt=0, le=1)
    samples: int = Field(default=200, ge=1)
    pictures: int = Field(default=6, ge=0, le=64)
    size: int = Field(default=0, ge=0, le=2048)


class Recipe(_Part):
    """One training. Exactly one of steps and epochs is given; an epoch is as many samples as the data holds.

    classes: those that the data's maps know, of the six; the others are left out of the loss. frozen: parameters that
    are not trained, by the beginning of their names. drop_path: the share of branches dropped in transformer blocks
    that are trained. average: decay of the running mean of the weights, which is what is kept; 0 for none.
    target_focal, multiple: inputs of one focal length (pixels) and not of one size, padded to a multiple of pixels.
    teacher: how much a teacher's map counts against the true one, where one is given.
    """

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    description: str = ""
    preset: Literal["mapper_vitb", "mapper_vits", "mapper_edge"]
    seed: int = Field(default=0, ge=0, lt=2**31)
    precision: Literal["32-true", "bf16-mixed"] = "bf16-mixed"
    batch: int = Field(default=128, ge=1)
    steps: int | None = Field(default=None, ge=1)
    epochs: float | None = Field(default=None, gt=0)
    stages: tuple[Stage, ...] = (Stage(),)
    optimiser: Optimiser = Optimiser()
    loss: Loss = Loss()
    classes: tuple[str, ...] = CLASS_NAMES
    augmentation: Augmentation = PUBLISHED
    target_focal: float | None = Field(default=None, gt=0)
    multiple: int | None = Field(default=None, ge=1)
    frozen: tuple[str, ...] = ()
    drop_path: float = Field(default=0.0, ge=0, lt=1)
    average: float = Field(default=0.0, ge=0, lt=1)
    teacher: float = Field(default=0.0, ge=0, le=1)
    validation: Validation = Validation()
    checkpoint_minutes: float = Field(default=2.0, ge=0)
    licence: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _agrees(self) -> Recipe:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("want exactly one of steps and epochs")
        if not math.isclose(sum(stage.share for stage in self.stages), 1, abs_tol=1e-6):
            raise ValueError(f"the stages' shares make {sum(stage.share for stage in self.stages):g}, want 1")
        unknown = [name for name in self.classes if name not in CLASS_NAMES]
        if unknown or not self.classes or len(set(self.classes)) < len(self.classes):
            raise ValueError(f"classes: {list(self.classes)}, want different ones of {', '.join(CLASS_NAMES)}")
        if self.loss.class_weights and len(self.loss.class_weights) != len(self.classes):
            raise ValueError(f"loss.class_weights: {len(self.loss.class_weights)}, want one for each of the classes")
        return self

    def length(self, samples: int) -> int:
        """Steps of the whole run on so many samples."""
        if self.steps is not None:
            return self.steps
        assert self.epochs is not None
        return max(1, math.ceil(self.epochs * samples / self.batch))

    def stage_at(self, step: int, length: int) -> tuple[int, int]:
        """Pixels a side of the input at a step, counted from 0, and the step at which that ends."""
        done = 0.0
        for stage in self.stages:
            done += stage.share
            end = round(done * length)
            if step < end:
                return stage.size, end
        return self.last_size, length

    @property
    def last_size(self) -> int:
        """Pixels a side of the last stage: what the network is made for."""
        return self.stages[-1].size


def load_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """A shipped recipe by its name, or a YAML file; `changes` are KEY=VALUE, with dots, as optimiser.rate=1e-4."""
    values = _read(name)
    for change in changes:
        _apply(values, change)
    return parse(values, name)


def parse(values: Mapping[str, Any], where: str) -> Recipe:
    """The recipe of a mapping; what is wrong in it is named."""
    try:
        return Recipe.model_validate(dict(values))
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in problem["loc"]) or "the recipe"
        if problem["type"] == "extra_forbidden":
            raise TrainingError(f"recipe {where}: unknown key '{field}'") from None
        found = "" if problem["type"] == "missing" or not problem["loc"] else f" (found {problem['input']!r})"
        raise TrainingError(f"recipe {where}: {field}: {' '.join(problem['msg'].split())}{found}") from None


def recipe_names() -> list[str]:
    """The shipped recipes."""
    return sorted(path.name.removesuffix(".yaml") for path in _shipped().iterdir() if path.name.endswith(".yaml"))


def _read(name: str) -> dict[str, Any]:
    names = recipe_names()
    if name in names:
        return _mapping((_shipped() / f"{name}.yaml").read_text(encoding="utf-8"), name)
    path = Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        close = get_close_matches(name, names, 1)
        meant = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
        raise TrainingError(f"recipe '{name}': there is none of this name; {meant} Or name a .yaml file")
    try:
        return _mapping(path.read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"recipe {path}: cannot be read: {error}") from None


def _mapping(text: str, where: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TrainingError(f"recipe {where}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise TrainingError(f"recipe {where}: want a mapping of keys, with name, preset and others")
    return found


def _apply(values: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals:
        raise TrainingError(f"set: '{change}': want KEY=VALUE, as optimiser.rate=1e-4")
    *parents, last = key.strip().split(".")
    inner = values
    for parent in parents:
        inner = inner.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise TrainingError(f"set: '{change}': {parent} holds no keys")
    inner[last] = _value(text, change)
    # The length is given in one way: the new one replaces the other.
    other = {"steps": "epochs", "epochs": "steps"}.get(key.strip())
    if other:
        values.pop(other, None)


def _value(text: str, change: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise TrainingError(f"set: '{change}': the value is not YAML") from None


def _shipped() -> Any:
    return resources.files("offline_tools.training") / "recipes"
