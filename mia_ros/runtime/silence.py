# SPDX-License-Identifier: Apache-2.0
"""Silence: when to say once that nothing is known any more."""

from __future__ import annotations

#: A map that takes longer than this many time-outs is taken not to come at all.
_PATIENCE = 10


class Silence:
    """A latched map would stand for ever; this says when one that is unknown everywhere must take its place.

    That is when for `timeout` seconds no usable image came, or none of those that came made a map. An engine may take
    longer than the timeout for one map, but not ten times as long. `now` in ns, of a clock that does not stand still
    when the images do.
    """

    def __init__(self, timeout: float, now: int) -> None:
        self._timeout = round(timeout * 1e9)
        self._stamp: int | None = None
        self._image_at = now
        self._mapped_at = now
        self._failing = False
        self._silent = True

    def image(self, stamp: int, now: int, *, usable: bool) -> None:
        """An image came; those that are of no use move the stamp alone."""
        self._stamp = stamp
        if usable:
            self._image_at = now

    def failed(self) -> None:
        """An image made no map."""
        self._failing = True

    def mapped(self, now: int) -> None:
        """A map was published."""
        self._mapped_at, self._failing, self._silent = now, False, False

    def lost(self, now: int) -> bool:
        """Whether a map of now would be of no use, because it would have to be taken back at once."""
        return abs(now - self._image_at) >= self._timeout

    def due(self, now: int) -> int | None:
        """The stamp for the unknown map if it is to be published now; not again before there is another map."""
        waited = abs(now - self._mapped_at)  # simulated time may go back
        late = waited >= (1 if self._failing else _PATIENCE) * self._timeout
        return self.end() if self.lost(now) or late else None

    def end(self) -> int | None:
        """The same at the end of all maps."""
        if self._silent or self._stamp is None:
            return None
        self._silent = True
        return self._stamp
