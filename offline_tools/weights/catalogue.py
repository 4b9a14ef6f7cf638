# SPDX-License-Identifier: Apache-2.0
"""Published weights that can be fetched: where they are, what they demand, and how they are recognised."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from offline_tools.errors import WeightsError
from offline_tools.weights.manifest import Sha256, first_problem, read_model

_SHIPPED = Path(__file__).with_name("catalogue.yaml")


class CatalogueEntry(BaseModel):
    """One published file; `size` in bytes and `sha256` are None where they are not known for certain."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str
    url: str
    file: Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
    preset: str
    licence: str
    demands: str
    size: Annotated[int, Field(gt=0)] | None = None
    sha256: Sha256 | None = None
    evidence: str = ""


class FetchRecord(BaseModel):
    """What stands beside a fetched file, as FILE.source.json: where it comes from and under which licence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    url: str
    licence: str
    sha256: Sha256


def read_catalogue(path: str | Path | None = None) -> dict[str, CatalogueEntry]:
    """The shipped catalogue, or a user's YAML file."""
    source = Path(path) if path else _SHIPPED
    try:
        values = yaml.safe_load(source.read_text(encoding="utf-8"))
        return TypeAdapter(dict[str, CatalogueEntry]).validate_python(values)
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"catalogue {source}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise WeightsError(f"catalogue {source}: not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise WeightsError(f"catalogue {source}: {first_problem(error)}") from error


def catalogue_entry(name: str, path: str | Path | None = None) -> CatalogueEntry:
    """One entry by name."""
    entries = read_catalogue(path)
    if name not in entries:
        raise WeightsError(f"weights: no published weights '{name}'; there are {', '.join(entries) or 'none'}")
    return entries[name]


def record_path(file: Path) -> Path:
    """Where the record of a fetched file is."""
    return file.with_name(f"{file.name}.source.json")


def licence_of(file: Path, sha256: str) -> str | None:
    """The licence of a file that we fetched or that the catalogue knows by its hash."""
    record = record_path(file)
    if record.is_file():
        fetched = read_model(FetchRecord, record)
        if fetched.sha256 == sha256:
            return fetched.licence
    return next((entry.licence for entry in read_catalogue().values() if entry.sha256 == sha256), None)
