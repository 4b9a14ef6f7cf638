# SPDX-License-Identifier: Apache-2.0
"""Recipe: which photos stay, as a list of filters in YAML. A misspelt key is an error."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from offline_tools.curate.filters.rules import Filter
from offline_tools.errors import DatasetError


class Recipe(BaseModel):
    """Filters in order; a photo stays if all of them keep it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern=r"^[a-z0-9_]+$")
    description: str = ""
    filters: tuple[Filter, ...] = Field(min_length=1)

    @field_validator("filters")
    @classmethod
    def _differ(cls, filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
        names = [rule.name for rule in filters]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"the name '{twice}' is given twice")
        return filters

    @property
    def names(self) -> tuple[str, ...]:
        """Of the stages."""
        return tuple(rule.name for rule in self.filters)


def load_recipe(name: str | Path) -> Recipe:
    """A shipped recipe by its name, or a YAML file."""
    if str(name) in recipe_names():
        return _parse((_shipped() / f"{name}.yaml").read_text(encoding="utf-8"), str(name))
    path = Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        close = get_close_matches(str(name), recipe_names(), 1)
        meant = f"did you mean {close[0]}? There are" if close else "there are"
        raise DatasetError(f"filters '{name}': no such recipe; {meant} {', '.join(recipe_names())}, or a .yaml file")
    try:
        return _parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"filters {path}: cannot be read: {error}") from None


def recipe_names() -> list[str]:
    """The shipped recipes."""
    return sorted(path.name.removesuffix(".yaml") for path in _shipped().iterdir() if path.name.endswith(".yaml"))


def parse(values: Mapping[str, Any], where: str) -> Recipe:
    """The recipe of a mapping; what is wrong in it is named."""
    try:
        return Recipe.model_validate(dict(values))
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in problem["loc"]) or "the recipe"
    if problem["type"] == "extra_forbidden":
        raise DatasetError(f"filters {where}: unknown key '{field}'")
    found = "" if problem["type"] == "missing" else f" (found {str(problem['input'])[:80]!r})"
    raise DatasetError(f"filters {where}: {field}: {' '.join(problem['msg'].split())}{found}")


def _parse(text: str, where: str) -> Recipe:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise DatasetError(f"filters {where}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise DatasetError(f"filters {where}: want a mapping of keys, with name and filters")
    return parse(found, where)


def _shipped() -> Any:
    return resources.files("offline_tools.curate") / "recipes"
