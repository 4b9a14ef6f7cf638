# SPDX-License-Identifier: Apache-2.0
"""A process that draws: it opens the store by itself, and ends when the process that feeds it ends, however."""

from __future__ import annotations

from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from mia_ros.arrays import FloatArray
from mia_ros.errors import MiaError
from offline_tools.channels import CHANNEL_INDEX
from offline_tools.dataset import SEMANTIC_MASK, VISIBILITY_MASK, LocationWriter
from offline_tools.errors import CoverageError, DatasetError
from offline_tools.osm import MapStore, Style, visibility
from offline_tools.osm.frame import view_of
from offline_tools.osm.render import render_view
from offline_tools.rendering.covering import reaches_out

PARTLY = "window partly outside the map"
NOTHING = "nothing is mapped there"  # such a map would teach that all is free
NOT_DRAWN = "no map can be drawn there"
DIED = "the process that drew it died"

_BUILDING = CHANNEL_INDEX["building"]


@dataclass(frozen=True)
class DrawTask:
    """What all maps of a job have in common; `store` is the folder of a parsed map."""

    store: Path
    out: Path
    location: str
    style: Style
    infer_sidewalks: bool
    driving_side: str
    size: tuple[int, int]
    resolution: float
    visibility: bool
    partial: bool  # also maps that reach beyond what the map file covers
    compress: bool


@dataclass(frozen=True)
class Chunk:
    """Some poses: their rows in the table, and (N, 3) latitude, longitude, heading in degrees."""

    rows: tuple[int, ...]
    ids: tuple[str, ...]
    poses: FloatArray

    def __len__(self) -> int:
        return len(self.ids)

    def smaller(self) -> list[Chunk]:
        """Pose by pose; nothing, if it is one pose."""
        if len(self) == 1:
            return []
        return [
            Chunk((row,), (id_,), self.poses[i : i + 1])
            for i, (row, id_) in enumerate(zip(self.rows, self.ids, strict=True))
        ]

    def lost(self, status: int | None) -> Drawn:
        """What is said of a pose at which the process died twice."""
        return Drawn(failed=[(DIED, f"{example(self.rows[0], self.ids[0])}: exit status {status}")])


@dataclass
class Drawn:
    """What became of a chunk: (reason, example) of each pose that was not drawn."""

    done: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def work(task: DrawTask, feed: Connection) -> None:
    """Draw the chunks that come in until no more do. A DatasetError in return ends the job: nothing can be written."""
    try:
        artist = _Artist(task)
        feed.send(None)
        while True:
            feed.send(artist.draw(feed.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the job is over, or its process was killed
    except MiaError as error:
        feed.send(error)


class _Artist:
    def __init__(self, task: DrawTask) -> None:
        self._task = task
        self._store = MapStore.open(task.store, driving_side=task.driving_side)
        kinds = (SEMANTIC_MASK, VISIBILITY_MASK) if task.visibility else (SEMANTIC_MASK,)
        self._writer = LocationWriter(task.out, task.location, task.compress, kinds)

    def draw(self, chunk: Chunk) -> Drawn:
        drawn = Drawn()
        for row, id_, (lat, lon, heading) in zip(chunk.rows, chunk.ids, chunk.poses.tolist(), strict=True):
            name = example(row, id_)
            try:
                skipped = self._draw(id_, lat, lon, heading)
            except CoverageError as error:
                drawn.failed.append((NOT_DRAWN, f"{name}: {error}"))
            except DatasetError:
                raise
            except Exception as error:  # noqa: BLE001 - one pose must not end a job of millions
                drawn.failed.append((type(error).__name__, f"{name}: {' '.join(str(error).split())[:200]}"))
            else:
                drawn.done += not skipped
                drawn.skipped += [(skipped, name)] if skipped else []
        return drawn

    def _draw(self, id_: str, lat: float, lon: float, heading: float) -> str:
        """Draw and write one map; why it is not wanted, or nothing."""
        task = self._task
        view = view_of(lat, lon, heading, task.size, task.resolution)
        if not task.partial and reaches_out(self._store, view):
            return PARTLY
        mask = render_view(self._store, view, task.style, task.infer_sidewalks)
        if not mask.any():
            return NOTHING
        if task.visibility:
            self._writer.visibility_mask(id_, visibility(mask[..., _BUILDING]))
        self._writer.semantic_mask(id_, mask)
        return ""


def example(row: int, id_: str | None) -> str:
    """How a pose is named in the summary."""
    return f"row {row}, id {(id_ or '')[:80]!r}"
