# SPDX-License-Identifier: Apache-2.0
"""The data set on disk: photos, maps and poses in the published layout, read and written.

ROOT/split.json
ROOT/LOCATION/images/ID_undistorted.jpg
ROOT/LOCATION/semantic_masks/ID.npz     arr_0, (224, 224, 9) bool
ROOT/LOCATION/flood_fill/ID.npz         arr_0, (224, 224) uint8, 0 visible, 127 not
ROOT/LOCATION/dump.json                 cameras and poses
"""

from offline_tools.dataset.dataset import Dataset
from offline_tools.dataset.dump import Drive, PosedImage, View
from offline_tools.dataset.layout import IMAGE, KINDS, SEMANTIC_MASK, VISIBILITY_MASK
from offline_tools.dataset.sample import Sample
from offline_tools.dataset.writer import LocationWriter, write_split

__all__ = [
    "IMAGE",
    "KINDS",
    "SEMANTIC_MASK",
    "VISIBILITY_MASK",
    "Dataset",
    "Drive",
    "LocationWriter",
    "PosedImage",
    "Sample",
    "View",
    "write_split",
]
