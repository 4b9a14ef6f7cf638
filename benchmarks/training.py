# SPDX-License-Identifier: Apache-2.0
"""Training: pictures a second of the network and of the loader, how long one waits for the other, and memory.

The baseline is a step of the same network written the plain way, in the same precision.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from lightning_fabric import Fabric

from benchmarks.measure import peak_memory_mb
from benchmarks.plain_mapper import forward
from mia_ros.camera import Camera
from mia_ros.gravity import Gravity
from mia_ros.street import draw_street
from offline_tools.dataset import Drive, LocationWriter, PosedImage, write_split
from offline_tools.network import build
from offline_tools.training.batches import Batch, Batches, Plan, frames_per_second
from offline_tools.training.learner import Learner, Objective
from offline_tools.training.recipe import Recipe, load_recipe
from offline_tools.training.sources import open_source

THREADS = 2
PICTURES = 96
#: What is trained: preset, pixels a side, pictures a batch; the large one on a GPU alone.
ON_CPU = (("mapper_edge", 256, 16), ("mapper_edge", 512, 16))
ON_GPU = (("mapper_edge", 512, 64), ("mapper_vitb", 512, 64))
#: Target: the loader gives more than the network takes, at every size that is measured.
LOADER_RATIO = 1.0


def main() -> int:
    """Exit status 1 if the loader is slower than the network."""
    parser = argparse.ArgumentParser(prog="benchmarks.training", description=__doc__)
    parser.add_argument("--photos", type=Path, help="not used: pictures are drawn, all parts take the same options")
    parser.add_argument("--rounds", type=int, default=5, help="steps that are measured")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    gpu = torch.cuda.is_available()
    device = torch.cuda.get_device_name() if gpu else f"CPU, {THREADS} threads"
    print(f"\nTraining: {device}, bf16. Rates are pictures a second; the loader is one process on one core.")
    print(
        f"  {'network':<12} {'size':>5} {'batch':>6} {'plain':>7} {'ours':>7} {'ratio':>6} {'loader':>7} {'waits':>6}"
    )
    with tempfile.TemporaryDirectory() as folder:
        root = _data(Path(folder) / "data")
        good = [_measure(root, *entry, options.rounds) for entry in (ON_GPU if gpu else ON_CPU)]
    memory = f"{torch.cuda.max_memory_allocated() / 1e6:.0f} MB on the GPU, " if gpu else ""
    print(f"  memory at the most: {memory}{peak_memory_mb():.0f} MB of this process")
    print("Targets: " + ("met" if all(good) else "MISSED: the loader is slower than the network"))
    return 0 if all(good) else 1


def _measure(root: Path, preset: str, size: int, count: int, rounds: int) -> bool:
    recipe = _recipe(preset, size, count)
    feed = Batches([open_source(root, "train")], [], Plan(count, workers=1, augmentation=recipe.augmentation))
    batch = feed.batch(0, size)
    fabric = Fabric(devices=1, precision="bf16-mixed")
    fabric.launch()
    learner = Learner.start(recipe, 10_000, fabric)
    plain, steps = _PlainStep(recipe, fabric, batch), iter(range(10_000))
    slow, fast = _in_turns(plain, lambda: learner.step(next(steps), batch), rounds)
    loaded = frames_per_second(feed, size, max(6, 96 // count))
    waits = _waits(feed, learner, size, rounds)
    print(
        f"  {preset:<12} {size:5} {count:6}{count / slow:8.1f}{count / fast:8.1f}{slow / fast:8.2f}"
        f"{loaded:8.1f}{waits:8.1%}"
    )
    return loaded > LOADER_RATIO * count / fast


class _PlainStep:
    """The same step with the network's plain formulation and no more than what every training does."""

    def __init__(self, recipe: Recipe, fabric: Fabric, batch: Batch) -> None:
        torch.manual_seed(0)
        self._net = build(recipe.preset).train().to(fabric.device)
        self._optimiser = torch.optim.AdamW(self._net.parameters(), lr=1e-4)
        self._objective = Objective(recipe.loss, recipe.classes, fabric.device)
        self._fabric, self._batch = fabric, batch

    def __call__(self) -> None:
        images, cameras, masks, visible = (
            self._fabric.to_device(value)
            for value in (self._batch.images, self._batch.cameras, self._batch.masks, self._batch.visible)
        )
        with torch.autocast(self._fabric.device.type, torch.bfloat16):
            output = forward(self._net, images.float() / 255, cameras)
        loss = self._objective.sum(self._objective(output, masks, visible))
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        loss.item()


def _in_turns(plain: Callable[[], object], ours: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds of each. A turn is three steps, of which the first warms up: memory was the other one's."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, kept in zip((plain, ours), times, strict=True):
            kept.extend([_seconds(work) for _ in range(3)][1:])
    slow, fast = (statistics.median(one) for one in times)
    return slow, fast


def _waits(feed: Batches, learner: Learner, size: int, rounds: int) -> float:
    """The share of the time in which training waits for its next batch, after the first two."""
    taken = feed.batches(0, rounds + 2, size)
    waited = worked = 0.0
    for step in range(rounds + 2):
        begun = time.perf_counter()
        batch = next(taken)
        there = time.perf_counter()
        learner.step(step, batch)
        if step >= 2:
            waited += there - begun
            worked += time.perf_counter() - there
    taken.close()
    return waited / (waited + worked)


def _recipe(preset: str, size: int, count: int) -> Recipe:
    changes = [f"stages=[{{size: {size}, share: 1}}]", f"batch={count}", f"preset={preset}"]
    return load_recipe("sim_cpu", changes)


def _data(root: Path) -> Path:
    """Drawn photos with maps of rectangles."""
    writer, random = LocationWriter(root, "street"), np.random.default_rng(0)
    camera = Camera(640, 480, 500, 500, 319.5, 239.5)
    images = []
    for index in range(PICTURES):
        roll, pitch = random.uniform(-0.08, 0.08, 2)
        writer.image(index, draw_street(camera, Gravity.from_roll_pitch(roll, pitch)))
        mask = cv2.resize(random.integers(0, 2, (14, 14, 9), dtype=np.uint8), (224, 224), interpolation=0)
        writer.semantic_mask(index, mask)
        writer.visibility_mask(index, np.zeros((224, 224), np.uint8))
        place = (np.zeros(3), np.eye(3))
        images.append(PosedImage(str(index), "camera", 48.0, 2.0, 0.0, roll, pitch, 0.0, *place, 0))
    writer.dump({"drive": Drive({"camera": camera}, images)})
    write_split(root, {"train": {"street": range(PICTURES)}})
    return root


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
