# SPDX-License-Identifier: Apache-2.0
"""True maps from a street map, drawn where the camera was and along its heading."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mia_ros.arrays import BoolArray, FloatArray
from mia_ros.errors import ReplayError
from offline_tools.channels import TRAINING_CHANNELS
from offline_tools.dataset.sample import CROP, MAP_SIZE
from offline_tools.errors import CoverageError
from offline_tools.osm import MapStore, load_style, render
from offline_tools.osm.frame import view_of
from offline_tools.replay.trajectory import GroundPose, Trajectory
from offline_tools.replay.truth.true_map import TrueMap, true_map

#: Poses that are looked at to say whether the map is the right one.
_PROBES = 200
#: The ground ahead reaches beyond a map whose extent is not declared, m, without a word.
_MARGIN = 50.0

Pose = tuple[float, float, float]


class OsmTruth:
    """Style `mia`, with the sidewalks that tags do not mention, as everywhere."""

    name = "osm"

    def __init__(self, store: MapStore, trajectory: Trajectory) -> None:
        self.store = store
        self.trajectory = trajectory
        self.style = load_style("mia")
        self._asked = self._found = self._outside = 0
        _check_covered(store, trajectory)

    def of(self, stamp: int) -> TrueMap | None:
        self._asked += 1
        pose = self.trajectory.at(stamp)
        if pose is None:
            return None
        found = self.at(pose)
        self._found += found is not None
        self._outside += found is None
        return found

    def at(self, pose: GroundPose) -> TrueMap | None:
        """The map at a pose; None beyond the street map."""
        globe = self.trajectory.globe(pose)
        try:
            mask = render(self.store, *globe, self.style, True)
        except CoverageError:
            return None
        masks = np.ascontiguousarray(np.moveaxis(mask[CROP][..., TRAINING_CHANNELS], -1, 0)).astype(np.bool_)
        found = true_map(masks)
        return found._replace(visible=found.visible & self._covered(globe))

    def record(self) -> dict[str, Any]:
        store = self.store
        return {
            "name": self.name,
            "map": store.source.name,
            "map_digest": store.source.digest,
            "licence": store.licence,
            "style": self.style.name,
            "infer_sidewalks": True,
            "driving_side": store.driving_side,
            "trajectory": self.trajectory.source,
            "asked": self._asked,
            "found": self._found,
            "outside_the_map": self._outside,
        }

    def _covered(self, globe: Pose) -> BoolArray:
        """(100, 100): cells that lie in what the map says that it covers."""
        store = self.store
        view = view_of(*globe)
        if not store.bounds_declared or _within(store.bounds, np.array([view.box[:2], view.box[2:]])).all():
            return np.ones((100, 100), np.bool_)
        right, down = np.meshgrid(np.arange(MAP_SIZE) + 0.5, np.arange(MAP_SIZE) + 0.5)
        pixels = np.stack([right[CROP], down[CROP]], -1) - view.matrix[:, 2]
        places = pixels @ np.linalg.inv(view.matrix[:, :2]).T
        places[..., 1] = np.degrees(2 * np.arctan(np.exp(np.radians(places[..., 1]))) - np.pi / 2)
        return _within(store.bounds, places)


def osm_truth(store: MapStore, trajectory: Trajectory) -> OsmTruth:
    """The street map at every pose of a path; refuses a map that most of the path is not on."""
    return OsmTruth(store, trajectory)


def _within(bounds: tuple[float, float, float, float], places: FloatArray) -> BoolArray:
    """Which longitudes and latitudes (..., 2) are in west, south, east, north, also across the antimeridian."""
    west, south, east, north = bounds
    lon, lat = places[..., 0], places[..., 1]
    across = (west <= lon) & (lon <= east) if west <= east else (west <= lon) | (lon <= east)
    return np.asarray(across & (south <= lat) & (lat <= north))


def _check_covered(store: MapStore, trajectory: Trajectory) -> None:
    frame = trajectory.frame
    known = trajectory.poses[np.isfinite(trajectory.poses).all(1)]
    if not len(known):
        raise ReplayError(
            f"osm truth: the path by {trajectory.source} never says where the camera looks; drive faster than walking "
            f"slowly, or record odometry or an IMU with orientation"
        )
    probes = known[:: math.ceil(len(known) / _PROBES)]
    lat, lon = frame.to_globe(probes[:, 0], probes[:, 1])
    margin = 0.0 if store.bounds_declared else _MARGIN / frame.metres_per_degree
    west, south, east, north = store.bounds
    wider = west - margin, south - margin, east + margin, north + margin
    outside = ~_within(wider, np.stack([lon, lat], -1))
    if outside.mean() > 0.5:
        raise ReplayError(_far_away(store, outside, lat, lon))


def _far_away(store: MapStore, outside: BoolArray, lat: FloatArray, lon: FloatArray) -> str:
    west, south, east, north = store.bounds
    up = np.maximum(np.maximum(south - lat, lat - north), 0)
    across = np.maximum(np.maximum(west - lon, lon - east), 0) * np.cos(np.radians(lat)) if west <= east else up * 0
    kilometres = np.hypot(up, across)[outside] * 111.2
    k = int(np.flatnonzero(outside)[0])
    return (
        f"osm truth: {outside.mean():.0%} of the path lies outside the map {store.source.name}, "
        f"{kilometres.min():.1f} to {kilometres.max():.1f} km from it (the path: latitude {lat[k]:.5f}, longitude "
        f"{lon[k]:.5f}; the map: latitudes {south:.5f} to {north:.5f}, longitudes {west:.5f} to {east:.5f}); give the "
        f"map of this place"
    )
