# SPDX-License-Identifier: Apache-2.0
"""Sensor: what a real camera does to a picture after the lens."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mia_ros.arrays import Array, Float32Array, UInt8Array
from offline_tools.errors import SimulationError

_GAINS = (0.6, 3.5)  # of auto exposure, the least and the most


@dataclass
class Sensor:
    """Each option at its default does nothing. `seed` gives the noise and the dirt: same calls, same pictures."""

    seed: int = 0
    exposure: float = 1.0  # a factor of the light
    auto_exposure: float = 0.0  # the mean, of 255, that each picture is brought to as far as _GAINS allow; 0: not
    gamma: float = 1.0  # above 1 brightens what is dark
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)  # factors of BGR
    vignette: float = 0.0  # share of the light that the corners lose
    motion_blur: float = 0.0  # pixels
    blur_direction: float = 0.0  # radians, clockwise from the image's x axis
    noise: float = 0.0  # standard deviation, of 255
    dirt: float = 0.0  # how much smears take away, 0 to 1
    jpeg: int = 0  # quality 1 to 100; 0: none
    _random: np.random.Generator = field(init=False, repr=False)
    _grain: Array | None = field(init=False, repr=False, default=None)
    _loss: Float32Array | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        if not (self.exposure > 0 and self.gamma > 0 and min(self.white_balance) > 0):
            raise SimulationError("sensor: exposure, gamma and white_balance must be larger than 0")
        if not (0 <= self.vignette < 1 and 0 <= self.dirt <= 1 and self.noise >= 0 and 0 <= self.motion_blur <= 100):
            raise SimulationError("sensor: want vignette and dirt in 0 to 1, noise from 0, motion_blur 0 to 100 pixels")
        if not 0 <= self.auto_exposure <= 255:
            raise SimulationError(f"sensor: auto_exposure {self.auto_exposure}; want a mean up to 255, or 0 for none")
        if not 0 <= self.jpeg <= 100:
            raise SimulationError(f"sensor: jpeg quality {self.jpeg}; want 1 to 100, or 0 for none")
        self._random = np.random.default_rng([self.seed, 11])

    @classmethod
    def from_seed(cls, seed: int) -> Sensor:
        """One of many ordinary cameras."""
        dice = np.random.default_rng([seed, 12])
        blue, red = dice.normal(1, 0.06, 2).clip(0.8, 1.2).tolist()
        return cls(
            seed=seed,
            exposure=float(np.exp(dice.normal(0, 0.15))),
            auto_exposure=float(dice.uniform(75, 130)) if dice.random() < 0.85 else 0.0,
            gamma=float(np.exp(dice.normal(0, 0.13))),
            white_balance=(blue, 1.0, red),
            vignette=float(dice.choice([0.0, dice.uniform(0.05, 0.45)])),
            motion_blur=float(dice.choice([0.0, 0.0, dice.uniform(1, 5)])),
            blur_direction=float(dice.normal(0, 0.5)),
            noise=float(dice.choice([0.0, dice.uniform(0.5, 7)])),
            dirt=float(dice.uniform(0.1, 0.5)) if dice.random() < 0.1 else 0.0,
            jpeg=int(dice.integers(40, 97)) if dice.random() < 0.5 else 0,
        )

    def expose(self, picture: UInt8Array) -> UInt8Array:
        """(H, W, 3) uint8 BGR -> the same as this sensor delivers it."""
        if self.motion_blur >= 1:
            picture = np.asarray(cv2.filter2D(picture, -1, self._streak()), np.uint8)
        loss = self._lost(picture.shape[:2])
        if loss is not None:
            picture = np.asarray(cv2.multiply(picture, loss, dtype=cv2.CV_8U), np.uint8)
        gain = self._gain(picture)
        if self.noise > 0:  # before it is amplified: dark pictures are noisy ones
            picture = np.asarray(cv2.add(picture, self._noise(picture.shape), dtype=cv2.CV_8U), np.uint8)
        if (gain, self.gamma, self.white_balance) != (1.0, 1.0, (1.0, 1.0, 1.0)):
            picture = np.asarray(cv2.LUT(picture, self._curve(gain)), np.uint8)
        if self.jpeg:
            _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg])
            picture = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
        return picture

    def _streak(self) -> Array:
        """A line as a kernel."""
        size = int(np.ceil(self.motion_blur)) // 2 * 2 + 1
        kernel = np.zeros((size, size), np.float32)
        half = (self.motion_blur - 1) / 2 * np.array([np.cos(self.blur_direction), np.sin(self.blur_direction)])
        ends = [tuple(np.rint(size // 2 + sign * half).astype(int).tolist()) for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0)
        return kernel / kernel.sum()

    def _gain(self, picture: UInt8Array) -> float:
        if self.auto_exposure == 0:
            return self.exposure
        mean = float(np.mean(picture[::8, ::8]))
        return self.exposure * float(np.clip(self.auto_exposure / max(mean, 1.0), *_GAINS))

    def _curve(self, gain: float) -> UInt8Array:
        levels = np.arange(256) / 255
        factors = np.array(self.white_balance) * gain
        curve = 255 * np.minimum(levels[:, None] * factors, 1) ** (1 / self.gamma)
        return np.rint(curve).astype(np.uint8)[None]

    def _lost(self, shape: tuple[int, ...]) -> Float32Array | None:
        """What remains of the light in each pixel: the corners are darker, and dirt lies on the glass."""
        if self.vignette == 0 and self.dirt == 0:
            return None
        if self._loss is None or self._loss.shape[:2] != shape:
            y, x = (np.linspace(-1, 1, side) for side in shape)
            left = 1 - self.vignette * ((x[None] ** 2 + y[:, None] ** 2) / 2) ** 1.5
            if self.dirt > 0:
                spots = np.random.default_rng([self.seed, 13]).random((7, 9)) ** 4
                smear = cv2.resize(spots, shape[::-1], interpolation=cv2.INTER_CUBIC)
                left = left * (1 - self.dirt * np.clip(smear, 0, 1))
            self._loss = np.repeat(left[..., None], 3, axis=2).astype(np.float32)
        return self._loss

    def _noise(self, shape: tuple[int, ...]) -> Array:
        """A piece of a larger picture of noise, another one each time."""
        if self._grain is None:
            rows, columns = shape[0] + 256, shape[1] + 256
            grain = self._random.standard_normal((rows, columns, 3), np.float32) * self.noise
            self._grain = np.rint(grain).astype(np.int16)
        y, x = self._random.integers(0, 256, 2)
        return self._grain[y : y + shape[0], x : x + shape[1]]
