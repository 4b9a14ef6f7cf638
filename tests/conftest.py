# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Recordings and expected outputs that are not part of the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the folder of recordings and fixtures, which is not at {SHARED}")
    return SHARED
