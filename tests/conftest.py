# SPDX-License-Identifier: Apache-2.0
import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A change is judged by the same examples each time; at a desk, every run tries others.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

# A job in a shell's background ignores Ctrl-C, and so would every program that a test starts, and is to be stopped.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Recordings and expected outputs that are not part of the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the folder of recordings and fixtures, which is not at {SHARED}")
    return SHARED
