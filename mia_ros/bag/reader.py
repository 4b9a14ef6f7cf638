# SPDX-License-Identifier: Apache-2.0
"""BagReader: the messages of a recording in the order of time, whatever wrote it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from rosbags.highlevel import AnyReader
from rosbags.interfaces import Connection, ConnectionExtRosbag1, QosDurability

from mia_ros.bag.messages import typestore
from mia_ros.bag.salvage import hides_something, salvage
from mia_ros.bag.source import Source
from mia_ros.errors import BagError, MiaError

if TYPE_CHECKING:
    from typing_extensions import Self

_SUFFIXES = (".mcap", ".db3", ".bag")


@dataclass(frozen=True)
class Topic:
    """A topic of a bag: its name, type ("sensor_msgs/msg/Imu", for ROS 1 too) and number of messages.

    latched: a late subscriber got the last message; ROS 2 calls it transient local.
    """

    name: str
    type: str
    count: int
    latched: bool = False


class BagMessage(NamedTuple):
    """One message: its topic, type, when it was received (ns), and itself, with fields as in ROS 2."""

    topic: str
    type: str
    received: int
    message: Any

    @property
    def stamp(self) -> int:
        """Of the header (ns); where there is none, or it was left at 0, when it was received."""
        header = getattr(self.message, "header", None)
        if header is None:
            return self.received
        return int(header.stamp.sec) * 10**9 + int(header.stamp.nanosec) or self.received


class RawMessage(NamedTuple):
    """One message as ROS 2 sends it: its topic, type, when it was received (ns), and its CDR."""

    topic: str
    type: str
    received: int
    cdr: bytes


class BagReader:
    """Reads a rosbag2 folder, a single .mcap or .db3 file, or a ROS 1 .bag.

    with BagReader("drive") as bag:
        for topic, kind, received, message in bag.messages(bag.topics_of("sensor_msgs/msg/Imu")): ...

    Whatever is wrong with the files is one BagError, at the start or where the damage lies. With `salvage`, what can be
    read is read, and `damage` says where it ended; a BagError is then only raised where nothing can be read.
    """

    def __init__(self, path: str | Path, *, salvage: bool = False) -> None:
        self.path = Path(path)
        self.damage = ""
        self._salvage = salvage
        self._bag: Source | None = None

    def __enter__(self) -> Self:
        try:
            _check_path(self.path)
            if self._salvage:
                _check_all_shows(self.path)
            with self._plainly("cannot be read"):
                self._bag = _opened(self.path)
        except BagError as error:
            if not self._salvage or not self.path.exists():
                raise
            with self._plainly("cannot be read"):
                self._bag, self.damage = salvage(self.path, str(error))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        bag, self._bag = self._bag, None
        if bag is not None:
            bag.close()

    @property
    def topics(self) -> dict[str, Topic]:
        """All topics by their names; a topic with messages of two types has the type of the first."""
        found: dict[str, Topic] = {}
        for connection in self._open().connections:
            count = connection.msgcount + (found[connection.topic].count if connection.topic in found else 0)
            kind = found[connection.topic].type if connection.topic in found else connection.msgtype
            found[connection.topic] = Topic(connection.topic, kind, count, _latched(connection))
        return dict(sorted(found.items()))

    @property
    def title(self) -> str:
        """What to call it."""
        return str(self.path)

    @property
    def start(self) -> int:
        """When the first message was received, ns."""
        return self._open().start_time

    @property
    def end(self) -> int:
        """When the last message was received, ns, and one more."""
        return self._open().end_time

    def topics_of(self, *types: str) -> list[str]:
        """The names of all topics of these types."""
        return [topic.name for topic in self.topics.values() if topic.type in types]

    def messages(
        self, topics: Iterable[str] | None = None, start: int | None = None, stop: int | None = None
    ) -> Iterator[BagMessage]:
        """Messages in the order in which they were received, of all topics or of some; start <= received < stop, ns."""
        bag = self._open()
        for connection, received, raw in self._chosen(topics, start, stop):
            try:
                with self._plainly(f"is damaged: {connection.topic} at {received} ns"):
                    message = bag.deserialize(raw, connection.msgtype)
            except BagError as error:
                self._endure(error)
                continue
            yield BagMessage(connection.topic, connection.msgtype, received, message)

    def raw(
        self, topics: Iterable[str] | None = None, start: int | None = None, stop: int | None = None
    ) -> Iterator[RawMessage]:
        """The same messages undecoded; those of a ROS 1 bag are turned into ROS 2's bytes."""
        modern = self._open().is2
        for connection, received, raw in self._chosen(topics, start, stop):
            with self._plainly(f"has what cannot be sent: {connection.topic} at {received} ns"):
                cdr = bytes(raw if modern else typestore().ros1_to_cdr(raw, connection.msgtype))
            yield RawMessage(connection.topic, connection.msgtype, received, cdr)

    def fields(self, kind: str) -> list[str]:
        """Names of the fields of a message type, as the bag defines it."""
        return [name for name, _ in self._open().typestore.fielddefs[kind][1]]

    def _chosen(
        self, topics: Iterable[str] | None, start: int | None, stop: int | None
    ) -> Iterator[tuple[Connection, int, bytes]]:
        bag = self._open()
        wanted = set(self.topics) if topics is None else set(topics)
        if missing := wanted - set(self.topics):
            have = ", ".join(self.topics) or "none"
            raise BagError(f"{self.path}: no topic {', '.join(sorted(missing))}; there are {have}")
        connections = [each for each in bag.connections if each.topic in wanted]
        if not connections:
            return
        try:
            with self._plainly("is damaged"):
                yield from bag.messages(connections, start, stop)
        except BagError as error:
            self._endure(error)

    def _endure(self, error: BagError) -> None:
        """Of what is to be salvaged, note the first damage and go on."""
        if not self._salvage:
            raise error
        self.damage = self.damage or str(error)

    def _open(self) -> Source:
        if self._bag is None:
            raise BagError(f"{self.path}: the bag is not open; use it in a `with` block")
        return self._bag

    @contextlib.contextmanager
    def _plainly(self, what: str) -> Iterator[None]:
        try:
            yield
        except MiaError:
            raise
        except Exception as error:  # a damaged file makes the parsers fail in any way there is
            reason = " ".join(str(error).split()) or type(error).__name__
            raise BagError(f"{self.path}: the bag {what}: {reason}") from error


def _check_all_shows(path: Path) -> None:
    if hides_something(path):
        raise BagError(f"{path}: the bag has no index, or its last messages are in a journal")


def _opened(path: Path) -> Source:
    bag = AnyReader([path], default_typestore=typestore())
    bag.open()
    return bag


def _latched(connection: Connection) -> bool:
    extra = connection.ext
    if isinstance(extra, ConnectionExtRosbag1):
        return bool(extra.latching)
    return any(each.durability == QosDurability.TRANSIENT_LOCAL for each in extra.offered_qos_profiles)


def _check_path(path: Path) -> None:
    if not path.exists():
        raise BagError(f"{path}: there is no such bag")
    if path.is_dir() and not (path / "metadata.yaml").is_file():
        raise BagError(
            f"{path}: no metadata.yaml, so this is no finished rosbag2; name a file in it, or run `ros2 bag reindex`"
        )
    if path.is_file() and path.suffix not in _SUFFIXES:
        raise BagError(f"{path}: is no bag; want a rosbag2 folder or a file that ends in {', '.join(_SUFFIXES)}")
