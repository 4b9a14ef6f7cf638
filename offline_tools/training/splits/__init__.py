# SPDX-License-Identifier: Apache-2.0
"""Splits that are honest: parts that share no ground and no drive, so that a score is of places never seen."""

from offline_tools.training.splits.figures import Figures, check_figures, figures_of
from offline_tools.training.splits.making import SplitPlan, make_split, write_made_split

__all__ = ["Figures", "SplitPlan", "check_figures", "figures_of", "make_split", "write_made_split"]
