# SPDX-License-Identifier: Apache-2.0
"""From a photo with a lens to its pinhole picture at 512 pixels: ours against the plain way, and whole photos."""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.measure import DEFAULT_PHOTOS, Duel, duel
from mia_ros.demo import STREET_CAMERA
from mia_ros.gravity import LEVEL
from mia_ros.street import draw_street
from offline_tools.curate.undistortion import OpensfmCamera, undistort, undistort_photo

WIDTH, HEIGHT, SIZE = 2048, 1536, 512
#: Each with the CPU milliseconds that a whole photo may take, decoded, undistorted and encoded.
CAMERAS = (
    (OpensfmCamera("perspective", 0.8, -0.08, 0.02), 20.0),
    (OpensfmCamera("fisheye", 0.45, -0.03, 0.005), 32.0),
)
TARGET_RATIO, TARGET_ERROR = 5.0, 1.0
_JPEG_QUALITY = 90


def main() -> int:
    """Exit status 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.undistortion", description=__doc__)
    parser.add_argument("--photos", type=Path, default=DEFAULT_PHOTOS, help="folder with photos (*.jpg, any depth)")
    parser.add_argument("--rounds", type=int, default=9, help="measurements of the baseline for each camera")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    photos, source = _photos(options.photos)
    print(f"Undistortion: {WIDTH} x {HEIGHT} -> {SIZE} pixels a side, 1 thread; {source}.")
    print("Baseline: maps made for each photo, remapped at full size, resized by area; no decode, no encode.")
    print("Whole photo: JPEG decoded, undistorted, encoded; the map of the camera is there; CPU time.")
    print(f"{'camera':>12} {'plain ms':>9} {'ours ms':>8} {'ratio':>6} {'error':>6} {'first ms':>9} ", end="")
    print(f"{'plain photo':>12} {'our photo':>10} {'error':>6}")
    rows = [_row(photos, camera, limit, options.rounds) for camera, limit in CAMERAS]
    good = all(rows)
    print(f"Errors: mean grey levels against the plain way, worst photo. Targets: ratio >= {TARGET_RATIO:g}, ", end="")
    print(f"errors <= {TARGET_ERROR:g}, our photo <= 20 (perspective) and 32 (fisheye) ms: ", end="")
    print("met" if good else "MISSED")
    return 0 if good else 1


def _row(photos: list[np.ndarray], camera: OpensfmCamera, limit: float, rounds: int) -> bool:
    first = _cpu(lambda: undistort(photos[0], camera))
    race = _race(photos, camera, rounds)
    error = max(_error(undistort(photo, camera).image, plain(photo, camera)) for photo in photos)
    files = [cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes() for photo in photos]
    baseline = statistics.median(_cpu(lambda file=file: _encoded(plain(_decoded(file), camera))) for file in files[:5])
    ours = statistics.median(_cpu(lambda file=file: _ours(file, camera)) for file in files * 4)
    whole = max(_error(undistort_photo(file, camera)[0].image, plain(_decoded(file), camera)) for file in files)
    print(
        f"{camera.projection:>12} {race.baseline_ms:9.1f} {race.ours_ms:8.2f} {race.ratio:6.1f} {error:6.2f} "
        f"{first:9.1f} {baseline:12.1f} {ours:10.1f} {whole:6.2f}"
    )
    return race.ratio >= TARGET_RATIO and max(error, whole) <= TARGET_ERROR and ours <= limit


def _race(photos: list[np.ndarray], camera: OpensfmCamera, rounds: int) -> Duel:
    return duel(
        [lambda photo=photo: plain(photo, camera) for photo in photos],
        [lambda photo=photo: undistort(photo, camera) for photo in photos],
        rounds,
    )


def plain(photo: np.ndarray, camera: OpensfmCamera) -> np.ndarray:
    """The plain way: one float32 map a photo, at the photo's size."""
    height, width = photo.shape[:2]
    side = max(width, height)
    x = (np.arange(width) - width / 2) / (side * camera.focal)
    y = (np.arange(height) - height / 2) / (side * camera.focal)
    x, y = np.meshgrid(x, y)
    if camera.projection == "fisheye":
        radius = np.hypot(x, y)
        bend = np.divide(np.arctan(radius), radius, out=np.ones_like(radius), where=radius > 0)
        x, y = x * bend, y * bend
    squared = x**2 + y**2
    scale = (1 + camera.k1 * squared + camera.k2 * squared**2) * camera.focal * side
    maps = (x * scale + width / 2).astype(np.float32), (y * scale + height / 2).astype(np.float32)
    full = cv2.remap(photo, *maps, cv2.INTER_LINEAR)
    return cv2.resize(full, (round(width * SIZE / side), round(height * SIZE / side)), interpolation=cv2.INTER_AREA)


def _ours(file: bytes, camera: OpensfmCamera) -> bytes:
    return _encoded(undistort_photo(file, camera)[0].image)


def _decoded(file: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)


def _encoded(image: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def _error(image: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(image.astype(np.int16) - wanted).mean())


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e3


def _photos(folder: Path) -> tuple[list[np.ndarray], str]:
    """Photos that are large enough, brought to one size; without any, a drawn street."""
    found = [cv2.imread(str(path)) for path in sorted(folder.rglob("*.jpg"))]
    large = [photo for photo in found if photo is not None and min(photo.shape[:2]) >= HEIGHT]
    if not large:
        camera = STREET_CAMERA.scaled(WIDTH / 1280, HEIGHT / 720, WIDTH, HEIGHT)
        return [draw_street(camera, LEVEL)], "a drawn street (no photos given)"
    return [_cut(photo) for photo in large], f"{len(large)} photos of at least {HEIGHT} rows"


def _cut(photo: np.ndarray) -> np.ndarray:
    """The middle, as large as its shape allows, resized by area."""
    scale = min(photo.shape[1] / WIDTH, photo.shape[0] / HEIGHT)
    size = int(WIDTH * scale), int(HEIGHT * scale)
    cut = cv2.getRectSubPix(photo, size, (photo.shape[1] / 2, photo.shape[0] / 2))
    return cv2.resize(cut, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    sys.exit(main())
