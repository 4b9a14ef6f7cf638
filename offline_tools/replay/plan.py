# SPDX-License-Identifier: Apache-2.0
"""JobPlan: what `mia replay` does, from the bag to the page."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import mia_ros
from mia_ros.engine.manifest import EngineManifest
from mia_ros.errors import ReplayError
from mia_ros.replay import ReplayPlan
from offline_tools.replay.scoring import SearchWindow

#: Kinds of truth, and what stands behind the colon.
TRUTHS = {"bag": "", "dataset": "FOLDER", "osm": "FILE"}


@dataclass(frozen=True)
class TruthPlan:
    """kind: one of TRUTHS, "": there is none. path: of a data set, or of a street map."""

    kind: str = ""
    path: Path | None = None
    driving_side: str = "right"
    window: SearchWindow | None = None

    @classmethod
    def parse(cls, text: str, driving_side: str = "right", window: SearchWindow | None = None) -> TruthPlan:
        """From "bag", "dataset:FOLDER", "osm:FILE", or nothing."""
        kind, _, rest = text.partition(":")
        wanted = ", ".join(f"{name}:{what}" if what else name for name, what in TRUTHS.items())
        if not text:
            return cls()
        if kind not in TRUTHS or bool(rest) != bool(TRUTHS[kind]):
            raise ReplayError(f"--truth {text}: want {wanted}")
        path = Path(rest).expanduser() if rest else None
        if path is not None and not path.exists():
            raise ReplayError(f"--truth {text}: there is no {path}")
        return cls(kind, path, driving_side, window)

    def record(self) -> dict[str, Any] | None:
        """For the resolved configuration."""
        if not self.kind:
            return None
        window = None if self.window is None else asdict(self.window)
        path = None if self.path is None else str(self.path)
        return {"kind": self.kind, "path": path, "driving_side": self.driving_side, "search_window": window}


@dataclass(frozen=True)
class JobPlan:
    """part: images after which what is done survives a kill; None: as many as take ten seconds."""

    replay: ReplayPlan
    out: Path
    truth: TruthPlan = TruthPlan()
    video: bool = True
    part: int | None = None

    def record(self) -> dict[str, Any]:
        """All settings, as they were resolved."""
        replay = self.replay
        return {
            "mia_ros": mia_ros.__version__,
            "bag": str(replay.bag.resolve()),
            "config": replay.config.model_dump(mode="json"),
            "topics": asdict(replay.wishes),
            "start": replay.start,
            "end": replay.end,
            "every": replay.every,
            "hfov_deg": replay.hfov_deg,
            "imu_offset": replay.imu_offset,
            "gravity_topic": replay.gravity_topic,
            "truth": self.truth.record(),
            "video": self.video,
        }

    def digest(self) -> str:
        """Of all that the maps depend on: where it is another, they are other maps."""
        said = {key: value for key, value in self.record().items() if key not in ("truth", "video")}
        said["engine"] = EngineManifest.load(self.replay.config.engine_path()).files
        said["recording"] = [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in self.recording()]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def recording(self) -> list[Path]:
        """The bag's files."""
        bag = self.replay.bag.resolve()
        if not bag.exists():
            raise ReplayError(f"{self.replay.bag}: there is no such bag")
        return sorted(path for path in bag.iterdir() if path.is_file()) if bag.is_dir() else [bag]
