# SPDX-License-Identifier: Apache-2.0
"""Verbs of the command `mia` on a workstation, one a module; what is heavy is imported when a verb runs."""
