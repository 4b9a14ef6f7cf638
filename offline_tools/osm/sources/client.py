# SPDX-License-Identifier: Apache-2.0
"""Small boxes from OpenStreetMap's servers: kept on disk, one request at a time, with patience."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path

import requests

from mia_ros import __version__
from offline_tools.errors import MapSourceError
from offline_tools.osm.sources.boxes import query_box
from offline_tools.osm.sources.caches import user_cache
from offline_tools.osm.sources.locking import locked
from offline_tools.osm.sources.servers import MapServer, OsmApi, Query

CONTACT = "MIA_CONTACT"
MAX_AREA = 0.0025  # square degrees: 0.05 by 0.05, some 5.5 by 3.5 km
MAX_BYTES = 256 << 20

Degrees = tuple[float, float, float, float]


@dataclass(frozen=True)
class Manners:
    """How a server is treated; seconds."""

    pause_s: float = 1.0  # between two requests, of all processes that share a cache
    timeout_s: float = 200.0
    tries: int = 5
    back_off_s: float = 5.0  # before the second try, twice as long before each that follows
    longest_wait_s: float = 300.0  # a server that wants more is left alone


@dataclass(frozen=True)
class BoxClient:
    """Fetches boxes into files. `contact` is an e-mail address or a page, so that a server's people can reach you."""

    server: MapServer = field(default_factory=OsmApi)
    contact: str | None = None  # default: $MIA_CONTACT
    cache: Path | None = None  # default: mia_ros/boxes in the user's cache
    max_area: float = MAX_AREA
    manners: Manners = Manners()

    def fetch(self, box: Degrees) -> Path:
        """The file of a box (west, south, east, north), from the cache or the server, for MapStore.open."""
        query = self.server.query(query_box(box, self.max_area))
        agent = _agent(self.contact)
        folder = self.cache or user_cache("boxes")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / f"{_key(query)}{self.server.suffix}"
            if target.is_file():
                return target
            with locked(folder / ".lock"):
                if not target.is_file():
                    _save(target, self._ask(query, agent, folder / ".last"))
        except OSError as error:
            advice = "set XDG_CACHE_HOME, or give another folder (the parameter 'cache')"
            raise MapSourceError(f"cache {folder}: cannot be written ({error.strerror or error}); {advice}") from error
        return target

    def _ask(self, query: Query, agent: str, last: Path) -> bytes:
        wait, problem = self.manners.back_off_s, ""
        for tried in range(1, self.manners.tries + 1):
            _pause(last, self.manners.pause_s)
            outcome = _request(query, agent, self.manners.timeout_s)
            last.touch()
            if not isinstance(outcome, _Busy):
                self.server.check(outcome, query.url)
                return outcome
            problem = outcome.problem
            asked = wait if outcome.wait_s is None else outcome.wait_s
            if tried == self.manners.tries or asked > self.manners.longest_wait_s:
                break
            time.sleep(asked)
            wait *= 2
        raise MapSourceError(f"{query.url}: {problem}; gave up, try later")


@dataclass(frozen=True)
class _Busy:
    """No answer now; `wait_s` is how long the server wants to be left alone, where it says so."""

    problem: str
    wait_s: float | None = None


def _agent(contact: str | None) -> str:
    reach = (contact if contact is not None else os.environ.get(CONTACT, "")).strip()
    if not reach or not reach.isprintable():
        raise MapSourceError(
            f"contact '{reach}': the servers' rules want an e-mail address or a page; give 'contact' or set {CONTACT}"
        )
    return f"mia_ros/{__version__} ({reach})"


def _key(query: Query) -> str:
    return hashlib.sha256(json.dumps([query.url, query.form]).encode()).hexdigest()[:32]


def _pause(last: Path, pause_s: float) -> None:
    """Wait until the last request of any process is long enough ago."""
    with suppress(FileNotFoundError):
        time.sleep(min(max(last.stat().st_mtime + pause_s - time.time(), 0), pause_s))


def _request(query: Query, agent: str, timeout_s: float) -> bytes | _Busy:
    headers = {"User-Agent": agent}
    method = "GET" if query.form is None else "POST"
    try:
        with requests.request(
            method, query.url, data=query.form, headers=headers, timeout=(10.0, timeout_s), stream=True
        ) as answer:
            return _outcome(answer, query.url)
    except requests.Timeout:
        return _Busy("no answer in time")
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        return _Busy("no connection, or it broke off")
    except requests.RequestException as error:
        raise MapSourceError(f"{query.url}: {' '.join(str(error).split())[:200]}") from error


def _outcome(answer: requests.Response, url: str) -> bytes | _Busy:
    if answer.status_code == requests.codes.ok:
        return _body(answer, url)
    said = _said(answer)
    if answer.status_code == requests.codes.too_many_requests or answer.status_code >= 500:
        return _Busy(f"HTTP {answer.status_code} {said}".strip(), _retry_after(answer))
    advice = "ask for a smaller box" if answer.status_code == requests.codes.bad_request else "check the address"
    raise MapSourceError(f"{url}: HTTP {answer.status_code} {said}; {advice}")


def _body(answer: requests.Response, url: str) -> bytes:
    body = bytearray()
    for block in answer.iter_content(1 << 16):
        body += block
        if len(body) > MAX_BYTES:
            raise MapSourceError(f"{url}: sends more than {MAX_BYTES >> 20} MB; ask for a smaller box")
    return bytes(body)


def _said(answer: requests.Response) -> str:
    """The server's own words, in a line: OpenStreetMap tells which limit was met."""
    text = answer.headers.get("Error") or next(answer.iter_content(2000), b"").decode("utf-8", "replace")
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:160]


def _retry_after(answer: requests.Response) -> float | None:
    value = answer.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=timezone.utc)
    return max(0.0, (until - datetime.now(timezone.utc)).total_seconds())


def _save(target: Path, body: bytes) -> None:
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(body)
    part.replace(target)
