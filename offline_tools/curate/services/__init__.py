# SPDX-License-Identifier: Apache-2.0
"""The servers that photos and places come from."""
