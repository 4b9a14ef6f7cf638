# SPDX-License-Identifier: Apache-2.0
"""A part of a map and a style make the shapes that are drawn: roads with their sidewalks and joints, areas, lines."""

from offline_tools.osm.scene.compiling import compile_shapes

__all__ = ["compile_shapes"]
