# SPDX-License-Identifier: Apache-2.0
"""Pieces of the papers of a data set in Markdown, in which names from outside are text and nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from textwrap import fill
from typing import Any

#: Also what would make a link of an address.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$@!]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
_BLOCKS_AS_THEY_ARE = ("|", "#", "- ")
_WIDTH = 110
_LONGEST = 120


def plain(text: Any) -> str:
    """As one line, with all that Markdown or HTML would read as more than text taken for text."""
    line = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in str(text))
    return _SPECIAL.sub(r"\\\1", " ".join(line.split())[:_LONGEST])


def wrapped(text: str) -> str:
    """Paragraphs in lines of one width; tables, titles and lists stay as they are."""
    blocks = [block.strip("\n") for block in re.split(r"\n{2,}", text) if block.strip()]
    lines = [block if block.startswith(_BLOCKS_AS_THEY_ARE) else _filled(block) for block in blocks]
    return "\n\n".join(lines) + "\n"


def _filled(paragraph: str) -> str:
    return fill(" ".join(paragraph.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], texts: int = 1) -> str:
    """The first columns are texts, the others are numbers; cells are Markdown."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * texts}{'---:|' * (len(head) - texts)}"]
    lines += [f"| {' | '.join(shown(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def shown(value: Any) -> str:
    """A cell: whole numbers with commas, a dash for what is not known."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else str(value)


def percent(share: float | None) -> str:
    """With a digit after the point."""
    return "–" if share is None else f"{100 * share:.1f} %"


def plural(count: int, noun: str) -> str:
    """1 photo, 2 photos."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
