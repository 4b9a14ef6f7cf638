# SPDX-License-Identifier: Apache-2.0
"""A folder that is made somewhere hidden and gets its name when it is complete."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

from mia_ros.errors import BagError


class Workshop:
    """Makes the folder `target`: enter() says where to build it, deliver() puts it in its place, clear() tidies up.

    Whoever builds holds a lock that ends with its process, so that the next one knows what is abandoned.
    """

    def __init__(self, target: Path) -> None:
        self._target = Path(os.path.abspath(target))  # noqa: PTH100 (resolve() would follow a link at the end)
        self._room: Path | None = None
        self._lock: IO[bytes] | None = None

    def enter(self) -> Path:
        """A path that does not exist, with the target's own name, on the same disk."""
        self._check_free()
        parent = self._target.parent
        parent.mkdir(parents=True, exist_ok=True)
        self._remove_abandoned()
        self._room = Path(tempfile.mkdtemp(prefix=self._prefix, dir=parent))
        self._lock = (self._room / "lock").open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self._room / self._target.name

    def deliver(self) -> None:
        """Give the finished folder its name; that of somebody who was faster is kept."""
        assert self._room is not None
        self._check_free()
        (self._room / self._target.name).rename(self._target)

    def clear(self) -> None:
        """Remove what is left."""
        if self._room is not None:
            shutil.rmtree(self._room, ignore_errors=True)
            self._room = None
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self._lock.close()
            self._lock = None

    @property
    def _prefix(self) -> str:
        return f".{self._target.name}.unfinished-"

    def _check_free(self) -> None:
        if os.path.lexists(self._target):
            raise BagError(f"{self._target}: exists already; choose another name, or remove it")

    def _remove_abandoned(self) -> None:
        for room in self._target.parent.glob(f"{_literal(self._prefix)}*"):
            if _abandoned(room):
                shutil.rmtree(room, ignore_errors=True)


def _abandoned(room: Path) -> bool:
    """Whether nobody holds the lock; a room without one is just being made."""
    try:
        with (room / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _literal(name: str) -> str:
    """A name in which a pattern's signs mean themselves."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)
