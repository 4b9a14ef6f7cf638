# SPDX-License-Identifier: Apache-2.0
"""The nine channels of a drawn map, in the order of the published masks, and the six of them that Mapper learns."""

from mia_ros.taxonomy import CLASS_NAMES

CHANNELS = ("road", "crossing", "explicit_pedestrian", "park", "building", "water", "terrain", "parking", "train")
CHANNEL_INDEX = {name: index for index, name in enumerate(CHANNELS)}

_CHANNEL_OF_CLASS = {"sidewalk": "explicit_pedestrian"}

#: Channels of the six training classes, in the order of the taxonomy.
TRAINING_CHANNELS = tuple(CHANNEL_INDEX[_CHANNEL_OF_CLASS.get(name, name)] for name in CLASS_NAMES)
