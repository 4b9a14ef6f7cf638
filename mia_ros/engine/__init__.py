# SPDX-License-Identifier: Apache-2.0
"""Engines: exported networks in folders, and what runs them."""

from mia_ros.engine.backend import Backend
from mia_ros.engine.choice import AUTO_ORDER, BACKENDS, BackendChoice, load_backend
from mia_ros.engine.manifest import EngineGrid, EngineInput, EngineManifest
from mia_ros.hashing import sha256_of

__all__ = [
    "AUTO_ORDER",
    "BACKENDS",
    "Backend",
    "BackendChoice",
    "EngineGrid",
    "EngineInput",
    "EngineManifest",
    "load_backend",
    "sha256_of",
]
