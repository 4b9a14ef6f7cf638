# SPDX-License-Identifier: Apache-2.0
"""How good maps are: counts that add up over samples, scores from counts, and the page that shows them.

`counts` and `scores` need NumPy alone, so that training can use them; torch is imported where a checkpoint is read.
"""

from offline_tools.evaluation.counts import RANGES, STEPS, Counts
from offline_tools.evaluation.scores import Scores, score

__all__ = ["RANGES", "STEPS", "Counts", "Scores", "score"]
