# SPDX-License-Identifier: Apache-2.0
"""Which backend runs an engine: asked for by name, or the best that works here."""

from __future__ import annotations

import logging
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mia_ros.engine.backend import Backend, Crew
from mia_ros.engine.manifest import EngineManifest, engine_folder
from mia_ros.errors import BackendUnavailable, EngineError

log = logging.getLogger(__name__)

#: What `auto` tries, in this order: what is fastest where it is there, and last what runs everywhere.
AUTO_ORDER = ("tensorrt", "onnx-cuda", "openvino", "onnx-cpu")
#: Names that stand for several backends, of which the first that works is taken.
ORDERS = {"auto": AUTO_ORDER, "onnx": ("onnx-cuda", "onnx-cpu")}
#: Every name that `load_backend` takes.
BACKENDS = (*ORDERS, "onnx-cpu", "onnx-cuda", "onnx-openvino", "openvino", "openvino-bf16", "tensorrt")

_X86 = ("x86_64", "amd64", "i686")


@dataclass(frozen=True)
class BackendChoice:
    """A loaded backend; `reasons`: one line for each that was tried before and skipped."""

    backend: Backend
    reasons: tuple[str, ...] = ()


class _Plan(NamedTuple):
    """What a backend is made of."""

    folder: Path
    manifest: EngineManifest
    crew: Crew
    rows: int | None


def load_backend(
    path: str | Path, backend: str = "auto", threads: int | None = None, callers: int = 1, rows: int | None = None
) -> BackendChoice:
    """Load the engine at `path` (its folder or manifest.json) into a backend of BACKENDS, and warm it up.

    A name that stands for several falls back from one to the next and says why; a backend asked for by its own name
    works or raises. `threads` are the CPU's; None takes its usable cores. `callers`: how many run it at once, and share
    the threads: more maps a second than one after the other, each of them later. `rows`: of the pictures that will
    come, if that is known, so that of several graphs theirs is loaded; other ones are when pictures of theirs come.
    """
    if backend not in BACKENDS:
        raise EngineError(f"backend: '{backend}' is unknown; there are {', '.join(BACKENDS)}")
    if threads is not None and threads < 1:
        raise EngineError(f"threads: {threads}, want 1 or more, or None for all cores")
    if callers < 1:
        raise EngineError(f"callers: {callers}, want 1 or more")
    manifest = EngineManifest.load(path)
    plan = _Plan(engine_folder(path), manifest, Crew(threads or usable_cores(), callers), rows)
    reasons: list[str] = []
    *others, last = ORDERS.get(backend, (backend,))
    for name in others:
        loaded = _tried(name, plan)
        if isinstance(loaded, Backend):
            return BackendChoice(loaded, tuple(reasons))
        log.info("engine %s: skipped %s", manifest.name, loaded)
        reasons.append(str(loaded))
    return BackendChoice(_load(last, plan), tuple(reasons))


def _tried(name: str, plan: _Plan) -> Backend | EngineError:
    """The backend, or why not."""
    try:
        _check_worth(name)
        return _load(name, plan)
    except EngineError as error:
        return error


def _check_worth(name: str) -> None:
    """Refuse what may run here and yet is not worth being taken unasked."""
    if name == "openvino" and platform.machine().lower() not in _X86:
        raise BackendUnavailable(f"backend openvino: auto takes it on x86 CPUs only, this is {platform.machine()}")


def _load(name: str, plan: _Plan) -> Backend:
    loaded = _make(name, plan)
    loaded.warm_up()
    log.info("engine %s: runs on %s (%s)", plan.manifest.name, name, loaded.description)
    return loaded


def _make(name: str, plan: _Plan) -> Backend:
    size = plan.manifest.input
    first = size.height if plan.rows is None else size.least_height(plan.rows)
    if name == "tensorrt":
        raise BackendUnavailable("backend tensorrt: not in this version of mia_ros; use onnx or openvino")
    if name.startswith("openvino"):
        from mia_ros.engine.openvino import OpenVinoBackend

        precision = "bf16" if name == "openvino-bf16" else "f32"
        return OpenVinoBackend(plan.folder, plan.manifest, precision, plan.crew, first)
    from mia_ros.engine.onnx import OnnxBackend

    return OnnxBackend(plan.folder, plan.manifest, name.removeprefix("onnx-"), plan.crew, first)


def usable_cores() -> int:
    """CPU cores that this process may use; two threads of one core count once."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return max(1, len({_siblings(cpu) for cpu in usable}))


def _siblings(cpu: int) -> str:
    try:
        return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text(encoding="ascii")
    except OSError:
        return str(cpu)
