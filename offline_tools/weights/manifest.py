# SPDX-License-Identifier: Apache-2.0
"""What stands beside weights on disk: for which network they are, where they come from, and their hash."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from offline_tools.errors import WeightsError

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Model = TypeVar("Model", bound=BaseModel)


class WeightsManifest(BaseModel):
    """`manifest.json` of a folder of weights; `missing` lists the keys that are not there when only the encoder is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["mia_ros weights 1"] = "mia_ros weights 1"
    preset: str
    kind: Literal["complete", "encoder"]
    source: str
    source_sha256: Sha256
    weights_sha256: Sha256
    licence: str | None = None
    note: str = ""
    missing: tuple[str, ...] = ()


def read_model(kind: type[Model], path: Path) -> Model:
    """A JSON file as a pydantic model; what is wrong in it is named."""
    try:
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"weights {path}: cannot be read: {error}") from error
    except ValidationError as error:
        raise WeightsError(f"weights {path}: {first_problem(error)}") from error


def first_problem(error: ValidationError) -> str:
    """The first thing that pydantic found, in one line that names the field."""
    problem: Any = error.errors()[0]
    field = ".".join(str(part) for part in problem["loc"]) or "the file"
    if problem["type"] == "extra_forbidden":
        return f"unknown key '{field}'"
    if problem["type"] == "missing":
        return f"'{field}' is missing"
    return f"{field}: {' '.join(problem['msg'].split())}"
