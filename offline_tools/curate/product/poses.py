# SPDX-License-Identifier: Apache-2.0
"""How photos were taken: poses from Mapillary's reconstruction, as dump.json and the maps need them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np
import polars as pl
from pyproj import Transformer

from mia_ros.arrays import FloatArray
from mia_ros.camera import Camera
from mia_ros.gravity import Gravity
from offline_tools.dataset import Drive, PosedImage
from offline_tools.errors import DatasetError

#: A row of the table of metadata.
Photo: TypeAlias = Mapping[str, Any]

_NEEDED = (
    "id",
    "sequence",
    "captured_at",
    "altitude",
    "computed_altitude",
    "computed_rotation",
    "computed_compass_angle",
    "computed_geometry.long",
    "computed_geometry.lat",
    "sfm_cluster.id",
)
#: Degrees. In Mapillary's answers both headings agree to 0.01.
_HEADINGS_DIFFER = 1.0
#: A turn has at most pi radians; other numbers are no angle and axis, though they would be taken modulo a turn.
_LARGEST_TURN = 4 * math.pi
#: Where the camera looks so steeply up or down, no heading can be told.
_LEVEL_PART = 1e-3


class PoseError(DatasetError):
    """How a photo was taken is not known; of others it is."""


def camera_in_world(photo: Photo) -> FloatArray:
    """(3, 3) rotation R_c2w, from the camera's optical frame to east-north-up, of a photo's metadata.

    Refuses a rotation that is none, or that does not look where `computed_compass_angle` says.
    """
    turn = photo["computed_rotation"]
    if turn is None or len(turn) != 3 or any(value is None or not abs(value) <= _LARGEST_TURN for value in turn):
        raise PoseError("computed_rotation is missing or no angle and axis: the photo was not reconstructed")
    rotation = np.asarray(cv2.Rodrigues(np.asarray(turn, np.float64))[0], np.float64).T
    _check_heading(heading_of(rotation), photo["computed_compass_angle"])
    return rotation


def heading_of(rotation: FloatArray) -> float:
    """Degrees clockwise from north, 0 to 360, in which a camera with this R_c2w looks."""
    east, north = rotation[:2, 2].tolist()
    if math.hypot(east, north) < _LEVEL_PART:
        raise PoseError("computed_rotation looks straight up or down, so no map can be turned along its heading")
    return math.degrees(math.atan2(east, north)) % 360


def position_of(photo: Photo) -> tuple[float, float]:
    """Latitude and longitude, degrees, where the reconstruction has the camera."""
    lat, lon = photo["computed_geometry.lat"], photo["computed_geometry.long"]
    if lat is None or lon is None or not (abs(lat) <= 90 and abs(lon) <= 180):
        raise PoseError("computed_geometry is missing or no place on Earth: the photo was not reconstructed")
    return lat, lon


def drives(views: pl.DataFrame, metadata: pl.DataFrame, origin: tuple[float, float]) -> dict[str, Drive]:
    """The drives of dump.json, by sequence: in the order of their names, images in the order of their times.

    views: rows of VIEWS; those with a problem are left out. metadata: rows of METADATA. origin: longitude and latitude
    of the point from which `position` counts metres east, north and up of the ellipsoid.
    """
    good = views.filter(pl.col("problem").is_null())
    joined = good.join(metadata.select(_NEEDED), "id", "inner", maintain_order="left")
    if len(joined) < len(good):
        raise DatasetError(f"poses: {len(good) - len(joined)} views are of photos that the metadata do not have")
    ordered = joined.sort("sequence", "captured_at", maintain_order=True)
    places = metres_from(origin, [_place(photo) for photo in ordered.iter_rows(named=True)])
    by_sequence: dict[str, list[tuple[Photo, FloatArray]]] = {}
    for photo, place in zip(ordered.iter_rows(named=True), places, strict=True):
        by_sequence.setdefault(photo["sequence"] or "", []).append((photo, place))
    return {name: _drive(images) for name, images in by_sequence.items()}


def metres_from(origin: tuple[float, float], places: Sequence[tuple[float, float, float]]) -> FloatArray:
    """(n, 3) metres east, north and up of an origin (longitude, latitude); places: longitude, latitude, altitude."""
    lon, lat = origin
    steps = (
        "+proj=unitconvert +xy_in=deg +xy_out=rad",
        "+proj=cart +ellps=WGS84",
        f"+proj=topocentric +ellps=WGS84 +lon_0={lon!r} +lat_0={lat!r} +h_0=0",
    )
    to_metres = Transformer.from_pipeline(f"+proj=pipeline +step {' +step '.join(steps)}")
    table = np.array(places, np.float64).reshape(-1, 3)
    return np.stack(to_metres.transform(*table.T), axis=1)


def _check_heading(heading: float, compass: float | None) -> None:
    if compass is None:
        return
    apart = abs((heading - compass + 180) % 360 - 180)
    if not apart <= _HEADINGS_DIFFER:
        raise PoseError(
            f"computed_rotation looks {heading:.1f} degrees from north, but computed_compass_angle says {compass:.1f}"
        )


def _place(photo: Photo) -> tuple[float, float, float]:
    """Where no altitude was computed, that of the GPS is the next best; nothing that is trained on depends on it."""
    lat, lon = position_of(photo)
    known = (photo[name] for name in ("computed_altitude", "altitude"))
    return lon, lat, next((value for value in known if value is not None and math.isfinite(value)), 0.0)


def _drive(images: Iterable[tuple[Photo, FloatArray]]) -> Drive:
    names: dict[Camera, str] = {}
    posed = []
    for photo, place in images:
        camera = _pinhole(photo)
        posed.append(_posed(photo, place, names.setdefault(camera, str(len(names)))))
    return Drive({name: camera for camera, name in names.items()}, posed)


def _pinhole(view: Photo) -> Camera:
    width, height, focal = view["width"], view["height"], view["focal"]
    return Camera(width, height, focal, focal, width / 2 - 0.5, height / 2 - 0.5)


def _posed(photo: Photo, place: FloatArray, camera: str) -> PosedImage:
    to_view = np.array(photo["rotation"], np.float64).reshape(3, 3)
    rotation = camera_in_world(photo) @ to_view.T
    down = Gravity.from_vector(-rotation[2])
    lon, lat, altitude = _place(photo)
    return PosedImage(
        id=photo["view_id"],
        camera=camera,
        lat=lat,
        lon=lon,
        altitude=altitude,
        roll=down.roll,
        pitch=down.pitch,
        yaw=math.radians(heading_of(rotation)),
        position=place,
        rotation=rotation,
        capture_time=photo["captured_at"] or 0,
        chunk=_number(photo["sfm_cluster.id"]),
    )


def _number(cluster: str | None) -> int:
    return int(cluster) if cluster is not None and cluster.isdecimal() else 0
