# SPDX-License-Identifier: Apache-2.0
"""Mapillary photos as their cameras took them -> pinhole pictures at the size that Mapper trains on."""

from offline_tools.curate.undistortion.job import PhotoJob, PhotoResult, WrittenView, undistort_photos
from offline_tools.curate.undistortion.opensfm import OpensfmCamera
from offline_tools.curate.undistortion.panorama import cut_views
from offline_tools.curate.undistortion.photo import PhotoError, Taken, undistort_photo
from offline_tools.curate.undistortion.picture import Undistorted
from offline_tools.curate.undistortion.undistort import undistort

__all__ = [
    "OpensfmCamera",
    "PhotoError",
    "PhotoJob",
    "PhotoResult",
    "Taken",
    "Undistorted",
    "WrittenView",
    "cut_views",
    "undistort",
    "undistort_photo",
    "undistort_photos",
]
