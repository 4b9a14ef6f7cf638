# SPDX-License-Identifier: Apache-2.0
"""A simulated town: its street map, and the robots that drive in it."""
