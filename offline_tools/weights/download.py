# SPDX-License-Identifier: Apache-2.0
"""One file over HTTPS into FILE.part, from where an earlier try stopped."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import parse_url

from offline_tools.errors import DownloadError

#: Called with the bytes that are there and all that are expected, None if the server does not say.
Report = Callable[[int, int | None], None]

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
MAX_BYTES = 8 << 30
_BLOCK = 1 << 18
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def download(
    url: str, part: Path, *, size: int | None, resume: bool, report: Report, timeout_s: float = READ_TIMEOUT_S
) -> None:
    """Append to `part` what it lacks, at most `size` bytes in all where that is known.

    `resume`: the hash of the whole is known, so go on whatever the server says of its version. Otherwise it must still
    have the version that an earlier try began, else the download starts anew.
    """
    tag = part.with_name(f"{part.name}.tag")
    try:
        with closing(_session()) as session, closing(_answer(session, url, part, tag, resume, timeout_s)) as answer:
            if _is_all_there(answer, part):
                return
            _check(answer, url)
            _save(answer, url, part, tag, size, report)
    except requests.Timeout as error:
        raise DownloadError(f"{url}: no answer in time; run it again, it goes on where it stopped") from error
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        raise DownloadError(f"{url}: {_no_connection(error)}") from error
    except requests.RequestException as error:
        raise DownloadError(f"{url}: {_line(error)}") from error
    except OSError as error:
        raise DownloadError(f"{part}: cannot be written: {error.strerror or error}") from error
    tag.unlink(missing_ok=True)


class _LoopbackOnly(HTTPAdapter):
    """Plain HTTP stays on this machine, whatever a redirect says; no proxy is asked."""

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        host = parse_url(request.url or "").host
        if host not in _LOOPBACK:
            raise DownloadError(f"{request.url}: not HTTPS, so what comes could be anybody's; want https://")
        return super().send(request, *arguments, **{**options, "proxies": {}})


def _session() -> requests.Session:
    session = requests.Session()
    session.headers.update({"User-Agent": "mia_ros", "Accept-Encoding": "identity"})
    session.mount("http://", _LoopbackOnly())
    return session


def _answer(
    session: requests.Session, url: str, part: Path, tag: Path, resume: bool, timeout_s: float
) -> requests.Response:
    options: dict[str, Any] = {"stream": True, "timeout": (CONNECT_TIMEOUT_S, timeout_s)}
    there = part.stat().st_size if part.is_file() else 0
    version = tag.read_text(encoding="utf-8") if tag.is_file() else ""
    if not there or not (resume or version):
        return session.get(url, **options)
    headers = {"Range": f"bytes={there}-", **({"If-Range": version} if version else {})}
    answer = session.get(url, headers=headers, **options)
    if answer.status_code == requests.codes.partial_content and _begins_at(answer) == there:
        return answer
    if answer.status_code == requests.codes.ok:
        return answer
    if _is_all_there(answer, part):
        return answer
    answer.close()
    return session.get(url, **options)


def _is_all_there(answer: requests.Response, part: Path) -> bool:
    """Nothing follows what an earlier try had saved when it was stopped."""
    unsatisfiable = answer.status_code == requests.codes.requested_range_not_satisfiable
    return unsatisfiable and answer.headers.get("Content-Range") == f"bytes */{part.stat().st_size}"


def _begins_at(answer: requests.Response) -> int | None:
    found = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _check(answer: requests.Response, url: str) -> None:
    if answer.status_code in (requests.codes.ok, requests.codes.partial_content):
        return
    reason = {401: "needs a login", 403: "is forbidden", 404: "is not there"}.get(answer.status_code, "failed")
    raise DownloadError(f"{url}: {reason} (HTTP {answer.status_code}); look for the file at its publisher")


def _save(answer: requests.Response, url: str, part: Path, tag: Path, size: int | None, report: Report) -> None:
    done = part.stat().st_size if answer.status_code == requests.codes.partial_content else 0
    length = answer.headers.get("Content-Length", "")
    total = done + int(length) if length.isdigit() else None
    if size is not None and total is not None and total != size:
        raise DownloadError(f"{url}: the server has {total} bytes, the catalogue says {size}; it is another file")
    limit = total or size or MAX_BYTES
    _check_room(part, limit - done if total or size else 0)
    version = answer.headers.get("ETag", "")
    tag.write_text("" if version.startswith("W/") else version, encoding="utf-8")
    with part.open("ab" if done else "wb") as stream:
        for block in answer.iter_content(_BLOCK):
            done += len(block)
            if done > limit:
                raise DownloadError(f"{url}: sends more than {limit} bytes; it is another file")
            stream.write(block)
            report(done, total or size)
    if total is not None and done < total:
        raise DownloadError(f"{url}: ended after {done} of {total} bytes; run it again, it goes on there")


def _check_room(part: Path, wanted: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if wanted > free:
        raise DownloadError(f"{part.parent}: {wanted >> 20} MB are needed and {free >> 20} MB are free")


def _no_connection(error: Exception) -> str:
    """What a user can do about it; requests nests the reason too deep to print."""
    text = str(error)
    if "NameResolutionError" in text or "Name or service not known" in text or "name resolution" in text:
        return "no network, or no such host; download it elsewhere and give the file to 'mia weights import'"
    if "timed out" in text:
        return "no answer in time; run it again, it goes on where it stopped"
    if "certificate" in text.lower():
        return "the server's certificate is not valid here; check the clock and the CA certificates"
    if "IncompleteRead" in text or "ChunkedEncodingError" in type(error).__name__:
        return "the connection broke off; run it again, it goes on where it stopped"
    return "no connection (no network, or a proxy or server that refuses); try later, or download it elsewhere"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
