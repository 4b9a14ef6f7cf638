# SPDX-License-Identifier: Apache-2.0
"""Short drives as bags with pictures of a few pixels, the topics in them, and maps that are nearly true."""

import dataclasses

import cv2
import numpy as np

from mia_ros import Camera, SemanticMap
from mia_ros.replay import ReplayTopics
from offline_tools.replay.trajectory import Gravities, read_trajectory
from offline_tools.simworld.drive import plan_drive, record
from offline_tools.simworld.drive.positioning import Fixes
from offline_tools.simworld.filming import drawing_of, truth_of

CAMERA = Camera(16, 12, 9.5, 9.5, 7.5, 5.5)
FRAME = "camera_optical_frame"
TOPICS = ReplayTopics(
    image="/camera/image_raw/compressed",
    image_type="sensor_msgs/msg/CompressedImage",
    camera_info="/camera/camera_info",
    imu="/imu/data",
    tf=("/tf", "/tf_static"),
    odometry="/odom",
    fix="/gps/fix",
    truth="/truth/semantic_map",
    images=0,
    notes=(),
)


def driven(store, plan, out, fix_error=None):
    """Record a drive; `fix_error` (N, 2): metres that its fixes are too far east and north, in place of its own."""
    drive = plan_drive(store, plan)
    if fix_error is not None:
        drive = dataclasses.replace(drive, fixes=_displaced(drive, fix_error))
    again(drive, out, truth_of(drive, drawing_of(store, plan), CAMERA))
    return drive


def again(drive, out, truth=None):
    """Record a drive that was planned."""
    frames = (np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8) for _ in drive.stamps)
    record(drive, frames, truth, out, CAMERA, images="png")


def _displaced(drive, error):
    fixes = drive.fixes
    x, y = true_places(drive).T + np.asarray(error).T
    lat, lon = drive.frame.to_globe(x, y)
    return Fixes(fixes.stamps, lat, lon, fixes.height, fixes.sigma)


def true_places(drive):
    """(N, 2): where base_link, and so the antenna, is at each fix."""
    return drive.motion.position((drive.fixes.stamps - drive.epoch) * 1e-9)[:, :2]


def fix_errors(drive):
    """(N, 2) metres that each fix is too far east and north."""
    return np.stack(drive.frame.to_metres(drive.fixes.lat, drive.fixes.lon), 1) - true_places(drive)


def gravities(drive):
    """What a perfect filter would say."""
    return Gravities(drive.stamps, np.array([drive.gravity(k).vector for k in range(len(drive))]))


def trajectory_of(drive, bag, **topics):
    """As the replay of the whole bag reads it."""
    start, stop = int(drive.stamps[0]), int(drive.stamps[-1]) + 1
    chosen = dataclasses.replace(TOPICS, **topics)
    return read_trajectory(bag, chosen, FRAME, start, stop, gravities=gravities(drive))


def nearly_true(store, drive, every=1, flipped=0.1, blur=2.0):
    """The true maps of each n-th image, with some cells of each class turned over, then blurred, in steps of 1/255."""
    random = np.random.default_rng(0)
    maps = []
    for k, truth in enumerate(truth_of(drive, drawing_of(store, drive.plan), CAMERA)):
        wrong = random.random(truth.probabilities.shape) < flipped
        layers = np.where(wrong, 1 - truth.probabilities, truth.probabilities)
        layers = np.stack([cv2.GaussianBlur(layer, (0, 0), blur) for layer in layers])
        if k % every == 0:
            steps = np.rint(layers * 255).astype(np.float32) / np.float32(255)
            maps.append(SemanticMap(steps, truth.observed, truth.stamp))
    return maps


def camera_errors(drive, trajectory):
    """(N, 3) metres east and north, degrees clockwise, that a path is beside the camera at each image."""
    x, y = drive.frame.to_metres(drive.lat, drive.lon)
    found = []
    for k, stamp in enumerate(drive.stamps.tolist()):
        lat, lon, heading = trajectory.globe(trajectory.at(stamp))
        at_x, at_y = drive.frame.to_metres(lat, lon)
        found.append((float(at_x) - x[k], float(at_y) - y[k], (heading - drive.heading_deg[k] + 180) % 360 - 180))
    return np.array(found)
