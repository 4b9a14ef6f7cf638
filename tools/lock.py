# SPDX-License-Identifier: Apache-2.0
"""Write locks/py3.X/*.txt: exact versions with hashes, for each Python minor that we support.

    python3 tools/lock.py [3.11 ...]

Resolution is uv's, which can resolve for a Python that is not on this machine. The union of everything is resolved
first and constrains each file, so that any of them can be installed on top of any other:

    run.txt    the base dependencies, and what installs the package itself
    ros.txt    run.txt and the extra `ros` (wheels for Linux on x86-64 only)
    maps.txt   run.txt and the extra `maps`
    dev.txt    run.txt and the tools for tests, lint and types
    torch.txt  what a CPU build of torch needs beside torch itself, which tools/torch_build.py finds
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
if __package__ in (None, ""):
    sys.path[0] = str(ROOT)  # run as a script: makes the sibling modules importable as tools.*

from tools.torch_build import TORCH_NEEDS

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
UV = "uv>=0.8,<1"
# A bare machine should compile nothing; empy is pure Python and published as source only.
WHEELS = ("--only-binary", ":all:", "--no-binary", "empy")
HEADER = """\
# SPDX-License-Identifier: Apache-2.0
# {name} for Python {python} on Linux: {what}.
# Made by `make lock`; do not edit.
"""


# What wants torch would bring its CUDA build; ours is found by tools/torch_build.py.
WITHOUT_TORCH = "torch ; sys_platform == 'never'\n"


class Lock(NamedTuple):
    """One lock file: what stands in it, as a sentence and as options of `uv pip compile`."""

    name: str
    what: str
    options: tuple[str, ...]


BASE = ("pyproject.toml", "--group", "build")
LOCKS = (
    Lock("run.txt", "the base dependencies", BASE),
    Lock("ros.txt", "run.txt and the extra `ros` (x86-64)", (*BASE, "--extra", "ros")),
    Lock("maps.txt", "run.txt and the extra `maps`", (*BASE, "--extra", "maps")),
    Lock("dev.txt", "run.txt and the tools for tests, lint and types", (*BASE, "--group", "dev")),
    Lock("torch.txt", "what a CPU build of torch needs", ("{torch}",)),
)


def uv_program() -> Path:
    """A uv of our own under build/, so that the developer's machine needs none."""
    home = ROOT / "build" / "uv"
    program = home / "bin" / "uv"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(home / "bin" / "python"), "-m", "pip", "-qq", "install", UV], check=True)
    return program


def compile_lock(uv: Path, python: str, options: tuple[str, ...]) -> str:
    """The text that uv resolves `options` to, for `python` on Linux."""
    platform = ("--python-version", python, "--python-platform", "x86_64-manylinux_2_28", *WHEELS)
    style = ("--generate-hashes", "--no-header", "--no-annotate", "--quiet")
    command = [str(uv), "--no-config", "pip", "compile", *options, *platform, *style]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def pins(text: str) -> list[str]:
    """`name==version` of each entry."""
    return re.findall(r"^([a-zA-Z0-9._-]+==[^ ;\\]+)", text, flags=re.MULTILINE)


def check_portable(text: str) -> None:
    """A lock that names an index or a path would work on one machine only."""
    for line in text.splitlines():
        if "://" in line or " @ " in line or line.startswith(("-", "/", ".")):
            raise SystemExit(f"lock: not portable: {line}")


def lock_python(uv: Path, python: str, scratch: Path) -> None:
    """Write the lock files of one Python minor."""
    torch, without = scratch / "torch.in", scratch / "without-torch.txt"
    torch.write_text("\n".join(TORCH_NEEDS) + "\n")
    without.write_text(WITHOUT_TORCH)
    everything = (*BASE, "--extra", "ros", "--extra", "maps", "--group", "dev", str(torch), "--override", str(without))
    union = scratch / f"union-{python}.txt"
    union.write_text("\n".join(pins(compile_lock(uv, python, everything))) + "\n")
    folder = ROOT / "locks" / f"py{python}"
    folder.mkdir(parents=True, exist_ok=True)
    for lock in LOCKS:
        options = tuple(option.format(torch=torch) for option in lock.options)
        text = compile_lock(uv, python, (*options, "--constraint", str(union), "--override", str(without)))
        check_portable(text)
        (folder / lock.name).write_text(HEADER.format(name=lock.name, python=python, what=lock.what) + text)
        print(f"lock: locks/py{python}/{lock.name}: {len(pins(text))} packages")


def main() -> None:
    """Lock the Python minors named on the command line, all of ours by default."""
    wanted = sys.argv[1:] or list(PYTHONS)
    unknown = sorted(set(wanted) - set(PYTHONS))
    if unknown:
        raise SystemExit(f"lock: not a Python that mia_ros supports: {', '.join(unknown)} (have {', '.join(PYTHONS)})")
    uv = uv_program()
    with tempfile.TemporaryDirectory() as scratch:
        for python in wanted:
            lock_python(uv, python, Path(scratch))


if __name__ == "__main__":
    main()
