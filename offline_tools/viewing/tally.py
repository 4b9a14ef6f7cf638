# SPDX-License-Identifier: Apache-2.0
"""Tally: what was shown, and what could not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

Say = Callable[[str], None]
#: Different lines about wrong things that are said at most.
_MOST = 20


class Tally:
    """counts: photos, levelled, maps, occupancy, placed. problems: of each of these, how many could not be shown."""

    def __init__(self, say: Say) -> None:
        self.counts: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self._say = say
        self._said: set[str] = set()

    def once(self, line: str) -> None:
        """Say it, unless it was said before."""
        if line not in self._said and len(self._said) < _MOST:
            self._said.add(line)
            self._say(line)

    def wrong(self, what: str, line: str) -> None:
        """One of these could not be shown; the first of each kind is said."""
        if not self.problems[what]:
            self.once(f"{what}: {line}")
        self.problems[what] += 1

    def line(self, metres: float) -> str:
        """All of it, for people."""
        names = {"photos": "photos", "levelled": "levelled", "maps": "maps"}
        parts = [f"{self.counts[key]} {name}" for key, name in names.items()]
        if self.counts["placed"]:
            parts.append(f"{self.counts['placed']} of them laid along {metres:.0f} m")
        if total := sum(self.problems.values()):
            parts.append(f"{total} could not be shown")
        return ", ".join(parts)
