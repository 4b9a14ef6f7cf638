# SPDX-License-Identifier: Apache-2.0
"""Where a store is, and how it comes there: whole or not at all, by one process at a time."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from offline_tools.errors import MapSourceError
from offline_tools.osm.sources.caches import user_cache
from offline_tools.osm.sources.locking import locked
from offline_tools.osm.sources.stream import Progress
from offline_tools.osm.store.manifest import FORMAT, MANIFEST, Source, is_store_of, read_manifest, source_of
from offline_tools.osm.store.writer import write_store

_SUFFIXES = re.compile(r"(\.(osm|pbf|xml|json|gz|bz2))+$", re.IGNORECASE)


def store_of(source: Path, folder: Path | None, progress: Progress) -> Path:
    """The folder of the store of a map file, which is made where it is not there; a store is its own."""
    if source.is_dir():
        read_manifest(source)
        return source
    wanted = source_of(source)
    target = (folder or default_folder(wanted)).absolute()
    if is_store_of(target, wanted):
        return target
    _check_target(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(_beside(target, "lock"), lambda: progress(0, None, "waiting for another process")):
            if not is_store_of(target, wanted):
                _make(source, wanted, target, progress)
    except OSError as error:
        problem = f"{error.filename or target}: {error.strerror or error}"
        advice = "set XDG_CACHE_HOME, or give another folder (the parameter 'folder')"
        raise MapSourceError(f"map store {target}: cannot be written ({problem}); {advice}") from error
    return target


def default_folder(source: Source) -> Path:
    """mia_ros/maps/NAME-DIGEST in the user's cache; another content or format of stores is another folder."""
    name = re.sub(r"[^\w.-]", "_", _SUFFIXES.sub("", source.name))[:60]
    version = FORMAT.rsplit(" ", 1)[1]
    return user_cache("maps") / f"{name}-{source.digest[:16]}-v{version}"


def _check_target(target: Path) -> None:
    """Refuse to replace what is no store."""
    if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise MapSourceError(f"map store {target}: holds other files, so it is no map store; give another folder")
    if target.exists() and not target.is_dir():
        raise MapSourceError(f"map store {target}: is a file; give a folder")


def _make(source: Path, wanted: Source, target: Path, progress: Progress) -> None:
    part, old = _beside(target, "part"), _beside(target, "old")
    _remove(part, old)
    work = part / "work"
    work.mkdir(parents=True)
    try:
        write_store(source, wanted, part, work, progress)
        shutil.rmtree(work)
        if target.exists():
            target.rename(old)
        part.rename(target)
    finally:
        _remove(part, old)


def _beside(target: Path, word: str) -> Path:
    return target.with_name(f".{target.name}.{word}")


def _remove(*folders: Path) -> None:
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
