# SPDX-License-Identifier: Apache-2.0
"""The plain way to the network's input, in PyTorch: float32, one operation a step, nothing shared between frames.

The baseline for speed, and an independent second opinion on the exact way of mia_ros.rectify.
"""

import numpy as np
import torch
from torch.nn import functional

from mia_ros.camera import Camera
from mia_ros.gravity import Gravity

SIZE = 512


def level_and_resize(frame: np.ndarray, camera: Camera, gravity: Gravity) -> tuple[np.ndarray, np.ndarray]:
    """Frame (H, W, 3) uint8 of a camera without lens -> (512, 512, 3) float32 and mask, levelled, resized, padded."""
    image = torch.from_numpy(frame).permute(2, 0, 1).float() / 255
    _, height, width = image.shape
    grid = _grid(camera, gravity, width, height)
    level = functional.grid_sample(image[None], grid[None], mode="bilinear", align_corners=False)
    valid = ((grid >= -1) & (grid <= 1)).all(-1)
    scale = SIZE / max(height, width)
    size = round(height * scale), round(width * scale)
    small = functional.interpolate(level, size, mode="bilinear", antialias=True, align_corners=False).clip(0, 1)[0]
    mask = functional.interpolate(valid[None, None].float(), size, mode="nearest")[0, 0] > 0.5
    padded, padded_mask = torch.zeros(3, SIZE, SIZE), torch.zeros(SIZE, SIZE, dtype=torch.bool)
    padded[:, : size[0], : size[1]], padded_mask[: size[0], : size[1]] = small, mask
    return padded.permute(1, 2, 0).numpy(), padded_mask.numpy()


def _grid(camera: Camera, gravity: Gravity, width: int, height: int) -> torch.Tensor:
    matrix = torch.tensor(camera.matrix, dtype=torch.float32)
    homography = matrix @ torch.tensor(gravity.rotation(), dtype=torch.float32) @ torch.linalg.inv(matrix)
    y, x = torch.meshgrid(torch.arange(height).float(), torch.arange(width).float(), indexing="ij")
    source = torch.stack([x, y, torch.ones_like(x)], -1) @ homography.T
    return (source[..., :2] / source[..., 2:] + 0.5) / torch.tensor([width, height]) * 2 - 1
