# SPDX-License-Identifier: Apache-2.0
import csv
import math

import numpy as np
import pytest

from mia_ros.bag import BagReader
from mia_ros.errors import GravityUnavailable
from mia_ros.gravity import LEVEL, Gravity
from mia_ros.nodes.convert import read_imu, read_transforms
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.levelling import GravitySource
from mia_ros.runtime.transforms import TransformBuffer
from mia_ros.tilt_filter import ImuSample
from mia_ros.transform import Transform

S = 10**9
#: ROS body axes (x forward, y left, z up) to the camera optical frame, as quaternion and as matrix.
FORWARD = [0.5, -0.5, 0.5, 0.5]
FORWARD_MATRIX = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])
UP = np.array([0.0, 0.0, 9.80665])


def source(transforms=None, **parameters):
    return GravitySource(MapperConfig.from_mapping(parameters), transforms or TransformBuffer())


def resting(force=UP, seconds=2.0, start=0, orientation=None):
    """What a sensor at rest reads, at 100 Hz."""
    count = round(seconds * 100) + 1
    return [ImuSample(start + index * S // 100, np.zeros(3), force, orientation) for index in range(count)]


def fed(gravity, samples, frame="imu"):
    for sample in samples:
        gravity.add_imu(sample, frame)
    return gravity


def mounted(rotation, moving_at=None, child="imu", parent="camera"):
    tree = TransformBuffer()
    tree.add(Transform(parent, child, moving_at or 0, rotation, np.zeros(3)), static=moving_at is None)
    return tree


def test_a_level_imu_makes_a_level_camera_by_the_given_mounting():
    reading = fed(source(imu_to_camera=FORWARD), resting()).at(2 * S, "camera")
    assert reading.gravity.angle_to(LEVEL) < 1e-6
    assert reading.stamp == 2 * S
    assert 0 < reading.sigma < 0.14


def test_a_camera_that_looks_down_is_told_by_its_mounting_in_tf():
    """The IMU stands level, the camera is pitched down by 0.3: what is ahead of the IMU is up in the picture."""
    c, s = math.cos(0.3), math.sin(0.3)
    pitched = np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ FORWARD_MATRIX
    reading = fed(source(mounted(pitched)), resting()).at(2 * S, "camera")
    assert reading.gravity.pitch == pytest.approx(0.3, abs=1e-6)
    assert reading.gravity.roll == pytest.approx(0, abs=1e-6)


def test_gravity_of_a_moving_mounting_is_taken_at_the_image_s_stamp():
    """A gimbal that rolls: the transform at the stamp counts, not the last."""
    tree = TransformBuffer()
    for stamp, roll in ((S, 0.0), (S + S // 10, 0.4)):
        c, s = math.cos(roll), math.sin(roll)
        rolled = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ FORWARD_MATRIX
        tree.add(Transform("camera", "imu", stamp, rolled, np.zeros(3)), static=False)
    reading = fed(source(tree), resting()).at(S + S // 20, "camera")
    assert reading.gravity.roll == pytest.approx(0.2, abs=1e-6)


def test_tf_alone_can_say_where_down_is():
    tree = mounted(FORWARD_MATRIX, moving_at=S, child="odom")
    reading = source(tree, gravity_source="tf").at(S, "camera")
    assert reading.gravity.angle_to(LEVEL) < 1e-9
    assert (reading.source, math.degrees(reading.sigma)) == ("tf", pytest.approx(1))


def test_a_fixed_gravity_has_no_known_uncertainty():
    reading = source(gravity_source="fixed", fixed_pitch=0.2, fixed_roll=-0.1).at(5, "")
    assert (reading.gravity.pitch, reading.gravity.roll) == (pytest.approx(0.2), pytest.approx(-0.1))
    assert math.isnan(reading.sigma)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_fixed_gravity_is_that_of_the_upright_picture(rotate):
    reading = source(gravity_source="fixed", fixed_pitch=0.2, fixed_roll=0.1, rotate=rotate).at(5, "camera")
    upright = reading.gravity.turned(rotate)
    assert (upright.pitch, upright.roll) == (pytest.approx(0.2), pytest.approx(0.1))


def test_waiting_ends_with_a_sample_past_the_stamp():
    gravity = source(imu_to_camera=FORWARD)
    assert not gravity.ready(S, "camera")
    fed(gravity, resting(seconds=1.0))
    assert gravity.ready(S, "camera")
    assert not gravity.ready(S + 1, "camera")


def test_waiting_ends_with_a_moving_mounting_past_the_stamp():
    gravity = fed(source(mounted(FORWARD_MATRIX, moving_at=S)), resting())
    assert gravity.ready(S, "camera")
    assert not gravity.ready(S + 1, "camera")
    assert gravity.ready(S + 1)


def test_tf_is_waited_for_where_it_is_the_source():
    gravity = source(mounted(FORWARD_MATRIX, moving_at=S, child="odom"), gravity_source="tf")
    assert gravity.ready(S, "camera")
    assert not gravity.ready(S + 1, "camera")


def test_nothing_is_waited_for_where_gravity_is_fixed():
    assert source(gravity_source="fixed").ready(10**18, "camera")


def test_without_an_imu_it_says_what_to_do():
    with pytest.raises(GravityUnavailable, match="no IMU sample yet; is the topic imu right"):
        source(imu_to_camera=FORWARD).at(0, "camera")


def test_without_a_mounting_it_says_what_to_do():
    with pytest.raises(GravityUnavailable, match=r"no transform names 'imu' nor 'camera'.*or set imu_to_camera"):
        fed(source(), resting()).at(S, "camera")


@pytest.mark.parametrize(("image", "imu", "named"), [("", "imu", "image"), ("camera", "", "imu")])
def test_a_header_without_a_frame_is_named(image, imu, named):
    gravity = fed(source(mounted(FORWARD_MATRIX)), resting(), imu)
    with pytest.raises(GravityUnavailable, match=f"frame_id of {named} is empty"):
        gravity.at(S, image)


def test_an_imu_that_fell_silent_gives_no_gravity():
    with pytest.raises(GravityUnavailable, match=r"3\.000 s from the nearest IMU sample"):
        fed(source(imu_to_camera=FORWARD), resting()).at(5 * S, "camera")


def test_a_gravity_that_is_too_uncertain_is_not_used_but_shown():
    gravity = fed(source(imu_to_camera=FORWARD, max_gravity_sigma=0.05), resting(seconds=0.0))
    with pytest.raises(GravityUnavailable, match=r"uncertain by .* deg .* more than max_gravity_sigma of 2\.9 deg"):
        gravity.at(0, "camera")
    assert gravity.newest_reading.sigma > 0.05


def test_an_accelerometer_in_units_of_g_is_named():
    gravity = fed(source(imu_to_camera=FORWARD), resting(force=UP / 9.80665))
    assert "units of g" in gravity.problem()
    with pytest.raises(GravityUnavailable, match="units of g"):
        gravity.at(S, "camera")


def test_an_orientation_that_contradicts_the_accelerometer_is_told():
    """A sensor that lies on its side and says that it stands: the accelerometer is believed."""
    gravity = fed(source(imu_to_camera=FORWARD), resting(force=UP[[2, 0, 1]], orientation=(0.0, 0.0, 0.0, 1.0)))
    reading = gravity.at(2 * S, "camera")
    assert reading.source == "accelerometer"
    assert "its orientation contradicts" in gravity.problem()


def test_a_healthy_imu_is_no_problem():
    gravity = fed(source(imu_to_camera=FORWARD), resting())
    gravity.at(2 * S, "camera")
    assert gravity.problem() is None


def test_samples_of_another_frame_do_not_mix_and_are_told():
    gravity = fed(source(imu_to_camera=FORWARD), resting())
    fed(gravity, resting(force=UP[[2, 0, 1]], start=2 * S + S // 100), "other_imu")
    assert gravity.at(4 * S, "camera").gravity.angle_to(LEVEL) > 1
    assert gravity.counts["frame_changes"] == 1
    assert "changed from 'imu' to 'other_imu'" in gravity.problem()


def test_a_change_of_the_frame_is_not_told_for_ever():
    gravity = fed(source(imu_to_camera=FORWARD), resting())
    fed(gravity, resting(start=3 * S, seconds=11), "other_imu")
    assert gravity.problem() is None


def test_a_new_start_forgets_the_samples_and_keeps_the_counts():
    gravity = fed(source(imu_to_camera=FORWARD), resting())
    gravity.reset()
    with pytest.raises(GravityUnavailable):
        gravity.at(S, "camera")
    assert (gravity.counts["used"], gravity.counts["restarts"]) == (201, 1)


def test_a_reading_that_is_not_finite_is_counted_and_nothing_more():
    gravity = fed(source(imu_to_camera=FORWARD), [ImuSample(5, None, np.array([np.nan, 0, 0]))])
    assert gravity.counts["refused"] == 1


def test_gravity_in_the_images_of_a_recorded_walk(shared):
    """IMU and moving tf as a live node gets them, at the images' stamps, against the camera maker's own attitude."""
    rows = (shared / "data/photos/gopro_max_sidewalk/frame_orientation.csv").read_text().splitlines()
    truth = {float(row["t_s"]): [float(row[f"grav_img_{axis}"]) for axis in "xyz"] for row in csv.DictReader(rows)}
    tree = TransformBuffer()
    gravity, errors, waiting = source(tree), [], []
    with BagReader(shared / "data/bags/gopro_sidewalk_mcap") as bag:
        for entry in bag.messages(["/imu/data", "/tf", "/camera/image_raw/compressed"]):
            if entry.topic == "/imu/data":
                gravity.add_imu(read_imu(entry.message), entry.message.header.frame_id)
            elif entry.topic == "/tf":
                for each in read_transforms(entry.message):
                    tree.add(each, static=False)
            else:
                waiting.append((entry.stamp, entry.message.header.frame_id))
            while waiting and gravity.ready(*waiting[0]):
                stamp, frame = waiting.pop(0)
                time = stamp * 1e-9 - 1574120714
                nearest = min(truth, key=lambda known, time=time: abs(known - time))
                if time > min(truth) + 2 and abs(nearest - time) < 2e-3:
                    errors.append(gravity.at(stamp, frame).gravity.angle_to(Gravity.from_vector(truth[nearest])))
    assert len(errors) > 40
    assert math.degrees(np.sqrt(np.mean(np.square(errors)))) < 1.0


def test_the_mounting_is_told_from_parameter_or_tf():
    given = fed(source(imu_to_camera=FORWARD), resting(seconds=0.1))
    looked_up = fed(source(mounted(FORWARD_MATRIX)), resting(seconds=0.1))
    for each in (given, looked_up):
        assert np.allclose(each.mounting(0, "camera"), FORWARD_MATRIX)


def test_a_mounting_that_is_not_known_says_what_to_set():
    with pytest.raises(GravityUnavailable, match="no IMU sample yet"):
        source().mounting(0, "camera")
    with pytest.raises(GravityUnavailable, match="set imu_to_camera"):
        fed(source(), resting(seconds=0.1)).mounting(0, "camera")
