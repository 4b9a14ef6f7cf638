# SPDX-License-Identifier: Apache-2.0
"""Hashes seen at a first download, kept for the user and checked at every later one."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from offline_tools.errors import WeightsError
from offline_tools.weights.manifest import Sha256, first_problem

_PINS = TypeAdapter(dict[str, Sha256])


def pins_path() -> Path:
    """mia_ros/pins.json in the user's configuration."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "mia_ros" / "pins.json"


def read_pins(path: Path) -> dict[str, str]:
    """The sha256 of each address that was fetched before."""
    try:
        return _PINS.validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"pins {path}: cannot be read: {error}") from error
    except ValidationError as error:
        raise WeightsError(f"pins {path}: {first_problem(error)}; correct or remove the file") from error


def write_pin(path: Path, url: str, sha256: str) -> None:
    """Add or replace one."""
    pins = {**read_pins(path), url: sha256}
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(pins, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise WeightsError(f"pins {path}: cannot be written: {error.strerror}") from error
