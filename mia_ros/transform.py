# SPDX-License-Identifier: Apache-2.0
"""Transform: where one frame is in another."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from mia_ros.arrays import Array, FloatArray


class Transform(NamedTuple):
    """Where `child` is in `parent`: p_parent = rotation @ p_child + translation, at a stamp in ns."""

    parent: str
    child: str
    stamp: int
    rotation: FloatArray  # (3, 3)
    translation: FloatArray  # (3,) metres

    def inverse(self) -> Transform:
        """Where `parent` is in `child`."""
        back = self.rotation.T
        return Transform(self.child, self.parent, self.stamp, back, -back @ self.translation)

    def then(self, inner: Transform) -> Transform:
        """Where `inner.child` is in `parent`, `inner.parent` being `child`."""
        rotation = self.rotation @ inner.rotation
        translation = self.rotation @ inner.translation + self.translation
        return Transform(self.parent, inner.child, self.stamp, rotation, translation)

    def towards(self, other: Transform, stamp: int) -> Transform:
        """Between this and a later `other` of the same frames: turned evenly about one axis, moved along a line."""
        if stamp == other.stamp:
            return other  # half turns lose digits on the way
        share = (stamp - self.stamp) / (other.stamp - self.stamp)
        turn = _rotation_vector(self.rotation.T @ other.rotation) * share
        rotation = self.rotation @ np.asarray(cv2.Rodrigues(turn)[0], np.float64)
        translation = self.translation + (other.translation - self.translation) * share
        return Transform(self.parent, self.child, stamp, rotation, translation)


def identity(parent: str, child: str, stamp: int) -> Transform:
    """Two names of one frame."""
    return Transform(parent, child, stamp, np.eye(3), np.zeros(3))


def _rotation_vector(rotation: Array) -> FloatArray:
    return np.asarray(cv2.Rodrigues(rotation)[0], np.float64)
