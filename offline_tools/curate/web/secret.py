# SPDX-License-Identifier: Apache-2.0
"""An access token that does not show itself."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from offline_tools.errors import DatasetError

HIDDEN = "***"
_KEYRING = "mia_ros"  # the name under which a desktop's safe holds our secrets
_SHORTEST, _LONGEST = 8, 4096  # a shorter one would be found in, and hidden from, texts that have nothing to do with it
_log = logging.getLogger(__name__)


class Token:
    """A secret text. It is written nowhere: str, repr and format hide it, and it is not pickled."""

    __slots__ = ("_pattern", "_text")

    def __init__(self, text: str, source: str = "token") -> None:
        problem = _problem(text)
        if problem:
            raise DatasetError(f"{source}: {problem}; the token itself is not shown")
        self._text = text
        self._pattern = re.compile("".join(map(_any_form, text)))

    @classmethod
    def find(
        cls, file: Path | None = None, environ: Mapping[str, str] = os.environ, service: str = "mapillary"
    ) -> Token:
        """From the first line of a file, else $MAPILLARY_ACCESS_TOKEN, else the keyring (mia_ros, mapillary)."""
        if file is not None:
            return cls(_first_line(file), f"token file {file}")
        variable = f"{service.upper()}_ACCESS_TOKEN"
        if environ.get(variable):
            return cls(environ[variable], f"${variable}")
        kept = _from_keyring(service)
        if kept:
            return cls(kept, f"keyring {_KEYRING}/{service}")
        raise DatasetError(
            f"no access token for {service}: name a file that holds it (token_file), set {variable}, "
            f"or keep it with 'keyring set {_KEYRING} {service}'"
        )

    def reveal(self) -> str:
        """The text, for the request that needs it and nothing else."""
        return self._text

    def is_in(self, text: str) -> bool:
        """Whether a text holds it, as it is or encoded for an address or for JSON."""
        return self._pattern.search(text) is not None

    def redact(self, text: str) -> str:
        """A text without it."""
        return self._pattern.sub(HIDDEN, text)

    def __repr__(self) -> str:
        return f"Token({HIDDEN})"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __copy__(self) -> Token:
        return self

    def __deepcopy__(self, memo: Mapping[int, Any]) -> Token:
        return self

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("an access token is not pickled; give the other process the way to find it")


def _problem(text: str) -> str:
    if not text:
        return "is empty"
    if not _SHORTEST <= len(text) <= _LONGEST:
        return f"has {len(text)} characters, want {_SHORTEST} to {_LONGEST}"
    if any(character.isspace() for character in text):
        return "has white space in it"
    if not (text.isascii() and text.isprintable()):
        return "has characters that no token has (want printable ASCII)"
    return ""


def _any_form(character: str) -> str:
    """A pattern of a character: plain, percent-encoded once or more often, or escaped as JSON does it.

    In both cases, as servers change that of hosts and of content types.
    """
    cases = "|".join(re.escape(case) for case in sorted({character.lower(), character.upper()}))
    code = f"(?i:{'|'.join(f'{ord(case):02x}' for case in {character.lower(), character.upper()})})"
    # Every way begins with a literal, which lets `re` skip most of a text at once.
    return rf"(?:\\u00{code}|%(?:25)*{code}|\\(?:{cases})|{cases})"


def _first_line(file: Path) -> str:
    try:
        if file.stat().st_mode & 0o077:
            _warn_once(file)
        with file.open("rb") as opened:
            line = opened.read(2 * _LONGEST).partition(b"\n")[0]
    except OSError as error:
        raise DatasetError(f"token file {file}: cannot be read: {error.strerror}") from error
    return line.decode("utf-8", "replace").strip()


@lru_cache
def _warn_once(file: Path) -> None:
    _log.warning("token file %s: others can read it; 'chmod 600' it", file)


def _from_keyring(service: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return keyring.get_password(_KEYRING, service)
    except (KeyringError, RuntimeError, OSError) as error:
        # A machine without a desktop has no safe; that another way is needed is said by who asked.
        _log.debug("keyring: %s", type(error).__name__)
        return None
