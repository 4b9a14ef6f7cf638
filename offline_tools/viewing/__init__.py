# SPDX-License-Identifier: Apache-2.0
"""Replays, bags and live topics in Rerun, a viewer for what changes over time."""
