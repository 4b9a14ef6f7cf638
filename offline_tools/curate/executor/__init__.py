# SPDX-License-Identifier: Apache-2.0
"""Where independent units of work are done: here, in processes of this machine, or in a cluster."""

from offline_tools.curate.executor.interface import Executor
from offline_tools.curate.executor.opening import open_executor

__all__ = ["Executor", "open_executor"]
