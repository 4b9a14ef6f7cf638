# SPDX-License-Identifier: Apache-2.0
"""Symmetric positive definite systems whose unknowns are tied to their neighbours only, solved in linear time."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from mia_ros.arrays import FloatArray


def solve_chain(diagonal: FloatArray, below: FloatArray, right: FloatArray) -> FloatArray:
    """Blocks diagonal (N, b, b), below (N - 1, b, b) of row k + 1 and column k, right side (N, b, m) -> (N, b, m)."""
    count, size, columns = right.shape
    band = _band(diagonal, below)
    values = np.ascontiguousarray(right.reshape(count * size, columns)).copy()
    if not _factor(band):
        raise np.linalg.LinAlgError("the chain's matrix is not positive definite")
    _substitute(band, values)
    return values.reshape(count, size, columns)


def _band(diagonal: FloatArray, below: FloatArray) -> FloatArray:
    """(N b, 2 b): column j holds the matrix's elements (j, j), (j + 1, j), ..."""
    count, size, _ = diagonal.shape
    band = np.zeros((count, size, 2 * size))
    for column in range(size):
        band[:, column, : size - column] = diagonal[:, column:, column]
        band[:-1, column, size - column : 2 * size - column] = below[:, :, column]
    return band.reshape(count * size, 2 * size)


@njit(cache=True, nogil=True)
def _factor(band: FloatArray) -> bool:
    """Cholesky's factor in place of the matrix; False where it has none."""
    count, width = band.shape
    for j in range(count):
        if not band[j, 0] > 0.0:
            return False
        root = math.sqrt(band[j, 0])
        for k in range(width):
            band[j, k] /= root
        for k in range(1, min(width, count - j)):
            for m in range(k, width):
                band[j + k, m - k] -= band[j, m] * band[j, k]
    return True


@njit(cache=True, nogil=True)
def _substitute(band: FloatArray, values: FloatArray) -> None:
    """The solution in place of the right side."""
    count, width = band.shape
    for j in range(count):
        values[j] /= band[j, 0]
        for k in range(1, min(width, count - j)):
            values[j + k] -= band[j, k] * values[j]
    for j in range(count - 1, -1, -1):
        for k in range(1, min(width, count - j)):
            values[j] -= band[j, k] * values[j + k]
        values[j] /= band[j, 0]
