# SPDX-License-Identifier: Apache-2.0
"""True maps for a replay: from the recording itself, from a data set, or from the street map at the camera's pose."""

from offline_tools.replay.truth.bag import bag_truth
from offline_tools.replay.truth.dataset import dataset_truth
from offline_tools.replay.truth.osm import OsmTruth, osm_truth
from offline_tools.replay.truth.true_map import TrueMap, TruthSource

__all__ = ["OsmTruth", "TrueMap", "TruthSource", "bag_truth", "dataset_truth", "osm_truth"]
