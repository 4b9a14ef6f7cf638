# SPDX-License-Identifier: Apache-2.0
"""Styles: which objects of a street map are drawn, in which channel, and how wide. The rules are data, in YAML."""

from offline_tools.osm.style.model import STYLE_NAMES, Style, load_style

__all__ = ["STYLE_NAMES", "Style", "load_style"]
