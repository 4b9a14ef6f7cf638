# SPDX-License-Identifier: Apache-2.0
"""`fetch`: a published file from the catalogue, checked against its hash, or against the one seen first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mia_ros.hashing import sha256_of
from offline_tools.errors import DownloadError, need
from offline_tools.weights.catalogue import CatalogueEntry, FetchRecord, catalogue_entry, record_path
from offline_tools.weights.pins import pins_path, read_pins, write_pin

if TYPE_CHECKING:
    from offline_tools.weights.download import Report


@dataclass(frozen=True)
class Fetched:
    """A file on disk, and how its hash is known: from the `catalogue`, a `pin` of ours, or `first` seen just now."""

    file: Path
    sha256: str
    known_from: str
    downloaded: bool


def fetch(
    name: str,
    out: str | Path,
    *,
    catalogue: str | Path | None = None,
    pins: str | Path | None = None,
    accept_new_hash: bool = False,
    report: Report | None = None,
) -> Fetched:
    """Download the entry `name` into the folder `out`; a file that is there already and right is not fetched again.

    accept_new_hash: pin anew what the publisher has replaced. A hash in the catalogue is never given up.
    """
    need("requests")
    from offline_tools.weights.download import download

    entry = catalogue_entry(name, catalogue)
    pins_file = Path(pins) if pins else pins_path()
    known, known_from = _known_hash(entry, {} if accept_new_hash else read_pins(pins_file))
    target = _target(Path(out), entry)
    if target.exists():
        return _present(target, known, known_from)
    part = target.with_name(f"{target.name}.part")
    download(entry.url, part, size=entry.size, resume=known is not None, report=report or _silent)
    found = sha256_of(part)
    if known is not None and found != known:
        part.unlink()
        raise DownloadError(_mismatch(entry, found, known, known_from))
    if known is None:
        write_pin(pins_file, entry.url, found)
    record = FetchRecord(name=name, url=entry.url, licence=entry.licence, sha256=found)
    record_path(target).write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
    part.replace(target)
    return Fetched(target, found, known_from, downloaded=True)


def _known_hash(entry: CatalogueEntry, pins: dict[str, str]) -> tuple[str | None, str]:
    if entry.sha256:
        return entry.sha256, "catalogue"
    if entry.url in pins:
        return pins[entry.url], "pin"
    return None, "first"


def _target(out: Path, entry: CatalogueEntry) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(f"out {out}: cannot be made: {error.strerror}") from error
    return out / entry.file


def _present(target: Path, known: str | None, known_from: str) -> Fetched:
    found = sha256_of(target)
    if known == found:
        return Fetched(target, found, known_from, downloaded=False)
    problem = f"its sha256 is {found}, want {known}" if known else "and its hash is not known"
    raise DownloadError(f"{target}: is there already, {problem}; move it away, then fetch again")


def _mismatch(entry: CatalogueEntry, found: str, known: str, known_from: str) -> str:
    if known_from == "pin":
        why = "seen at the first download; if the publisher replaced the file, add --accept-new-hash"
    else:
        why = "from the catalogue; it is another file, or was damaged on the way, and was thrown away"
    return f"{entry.url}: its sha256 is {found}, want {known} {why}"


def _silent(done: int, total: int | None) -> None:
    """No progress is wanted."""
