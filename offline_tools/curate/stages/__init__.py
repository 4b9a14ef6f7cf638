# SPDX-License-Identifier: Apache-2.0
"""The steps from a place's name to a data set, each of which can be killed and goes on where it was."""

from offline_tools.curate.stages.filtering import Filters
from offline_tools.curate.stages.keyframes import Keyframes
from offline_tools.curate.stages.maps import Maps
from offline_tools.curate.stages.metadata import Metadata
from offline_tools.curate.stages.photos import Photos
from offline_tools.curate.stages.places import Places
from offline_tools.curate.stages.stage import At, Job, Report, Stage
from offline_tools.curate.stages.tiles import Tiles
from offline_tools.curate.stages.together import Splits, Statistics, Together
from offline_tools.curate.stages.undistortion import Undistortion

#: Of each location, in their order.
STAGES: tuple[Stage, ...] = (
    Places(),
    Tiles(),
    Metadata(),
    Filters(),
    Keyframes(),
    Photos(),
    Undistortion(),
    Maps(),
)
#: After all locations.
TOGETHER: tuple[Together, ...] = (Splits(), Statistics())
NAMES = (*(stage.name for stage in STAGES), *(step.name for step in TOGETHER))

__all__ = ["NAMES", "STAGES", "TOGETHER", "At", "Job", "Report", "Stage", "Together"]
