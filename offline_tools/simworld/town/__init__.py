# SPDX-License-Identifier: Apache-2.0
"""Towns that do not exist: from a seed, a street map as OpenStreetMap XML that looks like a real one."""

from offline_tools.simworld.town.plan import TownPlan
from offline_tools.simworld.town.town import Town, make_town

__all__ = ["Town", "TownPlan", "make_town"]
