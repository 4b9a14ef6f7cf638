# SPDX-License-Identifier: Apache-2.0
"""Instance norm, in two ways of computing it."""

from __future__ import annotations

from torch import Tensor, nn, rsqrt
from torch.nn import functional

#: Added to a variance; torch's own.
_EPSILON = 1e-5


class InstanceNorm(nn.Module):
    """(B, C, H, W): every channel of every sample to mean 0 and variance 1; no parameters.

    pooled: by average pooling over the whole map, for engines. What libraries make of an instance norm sums in parts,
    one for each thread, so that its last bits, and by them an int8 map, depend on how many there are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pooled = False

    def forward(self, features: Tensor) -> Tensor:
        if not self.pooled:
            return functional.instance_norm(features, eps=_EPSILON)
        exact = features.float()  # sums of ten thousand squares are too many for float16
        centred = exact - _mean(exact)
        return (centred * rsqrt(_mean(centred * centred) + _EPSILON)).to(features.dtype)


def _mean(features: Tensor) -> Tensor:
    height, width = features.shape[-2:]
    return functional.avg_pool2d(features, (int(height), int(width)))
