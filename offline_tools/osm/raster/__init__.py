# SPDX-License-Identifier: Apache-2.0
"""The raster: shapes to nine 0/1 channels, exactly as cairo's default anti-aliasing touches pixels.

A pixel is set as soon as about 0.2 % of it is covered. That is a question of samples, not of areas: cairo looks at 15
lines a pixel row, and 256 steps a pixel along them, so that the same is done here (scan, spans). What a pen covers is
outlined first, as cairo outlines it (outline, pens), because its circles are polygons and its corners are rounded to
1/256 of a pixel.

All of it is one compiled function, `drawing._draw`, which numba keeps on disk. Numba looks at the file of that function
alone: after a change in another file of this folder, remove the folder's __pycache__.
"""

from offline_tools.osm.raster.drawing import draw

__all__ = ["draw"]
