# SPDX-License-Identifier: Apache-2.0
"""Maps against the truth: scores by class and distance, and the small move of the path that fits the truth best."""

from offline_tools.replay.scoring.alignment import Alignment, align
from offline_tools.replay.scoring.scoring import Scoring
from offline_tools.replay.scoring.window import SearchWindow

__all__ = ["Alignment", "Scoring", "SearchWindow", "align"]
