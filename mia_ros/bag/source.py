# SPDX-License-Identifier: Apache-2.0
"""What a BagReader reads from: rosbags' reader of whole recordings, or one of what is left of a damaged one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from rosbags.interfaces import Connection, MessageDefinition, MessageDefinitionFormat
from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from mia_ros.bag.messages import typestore

if TYPE_CHECKING:
    from rosbags.interfaces.typing import Typesdict

#: What the formats of a definition are called in files.
FORMATS = {
    "ros2msg": MessageDefinitionFormat.MSG,
    "ros2idl": MessageDefinitionFormat.IDL,
    "omgidl": MessageDefinitionFormat.IDL,
}
_NO_DEFINITION = MessageDefinition(MessageDefinitionFormat.NONE, "")
_RULE = "=" * 80 + "\n"


class Source(Protocol):
    """The part of rosbags' AnyReader that is used; start_time and end_time in ns, the latter one past the last."""

    connections: list[Connection]
    typestore: Typestore
    is2: bool

    @property
    def start_time(self) -> int:
        """Of the first message."""

    @property
    def end_time(self) -> int:
        """Of the last message, and one more."""

    def messages(
        self, connections: Collection[Connection] = (), start: int | None = None, stop: int | None = None
    ) -> Iterator[tuple[Connection, int, bytes]]:
        """In the order of time, start <= time < stop."""

    def deserialize(self, rawdata: bytes, typ: str) -> Any:
        """A message of its bytes."""

    def close(self) -> None:
        """Let the files go."""


def definition(encoding: str, text: str) -> MessageDefinition:
    """Of a message type, as files have it; an empty one where the format is not known."""
    return MessageDefinition(FORMATS[encoding], text) if encoding in FORMATS else _NO_DEFINITION


def types_of(connections: Iterable[Connection]) -> Typestore:
    """The types that the connections define; what is not defined is as in this package."""
    types: Typesdict = {}
    for each in connections:
        if each.msgdef.format == MessageDefinitionFormat.MSG:
            types.update(get_types_from_msg(each.msgdef.data, each.msgtype))
        elif each.msgdef.format == MessageDefinitionFormat.IDL:
            for part in _idl_parts(each.msgdef.data):
                types.update(get_types_from_idl(part))
    store = get_typestore(Stores.EMPTY)
    store.register({**typestore().fielddefs, **types})
    return store


def _idl_parts(text: str) -> list[str]:
    """A definition may hold several files, each below a rule and a line with its name."""
    if not text.startswith(f"{_RULE}IDL: "):
        return [text]
    return [part.partition("\n")[2] for part in text.split(_RULE) if part]
