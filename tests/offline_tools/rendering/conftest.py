# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from tests.offline_tools.rendering.places import make_town


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small map; its store, and those of all processes, lie in the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return make_town(tmp_path)
