# SPDX-License-Identifier: Apache-2.0
"""What tuples make of vectors and matrices is what NumPy and OpenCV make of them."""

import cv2
import numpy as np
import pytest

from mia_ros import triples

RANDOM = np.random.default_rng(0)
A, B = (triples.vector(RANDOM.normal(size=3)) for _ in range(2))
M, N = (tuple(RANDOM.normal(size=9).tolist()) for _ in range(2))
SPREAD = np.reshape(M, (3, 3)) @ np.reshape(M, (3, 3)).T + np.eye(3)


def square(matrix):
    return np.reshape(matrix, (3, 3))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (triples.length(A), np.linalg.norm(A)),
        (triples.dot(A, B), np.dot(A, B)),
        (triples.scaled(A, 2.5), 2.5 * np.array(A)),
        (triples.plus(A, B), np.add(A, B)),
        (triples.minus(A, B), np.subtract(A, B)),
        (square(triples.outer(A, -2)), -2 * np.outer(A, A)),
        (square(triples.diagonal(3)), 3 * np.eye(3)),
        (triples.applied(M, A), square(M) @ A),
        (square(triples.product(M, N)), square(M) @ square(N)),
        (square(triples.cross_product(A, M)), np.cross(A, square(M).T).T),
        (square(triples.transposed(M)), square(M).T),
        (square(triples.added(M, N, -0.5)), square(M) - 0.5 * square(N)),
        (square(triples.symmetric(M)), (square(M) + square(M).T) / 2),
        (square(triples.inverse(tuple(SPREAD.reshape(-1)))), np.linalg.inv(SPREAD)),
        (square(triples.turn(A)), cv2.Rodrigues(np.array(A))[0]),
        (square(triples.turn((1e-12, 2e-12, 0.0))), cv2.Rodrigues(np.array([1e-12, 2e-12, 0]))[0]),
        (square(triples.turn(triples.ZERO)), np.eye(3)),
    ],
)
def test_is_what_numpy_says(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_a_vector_has_three_numbers():
    with pytest.raises(ValueError, match="unpack"):
        triples.vector([1.0, 2.0])
