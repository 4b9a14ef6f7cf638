# SPDX-License-Identifier: Apache-2.0
from tests.offline_tools.replay.report.conftest import served

__all__ = ["served"]
