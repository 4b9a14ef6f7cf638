# SPDX-License-Identifier: Apache-2.0
"""What became of each pose of a job, counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

EXAMPLES = 5


@dataclass
class Reason:
    """How often, and the first few: row and id."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, examples: Iterable[str], count: int = 1) -> None:
        self.count += count
        self.examples += list(examples)[: EXAMPLES - len(self.examples)]


@dataclass
class Summary:
    """`done` are new, `there_already` were drawn before; both others by reason. `notes` is what else to know."""

    done: int = 0
    there_already: int = 0
    skipped: dict[str, Reason] = field(default_factory=dict)
    failed: dict[str, Reason] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0  # spent drawing

    @property
    def poses(self) -> int:
        """All that were looked at."""
        reasons = [*self.skipped.values(), *self.failed.values()]
        return self.done + self.there_already + sum(reason.count for reason in reasons)

    @property
    def there(self) -> int:
        """Maps that are there now."""
        return self.done + self.there_already

    def skip(self, reason: str, examples: Iterable[str], count: int = 1) -> None:
        self.skipped.setdefault(reason, Reason()).add(examples, count)

    def fail(self, reason: str, examples: Iterable[str], count: int = 1) -> None:
        self.failed.setdefault(reason, Reason()).add(examples, count)

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"poses": self.poses, **asdict(self), "seconds": round(self.seconds, 2)}

    def lines(self) -> list[str]:
        """For people."""
        return [
            f"{kind}: {reason.count} x {name} ({'; '.join(reason.examples)})"
            for kind, reasons in (("skipped", self.skipped), ("failed", self.failed))
            for name, reason in reasons.items()
        ]
