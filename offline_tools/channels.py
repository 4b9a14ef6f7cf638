# SPDX-License-Identifier: Apache-2.0
"""The nine channels of a drawn map, in the order of the published masks, and the six of them that Mapper learns."""

from mia_ros.taxonomy import CLASS_NAMES, CLASSES

CHANNELS = ("road", "crossing", "explicit_pedestrian", "park", "building", "water", "terrain", "parking", "train")
CHANNEL_INDEX = {name: index for index, name in enumerate(CHANNELS)}

#: The channels' names as people and the taxonomy have them.
CHANNEL_LABELS = tuple("sidewalk" if name == "explicit_pedestrian" else name for name in CHANNELS)

#: Channels of the six training classes, in the order of the taxonomy.
TRAINING_CHANNELS = tuple(CHANNEL_LABELS.index(name) for name in CLASS_NAMES)

_COLOURS = {entry.name: entry.colour for entry in CLASSES} | {
    "park": (178, 216, 138),
    "water": (142, 214, 222),
    "train": (128, 92, 60),
}

#: RGB of each channel: the taxonomy's colour where the channel is a class of it.
CHANNEL_COLOURS = tuple(_COLOURS[label] for label in CHANNEL_LABELS)

#: Channels from the lowest to the topmost, where a picture has to put one over another.
DRAWING_ORDER = ("terrain", "park", "water", "parking", "explicit_pedestrian", "road", "crossing", "train", "building")
