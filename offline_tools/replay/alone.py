# SPDX-License-Identifier: Apache-2.0
"""What an image takes when it is the only one, as on a robot. A replay makes several at once, each of them later."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from mia_ros.replay import Replayed
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.step import MapperStep

#: Images that are timed.
_TIMED = 16


class Lately:
    """The last images that got a map."""

    def __init__(self) -> None:
        self._images: deque[Replayed] = deque(maxlen=_TIMED)
        self._step: Future[MapperStep] | None = None

    def add(self, replayed: Replayed) -> None:
        """Remember it, if it has one."""
        if replayed.stepped is not None:
            self._images.append(replayed)

    @contextmanager
    def loading(self, config: MapperConfig) -> Iterator[None]:
        """Loads an engine as the live node loads it, beside what is done in the block, where `times` uses it."""
        if not self._images:
            yield
            return
        stepped = self._images[0].stepped
        rows = None if stepped is None else stepped.view.picture_height
        with ThreadPoolExecutor(1, "loading") as loader:
            self._step = loader.submit(MapperStep.load, config, rows=rows)
            try:
                yield
            finally:
                self._step.result().close()
                self._step = None

    def times(self) -> dict[str, float] | None:
        """Milliseconds from the message to the map; None without images.

        median, p95: of all stages together. images: how many were timed.
        """
        if self._step is None:
            return None
        step = self._step.result()
        _made(step, list(self._images)[:1])  # what a first run prepares is not counted
        taken = _made(step, self._images)
        median, slow = np.percentile(taken, (50, 95)).tolist()
        return {"median": median, "p95": slow, "images": float(len(taken))}


def _made(step: MapperStep, images: Sequence[Replayed]) -> list[float]:
    taken = []
    for each in images:
        assert each.frame is not None
        assert each.camera is not None
        assert each.stepped is not None
        found = step.run(each.frame, each.camera, each.stepped.gravity, each.stamp, each.stepped.camera_height)
        taken.append(each.times["decode"] + sum(found.times.values()))
    return taken
