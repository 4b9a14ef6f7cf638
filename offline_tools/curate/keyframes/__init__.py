# SPDX-License-Identifier: Apache-2.0
"""Which photos of a drive are worth a download: one every few metres of path, and thinning over drives."""

from offline_tools.curate.keyframes.selection import SPACING_M, Selection, keyframes, select
from offline_tools.curate.keyframes.thinning import thin

__all__ = ["SPACING_M", "Selection", "keyframes", "select", "thin"]
