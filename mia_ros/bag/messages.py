# SPDX-License-Identifier: Apache-2.0
"""Message types for bags: those of ROS 2, and mia_ros's own from the text of its definition."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from mia_ros.arrays import Array
from mia_ros.errors import BagError

SEMANTIC_MAP = "mia_ros/msg/BevSemanticMap"


class BagMessages:
    """Makes messages that BagWriter writes; the same interface as convert.RosMessages."""

    def __init__(self) -> None:
        self._types = typestore().types

    def make(self, kind: str, /, **fields: Any) -> Any:
        """A message with these fields; all must be given."""
        return self._types[kind](**fields)

    def sequence(self, values: Array) -> Array:
        """rosbags takes arrays as they are."""
        return values

    def byte(self, value: int) -> int:
        """A number."""
        return value


def to_cdr(message: Any, kind: str) -> bytes:
    """A message of BagMessages as ROS 2 sends it."""
    return bytes(typestore().serialize_cdr(message, kind))


def fields_of(kind: str) -> list[str]:
    """Names of the fields of a message type."""
    return [name for name, _ in typestore().fielddefs[kind][1]]


@lru_cache(maxsize=1)
def typestore() -> Typestore:
    """The types of the latest ROS 2 with long-term support, and BevSemanticMap."""
    store = get_typestore(Stores.LATEST)
    store.register(get_types_from_msg(definition_file().read_text(), SEMANTIC_MAP))
    return store


def definition_file() -> Path:
    """BevSemanticMap.msg: beside the package in the source tree, in share/mia_ros/msg of what it is installed into."""
    name = f"{SEMANTIC_MAP.rsplit('/', 1)[1]}.msg"
    package = Path(__file__).resolve().parents[1]
    # An installed package lies in PREFIX/lib/pythonX.Y/site-packages, PREFIX/local/lib/..., or in a --target itself.
    candidates = [package.parent / "msg" / name]
    candidates += [folder / "share" / "mia_ros" / "msg" / name for folder in package.parents]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise BagError(f"{name} is missing from share/mia_ros/msg beside this installation; install mia_ros anew")
    return found
