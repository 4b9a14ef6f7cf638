# SPDX-License-Identifier: Apache-2.0
"""Set up .venv from the lock files, on a machine that has nothing but Python (and a compiler, for the ROS interfaces).

    python3 tools/venv.py run      the package, as it is on a robot beside its ROS
    python3 tools/venv.py demo     also ROS 2 from PyPI and the simulator
    python3 tools/venv.py dev      also the tests' tools, a CPU build of torch where one is to be had
    python3 tools/venv.py bench    dev, and torch must be there

What is already there is not done again: .venv/mia-setup.json says which locks and which sources .venv was made from.
A set-up that was interrupted, or that another Python or another folder made, is thrown away and made anew.

MIA_TORCH=any accepts a CUDA build where there is no CPU build; MIA_TORCH=none installs no torch.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
if __package__ in (None, ""):
    sys.path[0] = str(ROOT)  # run as a script: makes the sibling modules importable, and hides no `venv` of the library

from tools import torch_build

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STATE = VENV / "mia-setup.json"
MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"
LOCKS = ROOT / "locks" / f"py{MINOR}"
# All that pip puts into .venv for this package, or reads to do so.
PACKAGE = (
    *("mia_ros", "offline_tools", "msg", "cmake", "scripts", "launch", "config", "engines"),
    *("CMakeLists.txt", "package.xml", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"),
)
HAS_ROS_WHEELS = sys.platform == "linux" and platform.machine() == "x86_64"


class SetUpError(Exception):
    """One line for the user, and the exit status."""

    def __init__(self, line: str, status: int = 1) -> None:
        super().__init__(line)
        self.status = status


class Profile(NamedTuple):
    """What a `make` target needs; each of PROFILES has all that the one before it has."""

    name: str
    locks: tuple[str, ...]
    download: str  # measured on x86-64 with Python 3.11
    commands: tuple[str, ...]


_ROS_LOCKS = ("ros.txt",) if HAS_ROS_WHEELS else ()
_ROS_COMMANDS = ("gcc", "g++", "cmake", "make") if HAS_ROS_WHEELS else ()
PROFILES = (
    Profile("run", ("run.txt",), "110 MB", ()),
    Profile("demo", (*_ROS_LOCKS, "maps.txt"), "290 MB", _ROS_COMMANDS),
    Profile("dev", (*_ROS_LOCKS, "maps.txt", "dev.txt"), "420 MB", _ROS_COMMANDS),
    Profile("bench", (*_ROS_LOCKS, "maps.txt", "dev.txt"), "420 MB", _ROS_COMMANDS),
)
RANK = {profile.name: rank for rank, profile in enumerate(PROFILES)}


@dataclass
class State:
    """What .venv was made from; written before and after each change of it."""

    home: str = str(VENV)
    python: str = MINOR
    unfinished: bool = True
    locks: dict[str, str] = field(default_factory=dict)
    torch: str = ""  # the version; "absent" where none was to be had; empty before it was looked for
    package: str = ""

    def save(self) -> None:
        """Replace the file in one step, so that it is never half written."""
        fresh = STATE.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), indent=1))
        fresh.replace(STATE)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Whoever is killed in here leaves `unfinished` behind; a pip that said no has left .venv as it was."""
        self.unfinished = True
        self.save()
        try:
            yield
        except SetUpError:
            self.unfinished = False
            self.save()
            raise
        self.unfinished = False
        self.save()


def say(text: str) -> None:
    """One line for each step."""
    print(f"venv: {text}", flush=True)


def digest(*tops: Path) -> str:
    """A hash of files and folders: names and contents."""
    result = hashlib.sha256()
    for top in tops:
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts:
                result.update(f"\n{path.relative_to(ROOT)}\n".encode())
                result.update(path.read_bytes())
    return result.hexdigest()


def environment(**extra: str) -> dict[str, str]:
    """The environment for pip, without settings that would send packages elsewhere than into .venv."""
    hidden = ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "_ROS_WHEELS_BOOTSTRAP_COMPLETE")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**env, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", **extra}


