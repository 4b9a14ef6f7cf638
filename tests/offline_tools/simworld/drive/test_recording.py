# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import pytest

from mia_ros import Camera, SemanticMap
from mia_ros.bag import BagReader
from mia_ros.errors import FrameError
from mia_ros.nodes.convert import (
    read_camera,
    read_image,
    read_imu,
    read_occupancy,
    read_pose,
    read_semantic_map,
    read_transforms,
)
from offline_tools.errors import SimulationError
from offline_tools.simworld.drive import DrivePlan, Mount, plan_drive, record

CAMERA = Camera(64, 48, 40.0, 40.0, 31.5, 23.5)


@pytest.fixture(scope="module")
def drive(town):
    return plan_drive(town, DrivePlan(seconds=3, seed=8, camera=Mount(x=0.2, z=1.1, pitch=0.1)))


def frames(drive, size=(48, 64)):
    for k in range(len(drive)):
        yield np.full((*size, 3), 8 * k, np.uint8)


def masks(drive):
    for k in range(len(drive)):
        mask = np.zeros((100, 100, 6), np.uint8)
        mask[99 - k, :, 2] = 1
        yield mask


@pytest.fixture(scope="module", params=["mcap", "sqlite3"])
def bag(request, drive, tmp_path_factory):
    out = tmp_path_factory.mktemp("recorded") / "drive"
    record(drive, frames(drive), masks(drive), out, CAMERA, storage=request.param, images="png", about={"map": "town"})
    with BagReader(out) as reader:
        yield reader


def messages(bag, topic):
    return list(bag.messages([topic]))


def test_topics_have_the_types_and_rates_of_a_robot(bag):
    assert {name: (topic.type, topic.count) for name, topic in bag.topics.items()} == {
        "/camera/image_raw/compressed": ("sensor_msgs/msg/CompressedImage", 30),
        "/camera/camera_info": ("sensor_msgs/msg/CameraInfo", 30),
        "/imu/data": ("sensor_msgs/msg/Imu", 600),
        "/odom": ("nav_msgs/msg/Odometry", 150),
        "/gps/fix": ("sensor_msgs/msg/NavSatFix", 15),
        "/tf": ("tf2_msgs/msg/TFMessage", 180),
        "/tf_static": ("tf2_msgs/msg/TFMessage", 1),
        "/truth/pose": ("geometry_msgs/msg/PoseStamped", 30),
        "/truth/semantic_map": ("mia_ros/msg/BevSemanticMap", 30),
        "/truth/occupancy": ("nav_msgs/msg/OccupancyGrid", 30),
    }


def test_images_and_their_cameras_come_in_pairs(bag, drive):
    pictures, cameras = messages(bag, "/camera/image_raw/compressed"), messages(bag, "/camera/camera_info")
    assert [each.stamp for each in pictures] == [each.stamp for each in cameras] == drive.stamps.tolist()
    assert all((read_image(each.message) == 8 * k).all() for k, each in enumerate(pictures))
    assert read_camera(cameras[0].message) == CAMERA
    assert pictures[0].message.header.frame_id == "camera_optical_frame"


def test_the_imu_reads_up_at_rest_and_has_no_orientation(bag):
    first = read_imu(messages(bag, "/imu/data")[0].message)
    assert first.orientation is None
    assert first.linear_acceleration[2] > 9


def test_fixed_transforms_have_the_axes_of_rep_103(bag):
    (message,) = messages(bag, "/tf_static")
    fixed = {each.child: each for each in read_transforms(message.message)}
    assert {each.parent for each in fixed.values()} == {"base_link"}
    assert set(fixed) == {"camera_optical_frame", "imu_link", "gps_link"}
    camera = fixed["camera_optical_frame"]
    assert camera.translation == pytest.approx([0.2, 0, 1.1])
    # x of the picture is to the right (-y of the body); z looks ahead and, by 0.1 rad, down.
    assert camera.rotation[:, 0] == pytest.approx([0, -1, 0])
    assert camera.rotation[:, 2] == pytest.approx([np.cos(0.1), 0, -np.sin(0.1)])


def test_the_odometry_is_the_transform_from_odom_to_the_base(bag):
    moved = [each for m in messages(bag, "/tf") for each in read_transforms(m.message) if each.parent == "odom"]
    odometry = messages(bag, "/odom")
    assert {each.child for each in moved} == {"base_link"}
    assert np.allclose([each.translation for each in moved], [read_pose(each.message)[1] for each in odometry])
    assert moved[0].translation.tolist() == [0, 0, 0]


