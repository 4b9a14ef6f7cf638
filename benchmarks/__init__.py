# SPDX-License-Identifier: Apache-2.0
"""Speeds, each against a stated baseline measured in the same run. `python -m benchmarks` prints them."""
