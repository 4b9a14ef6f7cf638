# SPDX-License-Identifier: Apache-2.0
"""What a replay says of itself: whole, broken and empty, for pages to be made of."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl

from mia_ros import Camera, Gravity, SemanticMap
from mia_ros.rectify import Rectifier
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.replay.checks import COLUMNS, verdict
from offline_tools.replay.report import Picture, picture_of
from offline_tools.replay.scoring import Scoring
from offline_tools.replay.truth import TrueMap

CAMERA = Camera(640, 480, 400.0, 400.0, 319.5, 239.5)
EVIL = "<script>alert('1')</script><!--tiles-->"


def frames(count: int = 120, problems: int = 6) -> pl.DataFrame:
    """A table with every column."""
    return pl.DataFrame([_row(k, k < problems) for k in range(count)], infer_schema_length=None)


def metrics(table: pl.DataFrame, truth: dict[str, Any] | None = None) -> dict[str, Any]:
    """As a replay writes them, the verdict included."""
    said = {
        "version": 1,
        "bag": {"path": "/bags/sidewalk", "seconds": 12.0, "images": 120, "damaged": ""},
        "topics": {"image": "/camera/image_raw/compressed", "imu": "/imu/data", "tf": ["/tf"], "notes": ["one IMU"]},
        "engine": {
            "name": "towns-edge",
            "preset": "mapper_edge",
            "precision": "int8",
            "sha256": "ab" * 32,
            "backend": "onnx-cpu",
            "training": "simulated towns; it has never seen a real photo",
        },
        "camera": {
            **{name: getattr(CAMERA, name) for name in ("width", "height", "fx", "fy", "cx", "cy")},
            "model": "plumb_bob",
            "source": "bag",
        },
        "images": {"seen": 120, "mapped": 114, "problems": {"gravity": 6}, "first_problems": ["gravity: no sample"]},
        "notes": [{"key": "tf.contradiction", "level": "warn", "line": "tf: two parents of imu_link; remove one"}],
        "gravity": {"sources": {"accelerometer": 114}, "sigma_median_deg": 0.6},
        "times_ms": {stage: {"median": 4.2, "p95": 6.0} for stage in ("decode", "level", "network", "unpack")},
        "alone_ms": {"median": 16.8, "p95": 24.0, "images": 16.0},
        "speed": {"wall_s": 3.1, "frames_per_s": 38.7, "times_real_time": 3.9, "with_video": True},
        "coverage": {"median": 0.62, "p5": 0.5},
        "flicker": {"median": 0.08, "p95": 0.2, "frames": 110},
        "trajectory": {"source": "odometry held to GPS", "metres": 14.2, "frames": 120},
        "truth": truth,
        "configuration": {"engine": "engines/towns-edge", "every": 1},
    }
    said["verdict"] = [each._asdict() for each in verdict(table, said)]
    return said


def scores() -> dict[str, Any]:
    """A truth with both figures, from maps that are right by some two thirds."""
    random = np.random.default_rng(0)
    scoring = Scoring()
    observed = np.ones((100, 100), bool)
    for k in range(30):
        masks = np.zeros((6, 100, 100), bool)
        masks[0, :, 40:60], masks[2, :, 60 : 65 + k % 5], masks[3, :30, :20] = True, True, True
        said = np.where(random.random(masks.shape) < 0.1, ~masks, masks).astype(np.float32)
        scoring.add(k * 10**9, SemanticMap(said, observed, k * 10**9), TrueMap(masks, observed))
    moved = {
        "search_window": {"metres": 8.0, "degrees": 8.0},
        "gps_error_east_m": 2.5,
        "gps_error_north_m": -1.0,
        "size_m": 2.7,
        "turn_deg": 0.4,
        "at_the_edge": False,
        "segments": [{"frames": 15, "gps_error_east_m": 2.0, "gps_error_north_m": -1.0, "turn_deg": 0.4}] * 2,
    }
    return {"name": "osm", "score": scoring.record(), "aligned": {"score": scoring.record(), "alignment": moved}}


def shown() -> list[Picture]:
    """Best, typical, worst."""
    frame = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
    gravity = Gravity.from_roll_pitch(0.05, 0.1)
    view = Rectifier(CAMERA)(frame, gravity)
    found = SemanticMap(np.full((6, 100, 100), 0.6, np.float32), np.tri(100, 100, dtype=bool))
    return [picture_of(name, "12.3 s, agreement 0.61", frame, view, found, found) for name in ("best", "worst")]


def _row(k: int, problem: bool) -> dict[str, Any]:
    wave = math.sin(k / 9)
    known = {
        "roll": 0.02 * wave,
        "pitch": 0.05,
        "coverage": 0.6 + 0.1 * wave,
        "confidence": 0.7,
        **{f"share_{name}": 0.2 for name in CLASS_NAMES},
        "ms_level": 1.8,
        "ms_network": 12 + wave,
        "ms_unpack": 0.9,
        "flicker": 0.1 + 0.05 * wave,
        "agreement": 0.5 + 0.3 * wave,
        "agreement_aligned": 0.6 + 0.3 * wave,
    }
    return {
        "index": k,
        "stamp": 1_700_000_000_000_000_000 + k * 10**8,
        "received": 1_700_000_000_000_000_000 + k * 10**8,
        "problem": "gravity" if problem else "",
        "problem_line": "gravity: no IMU sample" if problem else "",
        "width": 640,
        "height": 480,
        "ms_decode": 2.5,
        **(dict.fromkeys(known) if problem else known),
        **dict.fromkeys(COLUMNS, 0.01 * wave),
        "pose_x": 0.12 * k,
        "pose_y": 3 * wave,
    }
