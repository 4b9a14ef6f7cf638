# SPDX-License-Identifier: Apache-2.0
from mia_ros.taxonomy import CLASS_INDEX, CLASS_NAMES, CLASSES, NO_CLASS_COLOUR, UNOBSERVED_COLOUR, label_colours


def test_order_of_the_classes_is_settled() -> None:
    assert CLASS_NAMES == ("road", "crossing", "sidewalk", "building", "terrain", "parking")
    assert CLASS_INDEX["terrain"] == 4


def test_colours_can_be_told_apart() -> None:
    colours = [entry.colour for entry in CLASSES] + [NO_CLASS_COLOUR, UNOBSERVED_COLOUR]
    for index, one in enumerate(colours):
        for other in colours[:index]:
            assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) > 60


def test_every_label_has_a_colour() -> None:
    table = label_colours()
    assert table.shape == (256, 3)
    assert tuple(table[1]) == CLASSES[1].colour
    assert tuple(table[255]) == NO_CLASS_COLOUR
