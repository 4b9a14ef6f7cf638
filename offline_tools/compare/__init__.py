# SPDX-License-Identifier: Apache-2.0
"""Replays of one recording side by side: engines or settings, with intervals for what is between them."""

from offline_tools.compare.job import compare_replays

__all__ = ["compare_replays"]
