# SPDX-License-Identifier: Apache-2.0
"""Finding: one thing that a replay shows, what it means and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

#: From the worst to the best.
LEVELS = ("bad", "warn", "info", "good")


class Finding(NamedTuple):
    """key: what it is about, for programs. level: of LEVELS. line: what was found. fix: what to do, "" for nothing."""

    key: str
    level: str
    title: str
    line: str
    fix: str = ""


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """In the order of LEVELS; equals stay as they were."""
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level) if finding.level in LEVELS else 0)
