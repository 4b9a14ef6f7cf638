# SPDX-License-Identifier: Apache-2.0
"""On which side a road has a sidewalk: by its tags, or inferred where the map does not say."""

from __future__ import annotations

from dataclasses import dataclass

from offline_tools.osm.elements import Tags
from offline_tools.osm.style.model import Sidewalks

SIDES = frozenset({"left", "right", "both"})
_ABSENT = frozenset({"no", "none", "separate"})
_NOT_INFERRED = frozenset({"motorway", "motorway_link", "service"})
_QUIET = frozenset({"residential", "living_street"})


@dataclass(frozen=True)
class Pavement:
    """How sidewalks are told: the style's rules, the side that traffic keeps to, and whether to infer them."""

    rules: Sidewalks
    driving_side: str
    infer: bool

    def of_road(self, tags: Tags) -> str | None:
        """`both`, `left`, `right`, `none`, another value of the tag `sidewalk`, or None where nothing is known."""
        if self.rules.trust_absence:
            told = _told(tags, missing=self.infer)
            return self._inferred(tags) if told is None and self.infer else told
        if not self.infer:
            return tags.get("sidewalk")
        if tags.get("sidewalk") in SIDES:
            return tags["sidewalk"]
        if "sidewalk:left" in tags or "sidewalk:right" in tags:
            return _sides(tags.get("sidewalk:left") != "no", tags.get("sidewalk:right") != "no")
        return self._inferred(tags)

    def _inferred(self, tags: Tags) -> str:
        highway = tags.get("highway")
        if (
            highway in _NOT_INFERRED
            or tags.get("junction") in {"intersection", "roundabout"}
            or tags.get("foot") == "no"
        ):
            return "none"
        if tags.get("oneway") == "yes" and not (highway in _QUIET and tags.get("dual_carriageway") != "yes"):
            return self.driving_side
        return "both"


def _told(tags: Tags, *, missing: bool) -> str | None:
    """What the tags say, absence included; `missing` is taken for a side of which they say nothing."""
    value = tags.get("sidewalk", tags.get("sidewalk:both"))
    if value in _ABSENT:
        return "none"
    if value == "yes":
        return "both"
    if value in SIDES:
        return value
    if "sidewalk:left" not in tags and "sidewalk:right" not in tags:
        return None
    left, right = (_side(tags.get(f"sidewalk:{side}"), missing) for side in ("left", "right"))
    return _sides(left, right)


def _side(value: str | None, missing: bool) -> bool:
    return missing if value is None else value not in _ABSENT


def _sides(left: bool, right: bool) -> str:
    if left and right:
        return "both"
    return "left" if left else "right" if right else "none"
