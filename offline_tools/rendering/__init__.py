# SPDX-License-Identifier: Apache-2.0
"""Maps of many poses of one street map, into a data set: over several processes, resumable, with a count of all."""

from offline_tools.rendering.job import JobPlan, render_poses
from offline_tools.rendering.tally import Summary

__all__ = ["JobPlan", "Summary", "render_poses"]
