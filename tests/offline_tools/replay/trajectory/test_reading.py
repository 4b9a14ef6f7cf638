# SPDX-License-Identifier: Apache-2.0
import dataclasses
import math

import numpy as np
import pytest

from mia_ros.bag import BagReader
from mia_ros.replay import TopicWishes, read_topics
from offline_tools.replay.trajectory import read_trajectory
from offline_tools.simworld.drive import DrivePlan, Mount
from tests.offline_tools.replay.recordings import (
    FRAME,
    TOPICS,
    again,
    camera_errors,
    driven,
    fix_errors,
    gravities,
    trajectory_of,
)
from tests.offline_tools.replay.trajectory.walks import AHEAD, START, walk

WALK_TOPICS = dataclasses.replace(TOPICS, imu="/imu", tf=("/tf_static",), odometry="", fix="/fix", truth="")


@pytest.fixture(scope="module")
def exact(streets, tmp_path_factory):
    """A drive with a GPS that does not err, and its bag."""
    out = tmp_path_factory.mktemp("exact") / "bag"
    plan = DrivePlan(
        seconds=20, seed=1, gps_sigma=0.0, imu_hz=50, image_hz=2, camera=Mount(x=0.4, y=0.1, z=1.2, yaw=0.2)
    )
    return driven(streets, plan, out), out


def walked(bag, seconds=30, **options):
    return read_trajectory(bag, WALK_TOPICS, "camera", START, START + seconds * 10**9, **options)


def keys(trajectory):
    return [note.key for note in trajectory.notes]


def test_with_an_exact_gps_the_camera_is_found_to_centimetres(exact):
    drive, bag = exact
    trajectory = trajectory_of(drive, bag)
    errors = np.abs(camera_errors(drive, trajectory))
    assert trajectory.source == "odometry held to GPS" and keys(trajectory) == []
    assert errors[:, :2].max() < 0.05
    assert errors[:, 2].max() < 0.7


def test_without_gravities_the_body_is_taken_to_be_level(exact):
    drive, bag = exact
    trajectory = read_trajectory(bag, TOPICS, FRAME, int(drive.stamps[0]), int(drive.stamps[-1]) + 1)
    assert np.abs(camera_errors(drive, trajectory)[:, :2]).max() < 0.15


def test_a_gps_that_is_off_moves_the_path_and_keeps_its_shape(streets, tmp_path):
    plan = DrivePlan(seconds=20, seed=1, gps_sigma=0.0, imu_hz=50, image_hz=2)
    random = np.random.default_rng(2)
    error = random.normal((3.0, -2.0), 1.0, (100, 2))
    drive = driven(streets, plan, tmp_path / "bag", error)
    errors = camera_errors(drive, trajectory_of(drive, tmp_path / "bag"))
    assert errors[:, :2].mean(0) == pytest.approx(fix_errors(drive).mean(0), abs=0.3)
    assert errors[:, :2].std(0).max() < 0.7


def test_a_short_way_with_a_poor_gps_says_that_its_direction_is_unsure(streets, tmp_path):
    drive = driven(streets, DrivePlan(seconds=8, seed=1, gps_sigma=3.0, imu_hz=50, image_hz=2), tmp_path / "bag")
    trajectory = trajectory_of(drive, tmp_path / "bag")
    assert keys(trajectory) == ["trajectory.heading"]
    assert trajectory.yaw_sigma > math.radians(5)


def test_odometry_alone_has_its_own_axes(exact):
    drive, bag = exact
    trajectory = trajectory_of(drive, bag, fix="")
    assert trajectory.source == "odometry" and trajectory.origin is None
    # The body starts at 0, with its camera where it was mounted; slopes move it by centimetres.
    assert trajectory.at(int(drive.stamps[0])) == pytest.approx((0.4, 0.1, 0.2), abs=0.08)


def test_tf_tells_the_same_way_as_odometry(exact):
    drive, bag = exact
    by_tf, by_odometry = trajectory_of(drive, bag, fix="", odometry=""), trajectory_of(drive, bag, fix="")
    assert by_tf.source == "tf"
    for stamp in drive.stamps[::10].tolist():
        assert by_tf.at(stamp) == pytest.approx(by_odometry.at(stamp), abs=0.01)


def test_without_odometry_the_course_of_gps_is_the_heading(exact):
    drive, bag = exact
    trajectory = trajectory_of(drive, bag, odometry="", tf=(), imu="")
    assert trajectory.source == "GPS course" and keys(trajectory) == ["trajectory.heading"]
    # It starts from rest: at first, nothing says where it looks.
    assert trajectory.at(int(drive.stamps[0])) is None
    going = [k for k in range(len(drive)) if trajectory.at(int(drive.stamps[k])) is not None]
    assert len(going) > len(drive) / 2
    stamps = drive.stamps[going].tolist()
    headings = np.array([trajectory.globe(trajectory.at(stamp))[2] for stamp in stamps])
    # The camera looks 0.2 rad to the left of the way.
    away = (headings - drive.heading_deg[going] + 180) % 360 - 180
    assert np.median(away) == pytest.approx(math.degrees(0.2), abs=2)


