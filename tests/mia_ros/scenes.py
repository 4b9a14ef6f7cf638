# SPDX-License-Identifier: Apache-2.0
"""Frames that the tests make."""

import cv2
import numpy as np

from mia_ros.camera import Camera


def blocks(width: int, height: int, seed: int = 0) -> np.ndarray:
    """A frame with hard, slanted edges and fine windows, (H, W, 3) uint8: the worst for a warp."""
    random = np.random.default_rng(seed)
    frame = np.empty((height, width, 3), np.uint8)
    frame[:] = np.linspace(230, 90, height).astype(np.uint8)[:, None, None]
    for _ in range(14):
        left, top = random.uniform(0, width), random.uniform(0.1, 0.6) * height
        size, slant = random.uniform(0.05, 0.2) * width, random.uniform(-0.2, 0.2)
        colour = random.uniform(10, 245, 3)
        _quad(frame, left, top, size, size * 1.4, slant, colour)
        for row in range(4):
            for column in range(4):
                x, y = left + size * (column + 0.3) / 4, top + size * 1.4 * (row + 0.3) / 4
                _quad(frame, x, y, size / 10, size / 9, slant, colour * 0.3)
    return frame


def _quad(frame: np.ndarray, x: float, y: float, width: float, height: float, slant: float, colour: np.ndarray) -> None:
    corners = np.array([[0, 0], [width, slant * width], [width - slant * height, height], [-slant * height, height]])
    cv2.fillPoly(frame, [np.rint(corners + np.array([x, y])).astype(np.int32)], colour.tolist())


def rays_of_pixels(camera: Camera) -> np.ndarray:
    """Ray (x, y, 1) of every pixel of the (unturned) camera, its lens inverted by iteration: (H, W, 3)."""
    u, v = np.meshgrid(np.arange(camera.width, dtype=np.float64), np.arange(camera.height, dtype=np.float64))
    x, y = (u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy
    if camera.lens.model == "equidistant":
        x, y = _inverted_fisheye(x, y, *camera.lens.coefficients)
    elif camera.lens.model != "none":
        x, y = _inverted_polynomial(x, y, *(*camera.lens.coefficients, 0, 0, 0)[:8])
    return np.stack([x, y, np.ones_like(x)], -1)


def _inverted_polynomial(
    x: np.ndarray, y: np.ndarray, k1: float, k2: float, p1: float, p2: float, k3: float, k4: float, k5: float, k6: float
) -> tuple[np.ndarray, np.ndarray]:
    a, b = x, y
    for _ in range(60):
        r2 = a * a + b * b
        radial = (1 + r2 * (k1 + r2 * (k2 + r2 * k3))) / (1 + r2 * (k4 + r2 * (k5 + r2 * k6)))
        shift_x, shift_y = 2 * p1 * a * b + p2 * (r2 + 2 * a * a), p1 * (r2 + 2 * b * b) + 2 * p2 * a * b
        a, b = (x - shift_x) / radial, (y - shift_y) / radial
    return a, b


def _inverted_fisheye(x: np.ndarray, y: np.ndarray, *k: float) -> tuple[np.ndarray, np.ndarray]:
    bent = np.maximum(np.hypot(x, y), 1e-12)
    angle = bent
    for _ in range(60):
        angle = bent / (1 + sum(value * angle ** (2 * i + 2) for i, value in enumerate(k)))
    scale = np.where(angle < 1.5, np.tan(np.minimum(angle, 1.5)), 100) / bent
    return x * scale, y * scale
