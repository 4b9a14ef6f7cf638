# SPDX-License-Identifier: Apache-2.0
"""Vectors of three and matrices of three by three, as tuples: a call of NumPy takes longer than all of such a product.

For what runs hundreds of times a second; elsewhere, arrays read better.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeAlias

Vector: TypeAlias = tuple[float, float, float]
#: Row by row.
Matrix: TypeAlias = tuple[float, float, float, float, float, float, float, float, float]

ZERO: Vector = (0.0, 0.0, 0.0)
NOTHING: Matrix = (0.0,) * 9


def vector(values: Iterable[float]) -> Vector:
    """Of any three numbers."""
    x, y, z = values
    return x, y, z


def diagonal(value: float) -> Matrix:
    """The identity, so many times."""
    return value, 0.0, 0.0, 0.0, value, 0.0, 0.0, 0.0, value


def length(a: Vector) -> float:
    """Euclidean."""
    x, y, z = a
    return math.sqrt(x * x + y * y + z * z)


def scaled(a: Vector, factor: float) -> Vector:
    """factor a"""
    x, y, z = a
    return factor * x, factor * y, factor * z


def plus(a: Vector, b: Vector) -> Vector:
    """a + b"""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def minus(a: Vector, b: Vector) -> Vector:
    """a - b"""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def dot(a: Vector, b: Vector) -> float:
    """a' b"""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def outer(a: Vector, factor: float) -> Matrix:
    """factor a a'"""
    x, y, z = a
    xy, xz, yz = factor * x * y, factor * x * z, factor * y * z
    return factor * x * x, xy, xz, xy, factor * y * y, yz, xz, yz, factor * z * z


def applied(m: Matrix, a: Vector) -> Vector:
    """m a"""
    x, y, z = a
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m
    return m0 * x + m1 * y + m2 * z, m3 * x + m4 * y + m5 * z, m6 * x + m7 * y + m8 * z


def product(m: Matrix, n: Matrix) -> Matrix:
    """m n"""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m
    n0, n1, n2, n3, n4, n5, n6, n7, n8 = n
    return (
        m0 * n0 + m1 * n3 + m2 * n6,
        m0 * n1 + m1 * n4 + m2 * n7,
        m0 * n2 + m1 * n5 + m2 * n8,
        m3 * n0 + m4 * n3 + m5 * n6,
        m3 * n1 + m4 * n4 + m5 * n7,
        m3 * n2 + m4 * n5 + m5 * n8,
        m6 * n0 + m7 * n3 + m8 * n6,
        m6 * n1 + m7 * n4 + m8 * n7,
        m6 * n2 + m7 * n5 + m8 * n8,
    )


def cross_product(a: Vector, m: Matrix) -> Matrix:
    """[a]x m: the cross product of a with each column."""
    x, y, z = a
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m
    return (
        y * m6 - z * m3,
        y * m7 - z * m4,
        y * m8 - z * m5,
        z * m0 - x * m6,
        z * m1 - x * m7,
        z * m2 - x * m8,
        x * m3 - y * m0,
        x * m4 - y * m1,
        x * m5 - y * m2,
    )


def transposed(m: Matrix) -> Matrix:
    """m'"""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m
    return m0, m3, m6, m1, m4, m7, m2, m5, m8


def added(m: Matrix, n: Matrix, factor: float = 1.0) -> Matrix:
    """m + factor n"""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m
    n0, n1, n2, n3, n4, n5, n6, n7, n8 = n
    return (
        m0 + factor * n0,
        m1 + factor * n1,
        m2 + factor * n2,
        m3 + factor * n3,
        m4 + factor * n4,
        m5 + factor * n5,
        m6 + factor * n6,
        m7 + factor * n7,
        m8 + factor * n8,
    )


def symmetric(m: Matrix) -> Matrix:
    """(m + m') / 2"""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m
    a, b, c = (m1 + m3) / 2, (m2 + m6) / 2, (m5 + m7) / 2
    return m0, a, b, a, m4, c, b, c, m8


def inverse(m: Matrix) -> Matrix:
    """Of a symmetric matrix that is far from singular."""
    a, b, c, _, e, f, _, _, i = m
    p, q, r = e * i - f * f, c * f - b * i, b * f - c * e
    share = 1 / (a * p + b * q + c * r)
    p, q, r = share * p, share * q, share * r
    s, t, u = share * (a * i - c * c), share * (b * c - a * f), share * (a * e - b * b)
    return p, q, r, q, s, t, r, t, u


def turn(rotation: Vector) -> Matrix:
    """The rotation about a vector by its length in radians (Rodrigues)."""
    x, y, z = rotation
    angle = length(rotation)
    if angle < 1e-9:
        return 1.0, -z, y, z, 1.0, -x, -y, x, 1.0
    x, y, z = x / angle, y / angle, z / angle
    c, s = math.cos(angle), math.sin(angle)
    k = 1 - c
    return (
        c + k * x * x,
        k * x * y - s * z,
        k * x * z + s * y,
        k * x * y + s * z,
        c + k * y * y,
        k * y * z - s * x,
        k * x * z - s * y,
        k * y * z + s * x,
        c + k * z * z,
    )
