# SPDX-License-Identifier: Apache-2.0
"""Why a server gave no answer that can be used, and whether asking again may help."""

from __future__ import annotations

from typing import Any, Literal

from offline_tools.errors import DatasetError

Kind = Literal["gone", "refused", "token", "limit", "server", "broken", "expired"]

_TRANSIENT = ("limit", "server", "broken")
_ADVICE: dict[Kind, str] = {
    "gone": "it is not there any more, or the address is wrong",
    "refused": "check the address and what is asked for",
    "token": "check the access token: it may be mistyped, withdrawn or of another application",
    "limit": "the server wants to be asked less; go on later, or lower per_second",
    "server": "the server has a problem; go on later",
    "broken": "check the connection and the address, or go on later",
    "expired": "the address has run out; ask for a fresh one",
}
_GONE = (404, 410)
_NOT_ALLOWED = (401, 403)
_TOO_SLOW, _TOO_EARLY, _TOO_MANY = 408, 425, 429


class WebError(DatasetError):
    """No usable answer. One who judges answers gives problem and kind; the rest is told by who asked.

    gone: there is no such thing. refused: asking again will not help. token: the access token is not taken.
    limit: too many requests. server: its fault. broken: nothing, a part, or something else came.
    expired: an address that was signed for some time. Of these, limit, server and broken may pass: `transient`.
    """

    def __init__(
        self,
        problem: str,
        kind: Kind,
        *,
        where: str = "",
        tries: int = 0,
        advice: str = "",
        wait_s: float | None = None,
    ) -> None:
        self.problem, self.kind, self.where, self.tries = problem, kind, where, tries
        self.advice = advice or _ADVICE[kind]
        self.wait_s = wait_s  # how long the server wants to be left alone, where it says so
        often = f" ({tries} tries)" if tries > 1 else ""
        super().__init__(f"{where}: {problem}{often}; {self.advice}" if where else problem)

    @property
    def transient(self) -> bool:
        """Whether the same request may get an answer later."""
        return self.kind in _TRANSIENT

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is made again from its message alone, which is not enough for this one in another process.
        return _again, (self.problem, self.kind, self.where, self.tries, self.advice, self.wait_s)


def of_status(status: int, said: str, with_token: bool) -> WebError:
    """What a status other than 2xx means; `said` are the server's own words."""
    problem = f"HTTP {status} {said}".strip()
    if status in _GONE:
        return WebError(problem, "gone")
    if status in _NOT_ALLOWED:
        return WebError(problem, "token" if with_token else "refused")
    if status == _TOO_MANY:
        return WebError(problem, "limit")
    if status >= 500 or status in (_TOO_SLOW, _TOO_EARLY):
        return WebError(problem, "server")
    return WebError(problem, "refused")


def _again(problem: str, kind: Kind, where: str, tries: int, advice: str, wait_s: float | None) -> WebError:
    return WebError(problem, kind, where=where, tries=tries, advice=advice, wait_s=wait_s)
