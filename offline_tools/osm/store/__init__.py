# SPDX-License-Identifier: Apache-2.0
"""The store of a street map: parsed once, then any part of it at hand."""

from offline_tools.osm.store.map_store import MapStore

__all__ = ["MapStore"]
