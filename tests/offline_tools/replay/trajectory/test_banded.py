# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from offline_tools.replay.trajectory.banded import solve_chain


def chain(count, size):
    random = np.random.default_rng(5)
    diagonal = random.normal(size=(count, size, size))
    diagonal = diagonal @ diagonal.swapaxes(1, 2) + 8 * np.eye(size)
    return diagonal, random.normal(size=(count - 1, size, size)), random.normal(size=(count, size, 2))


def dense(diagonal, below):
    count, size, _ = diagonal.shape
    matrix = np.zeros((count * size, count * size))
    for k in range(count):
        here = slice(k * size, (k + 1) * size)
        matrix[here, here] = diagonal[k]
        if k:
            before = slice((k - 1) * size, k * size)
            matrix[here, before], matrix[before, here] = below[k - 1], below[k - 1].T
    return matrix


@pytest.mark.parametrize(("count", "size"), [(1, 3), (2, 2), (7, 5)])
def test_a_chain_is_solved_as_the_dense_matrix_is(count, size):
    diagonal, below, right = chain(count, size)
    wanted = np.linalg.solve(dense(diagonal, below), right.reshape(count * size, 2))
    assert np.allclose(solve_chain(diagonal, below, right).reshape(count * size, 2), wanted)


def test_what_is_not_positive_definite_is_refused():
    diagonal, below, right = chain(3, 2)
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        solve_chain(-diagonal, below, right)