def test_true_maps_carry_the_stamp_of_their_image_and_lie_under_the_camera(bag, drive):
    maps = messages(bag, "/truth/semantic_map")
    assert [each.stamp for each in maps] == drive.stamps.tolist()
    back = [read_semantic_map(each.message) for each in maps]
    assert all(each.probabilities[2, 99 - k].all() and each.probabilities.sum() == 100 for k, each in enumerate(back))
    tied = [e for m in messages(bag, "/tf") for e in read_transforms(m.message) if e.child.endswith("_bev_truth")]
    for k in (0, 20):
        height = drive.camera_positions[k, 2]
        down = drive.camera_rotations[k].T @ [0, 0, -height]
        assert tied[k].translation == pytest.approx(down)
        # Seen from the world, the map's z axis points up and its x axis along the heading.
        axes = drive.camera_rotations[k] @ tied[k].rotation
        heading = np.radians(drive.heading_deg[k])
        assert axes[:, 2] == pytest.approx([0, 0, 1], abs=1e-9)
        assert axes[:, 0] == pytest.approx([np.sin(heading), np.cos(heading), 0], abs=1e-9)
    assert {each.message.header.frame_id for each in maps} == {tied[0].child}


def test_the_true_occupancy_is_free_on_the_sidewalk(bag):
    grid = read_occupancy(messages(bag, "/truth/occupancy")[4].message)
    assert (grid.costs[95] >= 0).all() and (grid.costs[95] < 50).all()
    assert (grid.costs[50] == -1).all()


def test_true_poses_are_those_of_the_base_in_the_map(bag, drive):
    poses = messages(bag, "/truth/pose")
    assert {each.message.header.frame_id for each in poses} == {"map"}
    rotation, place = read_pose(poses[7].message)
    assert np.allclose(rotation, drive.body_rotations[7]) and np.allclose(place, drive.body_positions[7])


def test_what_a_recording_is_made_of_stands_beside_it(bag, drive):
    told = json.loads((bag.path / "drive.json").read_text())
    assert told["map"] == "town"
    assert told["plan"]["seed"] == 8 and told["plan"]["style"] == "mia"
    assert told["origin"] == {"lat": drive.frame.lat0, "lon": drive.frame.lon0}


def test_the_same_drive_gives_the_same_bytes(drive, tmp_path):
    first, second = (
        record(drive, frames(drive), masks(drive), tmp_path / folder / "drive", CAMERA) for folder in ("a", "b")
    )
    assert {p.name: p.read_bytes() for p in first.iterdir()} == {p.name: p.read_bytes() for p in second.iterdir()}


def test_raw_images_and_no_truth(drive, tmp_path):
    out = record(drive, frames(drive), None, tmp_path / "drive", CAMERA, images="raw")
    with BagReader(out) as bag:
        assert "/truth/pose" in bag.topics and "/truth/semantic_map" not in bag.topics
        assert (read_image(messages(bag, "/camera/image_raw")[3].message) == 24).all()


def test_a_map_may_be_given_with_what_was_observed(drive, tmp_path):
    observed = np.zeros((100, 100), bool)
    observed[:, 50:] = True
    given = SemanticMap(np.ones((6, 100, 100), np.float32), observed, stamp=1)
    out = record(drive, frames(drive), (given for _ in range(len(drive))), tmp_path / "drive", CAMERA)
    with BagReader(out) as bag:
        back = read_semantic_map(messages(bag, "/truth/semantic_map")[0].message)
    assert (back.observed == observed).all() and back.stamp == drive.stamps[0]


def test_too_few_frames_are_refused_and_leave_nothing(drive, tmp_path):
    few = list(frames(drive))[:4]
    with pytest.raises(SimulationError, match="frames: ended after 4, but the drive has 30 images"):
        record(drive, few, None, tmp_path / "drive", CAMERA)
    assert list(tmp_path.iterdir()) == []


def test_frames_of_another_size_are_refused(drive, tmp_path):
    with pytest.raises(FrameError, match="64 x 48"):
        record(drive, frames(drive, (50, 64)), None, tmp_path / "drive", CAMERA)
