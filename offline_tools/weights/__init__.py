# SPDX-License-Identifier: Apache-2.0
"""Weights from outside: fetched from where they are published, checked to the last key, kept without pickle."""

from offline_tools.weights.catalogue import CatalogueEntry, catalogue_entry, read_catalogue
from offline_tools.weights.fetching import fetch
from offline_tools.weights.folder import read_weights, write_folder
from offline_tools.weights.importing import import_weights
from offline_tools.weights.manifest import WeightsManifest

__all__ = [
    "CatalogueEntry",
    "WeightsManifest",
    "catalogue_entry",
    "fetch",
    "import_weights",
    "read_catalogue",
    "read_weights",
    "write_folder",
]
