# SPDX-License-Identifier: Apache-2.0
"""The viewer without its analytics: it would report its use to its makers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mia_ros.errors import FrameError, ReplayError
from mia_ros.pictures import write_bytes

_PATIENCE = 30.0  # s
_ADVICE = "give --out FILE.rrd instead, which starts no viewer"


@contextmanager
def private_viewer() -> Iterator[None]:
    """Within it, a viewer that is started reports nothing; raises ReplayError where that cannot be had.

    The viewer gets a folder of settings of its own, in which analytics are off, and then is asked whether they are: it
    takes settings that it does not understand for none, and reports. The user's settings of Rerun stay as they are.
    """
    settings = _settings()
    changes = {"XDG_CONFIG_HOME": str(settings), "PATH": _search_path()}
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        _switch_off(settings)
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _settings() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "mia_ros" / "viewer"


def _search_path() -> str:
    """The viewer of this Python comes first: it is of the version that speaks to it."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def _switch_off(settings: Path) -> None:
    """By a file: the viewer's own command for it reports that it was given."""
    file = settings / "rerun" / "analytics.json"
    off = {
        "analytics_enabled": False,
        "analytics_id": "0" * 32,
        "metadata": {},
        "config_file_path": str(file),
        "data_dir_path": str(settings / "rerun" / "unsent"),
    }
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, json.dumps(off).encode(), "analytics")
    except (OSError, FrameError) as error:
        raise ReplayError(f"{file}: cannot be written ({error}); set XDG_CACHE_HOME, or {_ADVICE}") from error
    if _analytics_config().get("analytics_enabled") is not False:
        raise ReplayError(f"rerun: its analytics cannot be switched off here; {_ADVICE}")


def _analytics_config() -> dict[str, Any]:
    asked = ["rerun", "analytics", "config"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=_PATIENCE)
        found = json.loads(done.stdout)
    except FileNotFoundError as error:
        raise ReplayError(f"rerun: the viewer is not installed; pip install 'mia_ros[view]', or {_ADVICE}") from error
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise ReplayError(f"{' '.join(asked)}: {' '.join(str(error).split())}; {_ADVICE}") from error
    return found if isinstance(found, dict) else {}
