# SPDX-License-Identifier: Apache-2.0
"""Cost profiles: what it costs a kind of robot to drive on each class. The profiles themselves are YAML beside this."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from mia_ros.errors import ProfileError
from mia_ros.taxonomy import CLASS_NAMES

_FOLDER = Path(__file__).parent / "cost_profiles"

Cost = Annotated[StrictInt, Field(ge=0, le=100)] | Literal["unknown"]


class CostProfile(BaseModel):
    """0 free to 100 lethal, or unknown, for each class and for observed cells that hold none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = ""
    road: Cost
    crossing: Cost
    sidewalk: Cost
    building: Cost
    terrain: Cost
    parking: Cost
    no_class: Cost = "unknown"

    def class_costs(self) -> tuple[int | str, ...]:
        """In the order of the classes."""
        return tuple(getattr(self, name) for name in CLASS_NAMES)


def profile_names() -> tuple[str, ...]:
    """The profiles that come with the package."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def load_profile(profile: str | Path | CostProfile) -> CostProfile:
    """A shipped profile by name, or a user's by the path of its YAML file."""
    if isinstance(profile, CostProfile):
        return profile
    if str(profile) in profile_names():
        return _shipped(str(profile))
    path = Path(profile)
    if path.suffix not in (".yaml", ".yml"):
        raise ProfileError(
            f"profile: no profile '{profile}'; there are {', '.join(profile_names())}, or give a .yaml file"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"profile {path}: cannot be read: {error}") from error
    return parse_profile(text, str(path))


def parse_profile(text: str, source: str) -> CostProfile:
    """From YAML; `source` names it in errors."""
    try:
        values = yaml.safe_load(text)
        return CostProfile.model_validate(values)
    except yaml.YAMLError as error:
        raise ProfileError(f"profile {source}: not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise ProfileError(f"profile {source}: {_first_problem(error)}") from error


@lru_cache
def _shipped(name: str) -> CostProfile:
    return parse_profile((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), name)


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    field = str(problem["loc"][0]) if problem["loc"] else "the file"
    if problem["type"] == "extra_forbidden":
        return f"unknown key '{field}'; known are {', '.join(CostProfile.model_fields)}"
    if problem["type"] == "missing":
        return f"'{field}' is missing"
    if field in CostProfile.model_fields:
        return f"'{field}' is {problem['input']!r}, want a whole number from 0 to 100, or unknown"
    return f"{field} must hold a mapping of class names to costs"