def pip_install(what: str, *arguments: str, **extra: str) -> None:
    """Install `what`, as the arguments say it; pip's own errors go to the terminal."""
    # pip compiles all, a third of its time: where PYTHONDONTWRITEBYTECODE is set, as in many images, nobody else would.
    command = [str(PYTHON), "-m", "pip", "install", "-qq", "--no-input", *arguments]
    status = subprocess.run(command, env=environment(**extra), cwd=ROOT, check=False).returncode
    if status < 0:
        raise SystemExit(f"venv: pip was ended by signal {-status}; the next run starts afresh")
    if status > 0:
        raise SetUpError(f"pip could not install {what}; its lines above say why")


def check_machine(profile: Profile) -> None:
    """Name all that is missing, in one line, with the command that installs it."""
    if not LOCKS.is_dir():
        have = ", ".join(sorted((p.name[2:] for p in LOCKS.parent.glob("py*")), key=lambda v: int(v.split(".")[1])))
        raise SetUpError(f"Python {MINOR} is not supported (have {have}); choose one with make PYTHON=python3.X", 2)
    packages = {"gcc": "build-essential", "g++": "build-essential", "make": "build-essential", "cmake": "cmake"}
    missing = {command: packages[command] for command in profile.commands if shutil.which(command) is None}
    if not all(is_there(module) for module in ("venv", "ensurepip")):
        missing = {"python3-venv": "python3-venv", **missing}
    if missing:
        apt = " ".join(dict.fromkeys(missing.values()))
        raise SetUpError(f"missing: {', '.join(missing)}. On Debian and Ubuntu: sudo apt-get install {apt}", 2)


def is_there(module: str) -> bool:
    """Whether a module of the standard library is installed: Debian packs some apart, and may leave empty folders."""
    spec = importlib.util.find_spec(module)
    return spec is not None and spec.origin is not None


def load() -> State | None:
    """What the last set-up left; None where there is no .venv."""
    if not VENV.exists():
        return None
    if not STATE.exists():
        raise SetUpError(f"{VENV} was made by something else; move it away, or remove it, and run this again", 2)
    try:
        return State(**json.loads(STATE.read_text()))
    except (TypeError, ValueError):
        return State()  # written by another version of this tool: unfinished, so it is made anew


def reason_to_rebuild(state: State) -> str:
    """Why what is there cannot be built upon; empty where it can."""
    if state.unfinished:
        return "an earlier set-up was interrupted"
    if state.python != MINOR:
        return f"it was made by Python {state.python}, this is {MINOR}"
    if state.home != str(VENV):
        return f"it was moved here from {state.home}"
    if not os.access(PYTHON, os.X_OK):
        return "its Python is gone"
    if state.torch not in ("", "absent") and state.torch.split("+")[0] != torch_build.TORCH:
        return f"it has torch {state.torch}, wanted is {torch_build.TORCH}"
    changed = [name for name, value in state.locks.items() if digest(LOCKS / name) != value]
    return f"locks/py{MINOR}/{changed[0]} has changed" if changed else ""


def create() -> State:
    """An empty .venv; the state goes in first, so that an interrupted creation is recognised."""
    base = getattr(sys, "_base_executable", sys.executable)  # not the Python of a .venv that is being replaced
    say(f"creating .venv with Python {platform.python_version()} ({base})")
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir()
    state = State()
    state.save()
    made = subprocess.run([base, "-m", "venv", str(VENV)], env=environment(), cwd=VENV, check=False)
    if made.returncode:
        raise SystemExit("venv: python -m venv failed; its lines above say why")
    state.unfinished = False
    state.save()
    return state


def ready_or_new() -> State:
    """The .venv to build upon."""
    state = load()
    reason = reason_to_rebuild(state) if state else "new"
    if state and not reason:
        return state
    if state:
        say(f"making .venv anew: {reason}")
    return create()


def install_locks(state: State, names: tuple[str, ...], download: str) -> None:
    """Exact versions, each checked against its hash; the files agree, so they go on top of each other.

    They are complete but for torch, which what wants it finds later: nothing else may come in by itself.
    """
    if set(names) <= set(state.locks):
        return
    count = len({line for name in names for line in (LOCKS / name).read_text().splitlines() if "==" in line})
    label = ", ".join(f"locks/py{MINOR}/{name}" for name in names)
    start = time.monotonic()
    with state.changing():
        say(f"installing {count} packages of {label} (at most {download} to download)")
        pip_install(label, "--no-deps", "--require-hashes", *(f"--requirement={LOCKS / name}" for name in names))
        # run.txt is part of every other lock.
        state.locks.update({name: digest(LOCKS / name) for name in {"run.txt", *names}})
    say(f"installed in {time.monotonic() - start:.0f} s")