def test_a_camera_that_tf_does_not_tie_is_taken_to_look_forward(exact):
    drive, bag = exact
    trajectory = read_trajectory(bag, dataclasses.replace(TOPICS, fix=""), "other", int(drive.stamps[0]), 2**62)
    assert keys(trajectory) == ["trajectory.camera"]
    assert "'other'" in trajectory.notes[0].line
    assert trajectory.at(int(drive.stamps[0])) == pytest.approx((0, 0, 0), abs=0.01)


def test_where_nothing_says_how_it_moves_there_is_no_path(exact):
    drive, bag = exact
    assert trajectory_of(drive, bag, odometry="", fix="", tf=()) is None


def test_a_part_of_a_recording_has_the_path_of_that_part(exact):
    drive, bag = exact
    whole = trajectory_of(drive, bag)
    middle = int(drive.stamps[10]), int(drive.stamps[30])
    part = read_trajectory(bag, TOPICS, FRAME, *middle, gravities=gravities(drive))
    places = [part.globe(part.at(middle[0]))[:2], whole.globe(whole.at(middle[0]))[:2]]
    assert places[0] == pytest.approx(places[1], abs=1e-6)
    assert middle[0] - 2 * 10**9 < part.stamps[0] and part.stamps[-1] < middle[1] + 2 * 10**9


def test_the_imus_yaw_is_turned_onto_the_course(tmp_path):
    trajectory = walked(walk(tmp_path / "bag", imu_yaw=0.4))
    assert trajectory.source == "GPS and the IMU's yaw"
    assert trajectory.at(START + 10 * 10**9) == pytest.approx((15, 0, 0), abs=0.1)


def test_the_imus_yaw_holds_where_it_stands(tmp_path):
    trajectory = walked(walk(tmp_path / "bag", imu_yaw=0.4))
    assert trajectory.at(START + 28 * 10**9) == pytest.approx((30, 0, 0), abs=0.1)


def test_the_imu_may_be_tied_to_the_camera_by_the_caller(tmp_path):
    bag = walk(tmp_path / "bag", imu_yaw=0.4, tied=False)
    assert walked(bag, imu_to_camera=AHEAD.T).at(START + 10**10).yaw == pytest.approx(0, abs=0.01)


def test_fixes_that_are_none_are_left_out(tmp_path):
    # They would lie a degree, 111 km, farther north.
    trajectory = walked(walk(tmp_path / "bag", spoilt=range(40, 50)))
    assert trajectory.at(START + 45 * 10**8) == pytest.approx((6.75, 0, 0), abs=0.1)
    assert trajectory.notes[0].line.startswith("10 fixes")


def test_fixes_of_another_time_are_not_mixed_with_the_odometry(exact, tmp_path):
    drive, _ = exact
    late = dataclasses.replace(drive.fixes, stamps=drive.fixes.stamps + 25 * 10**9)
    again(dataclasses.replace(drive, fixes=late), tmp_path / "bag")
    trajectory = read_trajectory(tmp_path / "bag", TOPICS, FRAME, int(drive.stamps[0]), 2**62)
    assert trajectory.source == "GPS course"
    assert keys(trajectory)[0] == "clocks.gps"


def test_a_walk_with_a_real_camera_and_gps(shared):
    bag = shared / "data/bags/gopro_sidewalk_mcap"
    with BagReader(bag) as reader:
        topics, start, stop = read_topics(reader, TopicWishes()), reader.start, reader.end
    trajectory = read_trajectory(bag, topics, "camera_optical_frame", start, stop)
    assert trajectory.source == "GPS and the IMU's yaw"
    # frame_orientation.csv beside the source video: it walks some 13 m towards the south-east.
    assert 10 < trajectory.metres < 17
    heading = trajectory.globe(trajectory.at((start + stop) // 2))[2]
    assert heading == pytest.approx(150, abs=12)


def test_a_real_robot_with_odometry_alone(shared):
    bag = shared / "data/bags/jackal_25s_ros2_db3"
    topics = dataclasses.replace(
        TOPICS, imu="/imu/data", tf=(), fix="", odometry="/jackal_velocity_controller/odom", truth=""
    )
    with BagReader(bag) as reader:
        trajectory = read_trajectory(bag, topics, "camera", reader.start, reader.end)
        placed = [(m.stamp, m.message.pose.pose.position) for m in reader.messages([topics.odometry])]
    stamp, place = placed[600]
    assert trajectory.source == "odometry"
    assert trajectory.at(stamp)[:2] == pytest.approx((place.x, place.y), abs=0.02)
