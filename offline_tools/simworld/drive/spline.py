# SPDX-License-Identifier: Apache-2.0
"""A curve whose derivatives are exact: a uniform cubic B-spline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray

#: Coefficients of 1, u, u^2, u^3 for the four control values around a place u in [0, 1) between two of them.
_BASIS = np.array([[1, 4, 1, 0], [-3, 0, 3, 0], [3, -6, 3, 0], [-1, 3, -3, 1]], np.float64) / 6


@dataclass(frozen=True, eq=False)
class UniformSpline:
    """Control values (N, D) at start, start + step, ...; twice continuously differentiable.

    It runs near its control values, not through them: where these are samples of a smooth curve the distance is
    step^2 / 6 times the curvature. Beyond the ends it goes on straight.
    """

    values: FloatArray
    start: float
    step: float

    def __call__(self, at: FloatArray, derivative: int = 0) -> FloatArray:
        """(T,) -> (T, D): the value, or its first or second derivative."""
        place = (np.asarray(at, np.float64) - self.start) / self.step
        cell = np.clip(np.floor(place).astype(np.int64), 0, len(self.values) - 2)
        u = place - cell
        powers = _powers(u, derivative) / self.step**derivative
        weights = powers @ _BASIS
        padded = self._padded()
        total = weights[:, 0, None] * padded[cell]
        for k in range(1, 4):
            total += weights[:, k, None] * padded[cell + k]
        return np.asarray(total)

    def _padded(self) -> FloatArray:
        """One control value more at each end, on the straight line through the last two."""
        first, last = 2 * self.values[:1] - self.values[1:2], 2 * self.values[-1:] - self.values[-2:-1]
        return np.concatenate([first, self.values, last])


def smoothed(values: FloatArray, sigma: float) -> FloatArray:
    """(N, D) convolved with a Gaussian of `sigma` samples; beyond an end it goes on point-symmetric to it."""
    reach = min(int(np.ceil(4 * sigma)), len(values) - 1)
    if reach < 1:
        return values
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    before = 2 * values[:1] - values[reach:0:-1]
    after = 2 * values[-1:] - values[-2 : -reach - 2 : -1]
    long = np.concatenate([before, values, after])
    return np.stack([np.convolve(column, kernel, "valid") for column in long.T], 1)


def _powers(u: FloatArray, derivative: int) -> FloatArray:
    one, zero = np.ones_like(u), np.zeros_like(u)
    if derivative == 0:
        return np.stack([one, u, u**2, u**3], 1)
    if derivative == 1:
        return np.stack([zero, one, 2 * u, 3 * u**2], 1)
    return np.stack([zero, zero, 2 * one, 6 * u], 1)
