# SPDX-License-Identifier: Apache-2.0
"""What viewing needs and not every installation has."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from offline_tools.errors import MissingPart

#: The first whose set_time, Scalars and recording streams are as they still are.
_OLDEST = (0, 23)


def rerun() -> Any:
    """The module `rerun`; refuses in one line where it is absent, broken or too old."""
    found = _part("rerun", "rerun-sdk", "view")
    version = str(getattr(found, "__version__", ""))
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < _OLDEST:
        raise MissingPart(
            f"rerun-sdk {version or 'of no version'} is too old, want {_OLDEST[0]}.{_OLDEST[1]} or later: "
            "pip install --upgrade 'mia_ros[view]'"
        )
    return found


def polars() -> Any:
    """The module `polars`, which reads the table of a replay."""
    return _part("polars", "polars", "maps")


def _part(module: str, package: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        reason = " ".join(str(error).split())
        raise MissingPart(f"this needs {package} ({reason}): pip install 'mia_ros[{extra}]'") from error
