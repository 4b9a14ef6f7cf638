# SPDX-License-Identifier: Apache-2.0
"""MapStore: a street map on disk, parsed once, of which any part is at hand in milliseconds."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from offline_tools.errors import MapSourceError
from offline_tools.osm.elements import Elements
from offline_tools.osm.shapes import Shapes
from offline_tools.osm.sources.stream import Progress, silent
from offline_tools.osm.store.blocks import Blocks
from offline_tools.osm.store.drawings import Drawings
from offline_tools.osm.store.folder import store_of
from offline_tools.osm.store.grid import Box, Degrees
from offline_tools.osm.store.manifest import Counts, MapManifest, Source, read_manifest
from offline_tools.osm.store.shape_files import drawing_name
from offline_tools.osm.style import Style

DRIVING_SIDES = ("right", "left")


class MapStore:
    """A street map in blocks of 0.05 degrees, and the shapes that were drawn from them. Make one with `open`."""

    def __init__(self, folder: Path, manifest: MapManifest, driving_side: str) -> None:
        self.folder = folder
        self.driving_side = driving_side
        self._manifest = manifest
        self._blocks = Blocks(folder / "blocks", manifest.blocks)
        self._drawings = Drawings(folder / "shapes", self._blocks)

    @classmethod
    def open(
        cls,
        source: str | Path,
        *,
        driving_side: str = "right",
        folder: str | Path | None = None,
        progress: Progress = silent,
    ) -> MapStore:
        """A map file (.osm, .osm.gz, .osm.bz2, .osm.pbf, Overpass JSON), or the folder of a store.

        A file is parsed when it, or its content, is new; later it is only recognised. The store lies in the user's
        cache ($XDG_CACHE_HOME), or is `folder`. `progress` is called now and then with (done, total or None, what).
        """
        if driving_side not in DRIVING_SIDES:
            raise MapSourceError(f"driving_side '{driving_side}': want 'right' or 'left'")
        path = store_of(Path(source), Path(folder) if folder is not None else None, progress)
        return cls(path, read_manifest(path), driving_side)

    @property
    def bounds(self) -> Degrees:
        """West, south, east, north in degrees: as the file declares them, else the extent of its ways.

        West lies east of east where a declared box crosses the antimeridian.
        """
        return self._manifest.bounds

    @property
    def bounds_declared(self) -> bool:
        """Whether the file itself says what it covers."""
        return self._manifest.bounds_declared

    @property
    def counts(self) -> Counts:
        """Ways, areas and nodes."""
        return self._manifest.counts

    @property
    def skipped(self) -> dict[str, int]:
        """How much was left out, by reason."""
        return dict(self._manifest.skipped)

    @property
    def examples(self) -> dict[str, tuple[int, ...]]:
        """The first few ids of what was left out, by reason."""
        return dict(self._manifest.examples)

    @property
    def source(self) -> Source:
        """The map file that this was made from."""
        return self._manifest.source

    @property
    def licence(self) -> str:
        """Of the data."""
        return self._manifest.licence

    def elements(self, box: Degrees) -> Elements:
        """All whose bounds touch a box (west, south, east, north), each once and whole, in the order of the file."""
        return self._blocks.touching(Box.of(box)).elements()

    def shapes(self, style: Style, infer_sidewalks: bool, box: Degrees) -> Shapes:
        """All that a style draws of the block around the centre of `box`, which reaches 400 m beyond it on each side.

        For a box that is larger, of all that is near the box. Shapes of blocks are kept on disk and in memory; their
        columns are read-only.
        """
        drawing = drawing_name(style.name, style.digest, infer_sidewalks, self.driving_side)
        return self._drawings.shapes(drawing, Box.of(box), partial(self._compiled, style, infer_sidewalks))

    def _compiled(self, style: Style, infer_sidewalks: bool, elements: Elements) -> Shapes:
        from offline_tools.osm.scene import compile_shapes

        return compile_shapes(elements, style, driving_side=self.driving_side, infer_sidewalks=infer_sidewalks)
