# SPDX-License-Identifier: Apache-2.0
"""What Mapillary says when it gives no answer: {"error": {"code": ..., "message": ...}}, under any status."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from offline_tools.curate.services.values import whole
from offline_tools.curate.web.failures import Kind, WebError

_UNKNOWN, _TEMPORARY, _BAD_PARAMETER, _NO_SUCH_ALIAS = 1, 2, 100, 803
_NO_SUCH_OBJECT = 33  # subcode of _BAD_PARAMETER; also said of what this token may not see
#: Of the application, the user, a page, a rate per hour, and an older word for the first.
_LIMITS = frozenset((4, 17, 32, 341, 613))
_BUSINESS_LIMITS = range(80_000, 80_100)
#: Session invalid, application unknown, token invalid, signature wrong.
_TOKENS = frozenset((101, 102, 104, 190))
_LONGEST = 200  # characters of the server's own words
_TOO_MUCH = "reduce the amount of data"

_WORDS: Mapping[str, str] = {
    "token": "Mapillary does not take the access token",
    "limit": "Mapillary's rate limit is reached",
    "gone": "Mapillary has no such photo any more, or does not show it",
    "server": "Mapillary has a problem of its own",
    "refused": "Mapillary refuses the request",
}


def read_json(body: bytes) -> Any:
    """What a body says, None where it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def refusal(body: bytes) -> WebError | None:
    """The failure that a body tells of, if it does."""
    if not body.lstrip().startswith(b"{"):
        return None
    answer = read_json(body)
    said = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(said, str):
        said = {"message": said}
    return _failure(said) if isinstance(said, dict) else None


def _failure(said: Mapping[str, Any]) -> WebError:
    code = whole(said.get("code"))
    message = " ".join(str(said.get("message", "")).split())[:_LONGEST]
    if _TOO_MUCH in message.lower():
        return WebError(f"Mapillary finds the request too large: '{message}'", "refused", advice="ask for fewer fields")
    kind = _kind(code, said)
    numbers = f"code {code}" if code is not None else "no code"
    return WebError(f"{_WORDS[kind]} ({numbers}): '{message}'", kind)


def _kind(code: int | None, said: Mapping[str, Any]) -> Kind:
    if code in _TOKENS:
        return "token"
    if code in _LIMITS or (code is not None and code in _BUSINESS_LIMITS):
        return "limit"
    missing = code == _BAD_PARAMETER and whole(said.get("error_subcode")) == _NO_SUCH_OBJECT
    if missing or code == _NO_SUCH_ALIAS:
        return "gone"
    if code in (_UNKNOWN, _TEMPORARY) or said.get("is_transient") is True:
        return "server"
    return "refused"
