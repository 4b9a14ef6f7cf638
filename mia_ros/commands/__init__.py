# SPDX-License-Identifier: Apache-2.0
"""Verbs of the command `mia` that are too long for cli.py."""
