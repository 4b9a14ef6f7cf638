# SPDX-License-Identifier: Apache-2.0
"""Where street maps come from: files of every common format, and OpenStreetMap's servers for small boxes."""

from __future__ import annotations

from pathlib import Path

from offline_tools.osm.sources.formats import map_format
from offline_tools.osm.sources.stream import Progress, Stream, silent

__all__ = ["map_items"]


def map_items(path: Path, work: Path, progress: Progress = silent) -> Stream:
    """All that a map file holds, streamed; `work` is an empty folder for what does not fit into memory."""
    kind = map_format(path)
    if kind.osmium is None:
        from offline_tools.osm.sources.overpass_json import json_items

        return json_items(path, kind, progress)
    from offline_tools.osm.sources.osm_file import osm_items

    return osm_items(path, kind, work, progress)
