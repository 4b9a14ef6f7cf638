# SPDX-License-Identifier: Apache-2.0
"""What a run keeps in its folder, and whether a folder is of the same run.

OUT/recipe.yaml            the recipe as it was resolved; it can be trained from again
OUT/run.json               the recipe, the data and what else decides the result
OUT/checkpoints/           the newest states, to go on from
OUT/weights/               the averaged weights, as `mia weights import` writes them
OUT/curve.jsonl            the loss of each step
OUT/validation.jsonl       scores on samples that are not learnt from, with pictures in OUT/pictures
OUT/tensorboard/           the same for TensorBoard
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from offline_tools.errors import TrainingError
from offline_tools.training.recipe import Recipe
from offline_tools.weights import WeightsManifest, write_folder

if TYPE_CHECKING:
    from torch import Tensor

RECIPE, RUN, WEIGHTS = "recipe.yaml", "run.json", "weights"
#: Parts of a recipe that change no weight: a run may go on with others. Nor does it matter where data lies.
_FREE = ("description", "checkpoint_minutes", "licence", "note")
_PLACE = "data"


def describe_run(recipe: Recipe, length: int, data: Mapping[str, Any], start: Mapping[str, Any]) -> dict[str, Any]:
    """What a run is made from. `start`: the hashes of the weights that it begins with."""
    decisive = {key: value for key, value in recipe.model_dump(mode="json").items() if key not in _FREE}
    return {"recipe": decisive, "length": length, "data": dict(data), "start": dict(start)}


def digest(description: Mapping[str, Any]) -> str:
    """One name for a run."""
    return hashlib.sha256(json.dumps(_decisive(description), sort_keys=True).encode()).hexdigest()


def claim(out: Path, recipe: Recipe, description: Mapping[str, Any]) -> None:
    """Make the folder of a run, or refuse one that is of another."""
    path = out / RUN
    try:
        if path.exists():
            _compare(out, json.loads(path.read_text(encoding="utf-8")), description)
        elif out.exists() and any(out.iterdir()):
            raise TrainingError(f"out {out}: holds other things than a training; give a new folder")
        out.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
        write_text(out / RECIPE, text)
        write_text(path, json.dumps(description, indent=2) + "\n")
    except ValueError as error:
        if isinstance(error, TrainingError):
            raise
        raise TrainingError(f"out {path}: not JSON; give a new folder") from error
    except OSError as error:
        raise TrainingError(f"out {out}: cannot be written: {error.strerror}") from error


def write_weights(folder: Path, tensors: Mapping[str, Tensor], recipe: Recipe, run: str, training: str) -> None:
    """A folder of weights; `training` says in words what they learnt from."""

    def describe(weights_sha256: str) -> WeightsManifest:
        return WeightsManifest(
            preset=recipe.preset,
            kind="complete",
            source=f"training, recipe {recipe.name}",
            source_sha256=run,
            weights_sha256=weights_sha256,
            licence=recipe.licence or None,
            note=training,
        )

    whole = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    write_folder(folder, whole, describe)


def write_text(path: Path, text: str) -> None:
    """Whole, or what was there before."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _compare(out: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    old, new = (dict(_leaves(_decisive(json.loads(json.dumps(one))))) for one in (before, now))
    changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    if changed:
        key = changed[0]
        more = f" ({len(changed) - 1} more differ)" if len(changed) > 1 else ""
        raise TrainingError(
            f"out {out}: was begun with {key} = {old.get(key)}, now it is {new.get(key)}{more}; "
            "go on as it was begun, or give a new folder"
        )


def _decisive(description: Mapping[str, Any]) -> dict[str, Any]:
    """Without the places of the sources, which are known by their samples' names."""
    data = {
        key: [_without_place(source) for source in value] if isinstance(value, list) else value
        for key, value in description["data"].items()
    }
    return {**description, "data": data}


def _without_place(source: Any) -> Any:
    return {key: value for key, value in source.items() if key != _PLACE} if isinstance(source, Mapping) else source


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value
