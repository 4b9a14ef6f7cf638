# SPDX-License-Identifier: Apache-2.0
"""What gravity costs: one IMU sample through the filter, as a share of one core at 200 Hz."""

import statistics
import time

import numpy as np

from mia_ros.gravity_filter import GravityFilter
from mia_ros.tilt_filter import ImuSample


def main(samples: int = 2000) -> None:
    """Print the time of one sample and of one question."""
    random = np.random.default_rng(0)
    filter_, adds, asks = GravityFilter(np.eye(3)), [], []
    for index in range(samples):
        force, rate = random.normal((0, 0, 9.8), 0.5), random.normal(0, 0.1, 3)
        sample = ImuSample(index * 5_000_000, rate, force)
        start = time.perf_counter()
        filter_.add(sample)
        middle = time.perf_counter()
        filter_.at(sample.stamp)
        adds.append(middle - start)
        asks.append(time.perf_counter() - middle)
    add, ask = statistics.median(adds) * 1e6, statistics.median(asks) * 1e6
    print(f"Gravity: {add:.0f} us a sample, {ask:.0f} us a question; at 200 Hz and 30 frames/s: ", end="")
    print(f"{(200 * add + 30 * ask) / 1e4:.1f} % of a core")


if __name__ == "__main__":
    main()
