# SPDX-License-Identifier: Apache-2.0
"""A replayed bag judged: where it drove, what was true there, how good the maps are, and what to look at."""
