# SPDX-License-Identifier: Apache-2.0
"""Which file of torch to install: a CPU build where one is to be had, and never gigabytes of CUDA by accident.

The registry's torch for Linux on x86-64 is a CUDA build. CPU builds carry the local version "+cpu" and come from an
index of their own, or from wherever pip has been configured to look. Each candidate is asked for with a dry run first,
which tells the file that would come.
"""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

TORCH = "2.13.0"
# What the CPU build requires, by its own metadata; locks/py3.X/torch.txt pins these.
TORCH_NEEDS = ("filelock", "fsspec", "jinja2", "networkx", "setuptools", "sympy", "typing-extensions")
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CUDA_SIZE = "2.7 GB"  # torch 2.13.0 and the CUDA libraries that it requires on x86-64, as downloaded

_CUDA = re.compile(r"^(nvidia|cuda|triton)\b", flags=re.IGNORECASE)
_SECONDS = 60  # for one probe; without a network pip gives up long before


class Build(NamedTuple):
    """A wheel of torch: where it is, its hash as pip writes it, and whether it needs CUDA's libraries."""

    url: str
    sha256: str
    cuda: bool

    @property
    def requirement(self) -> str:
        """What to hand to pip: the file, and the hash that it must have."""
        return f"{self.url}#sha256={self.sha256}" if self.sha256 else self.url

    @property
    def version(self) -> str:
        """The version in the file's name, for example 2.13.0+cpu."""
        return urllib.parse.unquote(self.url).rsplit("/", 1)[-1].split("-")[1]


def find(python: Path, env: dict[str, str]) -> Build | None:
    """The build that suits this machine best: CPU builds first; None where there is none or nothing answers."""
    cpu = f"torch=={TORCH}+cpu"
    for arguments in ((cpu,), (cpu, "--index-url", CPU_INDEX), (f"torch=={TORCH}",)):
        build = _probe(python, env, arguments)
        if build is not None:
            return build
    return None


def size(build: Build) -> str:
    """The size of the file, for a person; "unknown size" where the server does not say."""
    path = urllib.parse.urlparse(build.url)
    try:
        if path.scheme == "file":
            count = Path(urllib.parse.unquote(path.path)).stat().st_size
        else:
            request = urllib.request.Request(build.url, method="HEAD")  # noqa: S310 - an address that pip reported
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                count = int(answer.headers["Content-Length"])
    except (OSError, TypeError, urllib.error.URLError, ValueError):
        return "unknown size"
    return f"{count / 1e6:.0f} MB"


def _probe(python: Path, env: dict[str, str], arguments: tuple[str, ...]) -> Build | None:
    """Ask pip which file it would install, without installing it; a short patience for a network that is not there."""
    options = ("--dry-run", "--no-deps", "--ignore-installed", "--only-binary", ":all:", "--report", "-")
    patience = ("--timeout", "8", "--retries", "1")
    command = [str(python), "-m", "pip", "install", "-qq", *options, *patience, *arguments]
    try:
        answer = subprocess.run(command, env=env, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    if answer.returncode != 0:
        return None
    return _from_report(json.loads(answer.stdout))


def _from_report(report: dict[str, Any]) -> Build:
    """The one file of pip's installation report."""
    (item,) = report["install"]
    download = item["download_info"]
    sha256 = download.get("archive_info", {}).get("hashes", {}).get("sha256", "")
    requires = item["metadata"].get("requires_dist", [])
    return Build(download["url"], sha256, any(_CUDA.match(requirement) for requirement in requires))
