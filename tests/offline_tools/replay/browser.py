# SPDX-License-Identifier: Apache-2.0
"""Pages as a browser sees them: Debian's Chromium without a screen."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BROWSER = pytest.mark.skipif(_CHROMIUM is None, reason="needs Chromium")

_QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--autoplay-policy=no-user-gesture-required",
    "--enable-logging=stderr",
)


class Opened(NamedTuple):
    """The page's HTML after it was loaded, and what it wrote to the console."""

    text: str
    console: list[str]


def opened(address: str, folder: Path, *, dark: bool = False, size: tuple[int, int] = (1280, 900)) -> Opened:
    """Load a page; `folder` is the browser's own."""
    ran = _run(folder, dark, size, "--virtual-time-budget=8000", "--dump-dom", address)
    return Opened(ran.stdout, re.findall(r"^.*CONSOLE.*$", ran.stderr, re.MULTILINE))


def screenshot(address: str, out: Path, folder: Path, *, dark: bool = False, size: tuple[int, int]) -> None:
    """A picture of the page."""
    _run(folder, dark, size, f"--screenshot={out}", address)


def _run(folder: Path, dark: bool, size: tuple[int, int], *arguments: str) -> subprocess.CompletedProcess[str]:
    assert _CHROMIUM is not None
    settings = [f"--user-data-dir={folder}/browser", f"--window-size={size[0]},{size[1]}"]
    # Of Blink's colour schemes, 0 is dark.
    settings += ["--blink-settings=preferredColorScheme=0"] if dark else []
    command = [_CHROMIUM, *_QUIET, *settings, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
