# SPDX-License-Identifier: Apache-2.0
"""Street maps: any source of OpenStreetMap data into a store, and from it the map around any pose, in milliseconds."""

from offline_tools.channels import CHANNELS, TRAINING_CHANNELS
from offline_tools.osm.render import render
from offline_tools.osm.store import MapStore
from offline_tools.osm.style import Style, load_style
from offline_tools.osm.visibility import visibility

__all__ = ["CHANNELS", "TRAINING_CHANNELS", "MapStore", "Style", "load_style", "render", "visibility"]
