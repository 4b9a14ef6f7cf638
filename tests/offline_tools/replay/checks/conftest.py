# SPDX-License-Identifier: Apache-2.0
import pytest

from tests.offline_tools.replay.checks.driven import Driven, drive_between_houses


@pytest.fixture(scope="package")
def driven(tmp_path_factory) -> Driven:
    """Rendered once: the mistakes are made afterwards."""
    return drive_between_houses(tmp_path_factory.mktemp("houses"))
