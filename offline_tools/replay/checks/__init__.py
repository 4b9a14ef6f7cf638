# SPDX-License-Identifier: Apache-2.0
"""Is a replay to be trusted? Numbers of each frame on the way, and a verdict from them in the end."""

from offline_tools.replay.checks.finding import LEVELS, Finding
from offline_tools.replay.checks.flicker import Moved, flicker, moved
from offline_tools.replay.checks.looking import COLUMNS, Checks
from offline_tools.replay.checks.verdict import verdict

__all__ = ["COLUMNS", "LEVELS", "Checks", "Finding", "Moved", "flicker", "moved", "verdict"]
