# SPDX-License-Identifier: Apache-2.0
import shutil
from pathlib import Path
from typing import Any

import pytest

from offline_tools.curate.product.datasheet import write_datasheet
from offline_tools.curate.product.page import write_page
from offline_tools.curate.product.statistics import statistics
from tests.offline_tools.curate.product.curated import make_curated


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A curated data set of two locations, paris and lyon, for tests that only read it; others copy it."""
    out = tmp_path_factory.mktemp("curated")
    make_curated(out)
    return out


@pytest.fixture(scope="session")
def facts(made: Path) -> dict[str, Any]:
    """What is counted of it, with statistics.json."""
    return statistics(made, ["paris", "lyon"])


@pytest.fixture(scope="session")
def sheet(made: Path, facts: dict[str, Any]) -> str:
    """Its data sheet."""
    write_datasheet(made, facts)
    return (made / "DATASHEET.md").read_text()


@pytest.fixture(scope="session")
def page(made: Path, facts: dict[str, Any]) -> str:
    """Its gallery."""
    assert facts
    write_page(made)
    return (made / "gallery.html").read_text()


@pytest.fixture
def out(made: Path, facts: dict[str, Any], tmp_path: Path) -> Path:
    """A copy of it for tests that change it, with statistics.json."""
    assert facts
    return Path(shutil.copytree(made, tmp_path / "out"))
