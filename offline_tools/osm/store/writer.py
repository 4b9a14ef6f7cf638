# SPDX-License-Identifier: Apache-2.0
"""From the stream of a source to the files of a store, in memory that does not grow with the map."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from offline_tools.errors import MapSourceError
from offline_tools.osm.elements import Int64Array
from offline_tools.osm.lengths import metres
from offline_tools.osm.sources import map_items
from offline_tools.osm.sources.stream import GIVEN_TWICE, UNIT, Area, Bounds, Node, Progress, Skipped, Way
from offline_tools.osm.store.batch import Batch
from offline_tools.osm.store.features import Features, Kind
from offline_tools.osm.store.grid import Degrees, block_name, blocks_of
from offline_tools.osm.store.manifest import MANIFEST, Counts, MapManifest, Source
from offline_tools.osm.store.spill import Spill
from offline_tools.osm.store.tables import write_features

BATCH_BYTES = 32 << 20  # of features in memory; sorting them takes some four times as much for a moment
UNREADABLE_WIDTH = "width that is no length, not used"
_EXAMPLES = 5

Item = Way | Area | Node
_KINDS = {Way: Kind.WAY, Area: Kind.AREA, Node: Kind.NODE}


def write_store(path: Path, source: Source, folder: Path, work: Path, progress: Progress) -> None:
    """Make the files of the store of a map file in `folder`; `work` is an empty folder for what comes between."""
    writer = _Writer(Spill(work / "parts.bin"))
    try:
        for item in map_items(path, work, progress):
            writer.add(item)
        writer.flush()
        if not any(writer.counts[kind] for kind in (Kind.WAY, Kind.AREA)):
            raise MapSourceError(_nothing_to_draw(path, writer))
        writer.drop_duplicates()
        writer.write_blocks(folder / "blocks", progress)
    finally:
        writer.spill.close()
    manifest = writer.manifest(source)
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _nothing_to_draw(path: Path, writer: _Writer) -> str:
    skipped = ", ".join(f"{count} x {reason}" for reason, count in writer.skipped.items())
    left_out = f"; left out: {skipped}" if skipped else ""
    advice = "download it with its ways and their nodes (Overpass: 'out body; >; out skel qt;')"
    return (
        f"map {path}: no tagged way or area that could be drawn ({writer.counts[Kind.NODE]} nodes){left_out}; {advice}"
    )


class _Writer:
    def __init__(self, spill: Spill) -> None:
        self.spill = spill
        self.counts = dict.fromkeys(Kind, 0)
        self.skipped: dict[str, int] = {}
        self._examples: dict[str, list[int]] = {}
        self._declared: Degrees | None = None
        self._extent: Int64Array | None = None
        self._batch = Batch()
        self._rows = 0
        self._last = dict.fromkeys(Kind, -(2**63))
        self._sorted = True
        self._dropped: Int64Array = np.zeros(0, np.int64)

    def add(self, item: Item | Skipped | Bounds) -> None:
        if isinstance(item, Skipped):
            self._skip(item.reason, item.id)
        elif isinstance(item, Bounds):
            self._declared = (item.west, item.south, item.east, item.north)
        else:
            kind = _KINDS[type(item)]
            self._sorted = self._sorted and item.id > self._last[kind]
            self._last[kind] = item.id
            self.counts[kind] += 1
            if isinstance(item, Way) and "highway" in item.tags and metres(item.tags.get("width", "0")) is None:
                self._skip(UNREADABLE_WIDTH, item.id)
            self._batch.add(item, self._rows)
            self._rows += 1
            if self._batch.size >= BATCH_BYTES:
                self.flush()

    def flush(self) -> None:
        """Sort what is in memory into blocks, and put it aside."""
        features, self._batch = self._batch.features(), Batch()
        self._widen(features.bounds[features.kind != Kind.NODE])
        index, keys = blocks_of(features.bounds.astype(np.int64))
        order = np.argsort(keys, kind="stable")
        found, first = np.unique(keys[order], return_index=True)
        for key, chosen in zip(found.tolist(), np.split(index[order], first[1:]), strict=False):
            self.spill.add(key, features.take(chosen))

    def drop_duplicates(self) -> None:
        """Of what a file gives more than once, the last holds; ids that only ever grow cannot repeat."""
        if self._sorted:
            return
        columns = [np.stack([part.row, part.kind.astype(np.int64), part.ids]) for part in self.spill.parts()]
        _, first = np.unique(np.concatenate(columns, axis=1)[0], return_index=True)
        row, kind, ids = np.concatenate(columns, axis=1)[:, first]
        order = np.lexsort((row, ids, kind))
        same = (np.diff(ids[order]) == 0) & (np.diff(kind[order]) == 0)
        repeated = order[:-1][same]
        self._dropped = np.sort(row[repeated])
        for index in repeated.tolist():
            self.counts[Kind(kind[index])] -= 1
            self._skip(GIVEN_TWICE, int(ids[index]))

    def write_blocks(self, folder: Path, progress: Progress) -> None:
        """Bring the parts of each block together."""
        keys = self.spill.keys()
        for done, key in enumerate(keys):
            progress(done, len(keys), "blocks")
            block = self.spill.block(key)
            write_features(folder / block_name(key), self._without_dropped(block).in_order())
        progress(len(keys), len(keys), "blocks")

    def manifest(self, source: Source) -> MapManifest:
        """What was written."""
        assert self._extent is not None
        west, south, east, north = (self._extent / UNIT).tolist()
        ways, areas, nodes = (self.counts[kind] for kind in Kind)
        return MapManifest(
            source=source,
            bounds=self._declared or (west, south, east, north),
            bounds_declared=self._declared is not None,
            counts=Counts(ways=ways, areas=areas, nodes=nodes),
            skipped=self.skipped,
            examples={reason: tuple(ids) for reason, ids in self._examples.items()},
            blocks=tuple(self.spill.keys()),
        )

    def _without_dropped(self, features: Features) -> Features:
        return features.take(~np.isin(features.row, self._dropped)) if len(self._dropped) else features

    def _skip(self, reason: str, id_: int) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + 1
        examples = self._examples.setdefault(reason, [])
        if len(examples) < _EXAMPLES:
            examples.append(id_)

    def _widen(self, bounds: Int64Array) -> None:
        if not len(bounds):
            return
        extent = np.concatenate([bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)]).astype(np.int64)
        if self._extent is not None:
            low, high = np.minimum(extent[:2], self._extent[:2]), np.maximum(extent[2:], self._extent[2:])
            extent = np.concatenate([low, high])
        self._extent = extent
