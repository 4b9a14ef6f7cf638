# SPDX-License-Identifier: Apache-2.0
"""Commands as a user runs them, in a process and a folder of their own."""

import os
import subprocess
import sys
from pathlib import Path

_PATIENCE_S = 300


def python(*arguments: str, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """This Python on this source tree; `settings` are environment variables. What hangs is killed."""
    plain = {"PYTHONPATH": str(Path.cwd()), "COLUMNS": "120", "NO_COLOR": "1"}
    environment = {**os.environ, **plain, **settings}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )


def mia(*arguments: str, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command `mia`, whose settings and pins lie below `cwd`."""
    return python("-m", "mia_ros.cli", *arguments, cwd=cwd, XDG_CONFIG_HOME=str(cwd / "config"), **settings)
