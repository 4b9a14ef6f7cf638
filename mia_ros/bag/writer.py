# SPDX-License-Identifier: Apache-2.0
"""BagWriter: a rosbag2 that is there as a whole, or not at all."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from rosbags.interfaces import Connection, Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer, WriterError

from mia_ros.bag.messages import BagMessages, typestore
from mia_ros.bag.workshop import Workshop
from mia_ros.errors import BagError

if TYPE_CHECKING:
    from typing_extensions import Self

STORAGES = {"mcap": StoragePlugin.MCAP, "sqlite3": StoragePlugin.SQLITE3}
#: The newest format that ROS 2 Humble still reads: later ones write the topics' QoS in another way.
_VERSION: Literal[8] = 8


class BagWriter:
    """Writes a rosbag2 folder; message definitions are embedded in it.

    with BagWriter("drive", storage="mcap") as bag:
        bag.add_topic("/imu/data", "sensor_msgs/msg/Imu")
        bag.write("/imu/data", imu_message(bag.messages, ...), stamp)

    It grows in a hidden folder beside `path`, and gets its name when the block ends without an error. Where the process
    is killed nothing stands at `path`, and the next writer of the same bag removes the remains.
    """

    def __init__(
        self,
        path: str | Path,
        storage: str = "mcap",
        notes: Mapping[str, str] | None = None,
        *,
        compress: bool = False,
    ) -> None:
        """`notes` become the custom_data of the bag's metadata.yaml. compress: mcap in chunks of zstd."""
        self.path = Path(path)
        self.messages = BagMessages()
        if storage not in STORAGES:
            raise BagError(f"storage: '{storage}', want {' or '.join(STORAGES)}")
        if compress and storage != "mcap":
            raise BagError(f"compress: mcap alone can be read in every place when it is compressed, not {storage}")
        if self.path.suffix in {".mcap", ".db3", ".bag"}:
            raise BagError(f"{self.path}: a bag is a folder; leave out '{self.path.suffix}'")
        self._storage = STORAGES[storage]
        self._compress = compress
        self._notes = dict(notes or {})
        self._workshop = Workshop(self.path)
        self._writer: Writer | None = None
        self._topics: dict[str, Connection] = {}

    def __enter__(self) -> Self:
        with self._plainly(), contextlib.ExitStack() as undo:
            undo.callback(self._workshop.clear)
            self._writer = Writer(self._workshop.enter(), version=_VERSION, storage_plugin=self._storage)
            if self._compress:
                self._writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
            for key, value in self._notes.items():
                self._writer.set_custom_data(key, value)
            self._writer.open()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            writer, self._writer = self._open(), None
            with self._plainly():
                if kind is None:
                    writer.close()
                    self._workshop.deliver()
                else:
                    _abandon(writer)
        finally:
            self._workshop.clear()

    def add_topic(self, topic: str, kind: str, *, latched: bool = False) -> None:
        """A topic of messages such as "sensor_msgs/msg/Imu"; `latched`: late subscribers get the last one."""
        if topic in self._topics:
            raise BagError(f"{topic}: this topic was added before")
        if kind not in typestore().types:
            raise BagError(f"{topic}: the message type '{kind}' is not known")
        with self._plainly():
            self._topics[topic] = self._open().add_connection(
                topic, kind, typestore=typestore(), offered_qos_profiles=[_qos(latched)]
            )

    def write(self, topic: str, message: Any, stamp: int) -> None:
        """One message; `stamp` in ns is when it was received."""
        connection = self._connection(topic)
        with self._plainly():
            self._open().write(connection, stamp, typestore().serialize_cdr(message, connection.msgtype))

    def write_cdr(self, topic: str, cdr: bytes, stamp: int) -> None:
        """The same of a message as ROS 2 sends it."""
        connection = self._connection(topic)
        with self._plainly():
            self._open().write(connection, stamp, cdr)

    def write_text(self, name: str, text: str) -> None:
        """A file in the bag's folder, beside the messages."""
        writer = self._open()
        with self._plainly():
            (writer.path / name).write_text(text, encoding="utf-8")

    def _connection(self, topic: str) -> Connection:
        if topic not in self._topics:
            raise BagError(f"{topic}: add_topic must come before write")
        return self._topics[topic]

    def _open(self) -> Writer:
        if self._writer is None:
            raise BagError(f"{self.path}: the bag is not open; use it in a `with` block")
        return self._writer

    @contextlib.contextmanager
    def _plainly(self) -> Iterator[None]:
        """What a disk or a database says, as one line that names the bag."""
        try:
            yield
        except (OSError, sqlite3.Error, WriterError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise BagError(f"{self.path}: the bag cannot be written: {reason}") from error


def _abandon(writer: Writer) -> None:
    """Close the files; what they hold is thrown away."""
    with contextlib.suppress(Exception):
        getattr(writer, "abort", writer.close)()  # rosbags has abort since 0.11


def _qos(latched: bool) -> Qos:
    """As drivers offer their topics, and tf_static its transforms."""
    never = QosTime(9223372036, 854775807)  # what ROS writes for "infinite"
    return Qos(
        history=QosHistory.KEEP_LAST,
        depth=1 if latched else 10,
        reliability=QosReliability.RELIABLE,
        durability=QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        deadline=never,
        lifespan=never,
        liveliness=QosLiveliness.AUTOMATIC,
        liveliness_lease_duration=never,
        avoid_ros_namespace_conventions=False,
    )
