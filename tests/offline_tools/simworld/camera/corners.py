# SPDX-License-Identifier: Apache-2.0
"""Where a corner is in a picture: how much each pixel around it is covered, as the model says and as rendered."""

import cv2
import numpy as np

HALF = 12  # pixels of a window
FINE = 8  # a pixel is cut in so many, each way


def project(camera, pose, points):
    """(n, 3) in the world -> (n, 2) pixels."""
    pixels, seen = camera.project((np.asarray(points, float) - pose[0]) @ pose[1])
    assert seen.all()
    return pixels


def dense(polygon, step=0.02):
    """A polygon (n, 3) with a point every 2 cm: a lens bends what lies between its corners."""
    pieces = []
    for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        count = max(int(np.linalg.norm(end - start) / step), 1)
        pieces.append(start + (end - start) * np.linspace(0, 1, count, endpoint=False)[:, None])
    return np.concatenate(pieces)


def expected(camera, pose, polygons, corner, shift=(0.0, 0.0)):
    """Coverage 0 to 1 of the pixels around a pixel, by polygons in the world; moved by `shift` pixels."""
    side = (2 * HALF + 1) * FINE
    canvas = np.zeros((side, side), np.uint8)
    for polygon in polygons:
        outline = project(camera, pose, dense(np.asarray(polygon, float)))
        outline = (outline - np.rint(corner) + HALF + 0.5 + shift) * FINE - 0.5
        cv2.fillPoly(canvas, [np.rint(outline * 256).astype(np.int32)], 255, cv2.LINE_8, 8)
    return canvas.reshape(2 * HALF + 1, FINE, 2 * HALF + 1, FINE).mean(axis=(1, 3)) / 255


def rendered(frame, corner, colour, behind):
    """The same from a picture in which the thing has one colour and what is behind it others."""
    u, v = np.rint(corner).astype(int)
    assert HALF <= u < frame.shape[1] - HALF and HALF <= v < frame.shape[0] - HALF
    window = frame[v - HALF : v + HALF + 1, u - HALF : u + HALF + 1].astype(float)
    axis = np.asarray(colour, float) - behind
    return np.clip((window - behind) @ axis / (axis @ axis), 0, 1)


def offset(camera, pose, polygons, corner, found):
    """By how many pixels the rendered corner lies beside the expected one: the shift under which they agree best."""
    steps = np.arange(-2, 2.01, 0.25)
    costs = [
        (np.abs(expected(camera, pose, polygons, corner, (x, y)) - found).sum(), x, y) for y in steps for x in steps
    ]
    _, x, y = min(costs)
    return float(np.hypot(x, y))
