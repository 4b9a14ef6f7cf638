# SPDX-License-Identifier: Apache-2.0
"""Mapper, the network: from a level image to a semantic map of the ground."""

from offline_tools.network.mapper_net import MapperNet, MapperOutput
from offline_tools.network.presets import PRESETS, Preset, build
from offline_tools.network.saved import load

__all__ = ["PRESETS", "MapperNet", "MapperOutput", "Preset", "build", "load"]
