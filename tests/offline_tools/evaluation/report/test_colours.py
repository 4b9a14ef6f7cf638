# SPDX-License-Identifier: Apache-2.0
import pytest

from mia_ros.taxonomy import CLASSES
from offline_tools.evaluation.report.colours import DARK_PAPER, LIGHT_PAPER, class_variables, contrast, readable

COLOURS = [entry.colour for entry in CLASSES]


def test_contrast_is_that_of_the_standard() -> None:
    """WCAG 2: black on white is 21, and #777777 on white 4.48."""
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((0x77, 0x77, 0x77), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize(("paper", "least"), [(LIGHT_PAPER, 1.9), (DARK_PAPER, 3.0)])
def test_every_class_stands_out_from_the_paper(paper, least) -> None:
    for colour in COLOURS:
        assert contrast(readable(colour, paper), paper) >= least


def test_what_stands_out_keeps_the_colour_of_the_taxonomy() -> None:
    assert readable(COLOURS[0], LIGHT_PAPER) == COLOURS[0] and readable(COLOURS[1], DARK_PAPER) == COLOURS[1]
    assert readable(COLOURS[0], DARK_PAPER) != COLOURS[0]


def test_every_class_has_its_variable() -> None:
    assert [part.split(":")[0] for part in class_variables(LIGHT_PAPER).split()[::2]] == [f"--c{i}" for i in range(6)]