def install_torch(state: State, required: bool) -> None:
    """A CPU build where there is one; else a line that says what that means."""
    wish = os.environ.get("MIA_TORCH", "cpu")
    if wish not in ("cpu", "any", "none"):
        raise SetUpError(f"MIA_TORCH={wish}: not one of cpu, any, none", 2)
    if state.torch not in ("", "absent") or (wish == "none" and not required):
        return
    if state.torch == "absent" and not required and wish == "cpu":
        say("torch is absent: tests that need it skip (MIA_TORCH=any make test looks for it again)")
        return
    build = None if wish == "none" else torch_build.find(PYTHON, environment())
    if build is None or (build.cuda and wish != "any"):
        torch_absent(state, build, required)
        return
    install_locks(state, ("torch.txt",), "12 MB")
    with state.changing():
        say(f"installing torch {build.version} ({torch_build.CUDA_SIZE if build.cuda else torch_build.size(build)})")
        pip_install("torch", *(() if build.cuda else ("--no-deps",)), build.requirement)
        state.torch = build.version


def torch_absent(state: State, build: torch_build.Build | None, required: bool) -> None:
    """Remember that there is none, so that the next run need not ask again."""
    if build is None:
        line = f"no torch {torch_build.TORCH} for Python {MINOR} is to be had (MIA_TORCH=none, or nothing answers)"
    else:
        line = (
            f"torch is to be had as a CUDA build only, {torch_build.CUDA_SIZE} to download; MIA_TORCH=any installs it"
        )
    if required:
        raise SetUpError(line, 2)
    say(f"{line}; tests that need torch skip")
    state.torch = "absent"
    state.save()


def wants_interfaces(profile: Profile) -> bool:
    """Whether to build the ROS interfaces, and a line where the machine lacks what that needs."""
    if RANK[profile.name] < RANK["demo"] or not HAS_ROS_WHEELS:
        return False
    if (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return True
    say("no Python.h: the ROS interfaces are not built and their tests skip. sudo apt-get install python3-dev")
    return False


def install_package(state: State, profile: Profile) -> None:
    """The package itself, when its sources have changed; setup.py keeps the interfaces' build as long as it can."""
    sources = digest(*(ROOT / name for name in PACKAGE))
    # A .venv that has the interfaces also serves a profile that does not ask for them.
    if state.package == f"{sources} with interfaces":
        return
    interfaces = wants_interfaces(profile)
    if state.package == sources and not interfaces:
        return
    start = time.monotonic()
    state.package = ""
    with state.changing():
        say(f"installing mia_ros {'with' if interfaces else 'without'} its ROS interfaces")
        options = ("--no-deps", "--no-build-isolation", "--no-index", "--force-reinstall")
        pip_install("mia_ros", *options, str(ROOT), MIA_ROS_INTERFACES="1" if interfaces else "0")
        state.package = f"{sources} with interfaces" if interfaces else sources
    say(f"installed in {time.monotonic() - start:.0f} s")


@contextmanager
def alone() -> Iterator[None]:
    """One set-up at a time, also when two terminals run make."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up of .venv is running; waiting for it")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def set_up(profile: Profile) -> None:
    """Bring .venv to what the profile needs; what it has beyond that stays."""
    check_machine(profile)
    with alone():
        state = ready_or_new()
        install_locks(state, profile.locks, profile.download)
        if RANK[profile.name] >= RANK["dev"]:
            install_torch(state, required=profile.name == "bench")
        # Sources that were edited go into a .venv as it was made: with the interfaces if it can have them.
        richer = [other for other in PROFILES if RANK[other.name] >= RANK[profile.name]]
        made_for = max((other for other in richer if set(other.locks) <= set(state.locks)), key=lambda p: RANK[p.name])
        install_package(state, made_for)
    say(f".venv is ready: {profile.name}, Python {MINOR}")


def main() -> int:
    """Exit status: 0; 1 when a step failed; 2 when the machine lacks something; 130 when interrupted."""
    parser = argparse.ArgumentParser(description="Set up .venv from the lock files.")
    parser.add_argument("profile", choices=[profile.name for profile in PROFILES])
    try:
        set_up(PROFILES[RANK[parser.parse_args().profile]])
    except SetUpError as error:
        print(f"venv: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("venv: interrupted; the next run makes it good", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
