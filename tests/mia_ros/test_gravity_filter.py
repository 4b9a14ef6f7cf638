# SPDX-License-Identifier: Apache-2.0
import math
from collections.abc import Iterable

import numpy as np
import pytest

from mia_ros.errors import GravityError, GravityUnavailable
from mia_ros.gravity import Gravity
from mia_ros.gravity_filter import GravityFilter
from mia_ros.tilt_filter import ImuSample
from tests.mia_ros.imu_simulation import Ride, ride

#: ROS body axes (x forward, y left, z up) to the camera optical frame (x right, y down, z forward).
FORWARD_CAMERA = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])
QUARTER_TURN = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
UPSIDE_DOWN = np.diag([1.0, -1, -1])


def fed(samples: Iterable[ImuSample], rotation: np.ndarray = FORWARD_CAMERA, **options: float) -> GravityFilter:
    result = GravityFilter(rotation, **options)  # type: ignore[arg-type]
    for sample in samples:
        result.add(sample)
    return result


def live_errors(journey: Ride, rotation: np.ndarray = FORWARD_CAMERA, skip: float = 2.0) -> np.ndarray:
    """Degrees between the answer right after each sample and the truth, after the first seconds."""
    filter_ = GravityFilter(rotation)
    errors = []
    for sample, down in zip(journey.samples(), journey.down, strict=True):
        filter_.add(sample)
        if sample.stamp - journey.stamps[0] > skip * 1e9:
            estimate = filter_.at(sample.stamp)
            errors.append(math.degrees(estimate.gravity.angle_to(Gravity.from_vector(rotation @ down))))
    return np.array(errors)


def rmse(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_follows_a_ride(seed: int) -> None:
    assert rmse(live_errors(ride(seed))) < 1.0


def test_follows_a_ride_with_a_large_gyroscope_bias() -> None:
    assert rmse(live_errors(ride(4, bias=0.08))) < 1.0


def test_follows_a_shaken_ride() -> None:
    assert rmse(live_errors(ride(5, shaking=2.0, seconds=15))) < 1.2


@pytest.mark.parametrize(
    "mounting", [QUARTER_TURN, UPSIDE_DOWN, FORWARD_CAMERA], ids=["quarter", "upside_down", "camera"]
)
def test_any_mounting_gives_the_same_answer(mounting: np.ndarray) -> None:
    journey = ride(6, seconds=6)
    stamp = int(journey.stamps[-1])
    plain = fed(journey.samples()).at(stamp)
    mounted = fed(journey.mounted(mounting).samples(), FORWARD_CAMERA @ mounting.T).at(stamp)
    assert mounted.gravity.angle_to(plain.gravity) < 1e-9
    assert mounted.sigma == pytest.approx(plain.sigma, rel=1e-6)


def test_a_camera_that_turns_against_the_imu_is_followed_by_its_own_rotation() -> None:
    filter_ = fed(ride(1, seconds=3).samples())
    assert filter_.newest is not None
    turned = filter_.at(filter_.newest, QUARTER_TURN @ FORWARD_CAMERA).gravity
    assert turned.angle_to(filter_.at(filter_.newest).gravity.seen_from(QUARTER_TURN)) < 1e-12


def test_uncertainty_is_honest() -> None:
    """Within 3 sigma nearly always, and not absurdly wide: over rides, errors and sigma are of one size."""
    ratios = []
    for seed in range(4):
        journey, filter_ = ride(seed, seconds=12), GravityFilter(FORWARD_CAMERA)
        for sample, down in zip(journey.samples(), journey.down, strict=True):
            filter_.add(sample)
            estimate = filter_.at(sample.stamp)
            ratios.append(estimate.gravity.angle_to(Gravity.from_vector(FORWARD_CAMERA @ down)) / estimate.sigma)
    assert (np.array(ratios) < 3).mean() > 0.98
    assert rmse(np.array(ratios)) > 0.15


def test_uncertainty_shrinks_at_rest() -> None:
    journey = ride(1, seconds=2, rest=9)
    sigmas = [fed(journey.samples()[:count]).at(int(journey.stamps[count - 1])).sigma for count in (1, 100, 400)]
    assert sigmas[0] > sigmas[1] > sigmas[2]
    assert math.degrees(sigmas[2]) < 1.0 < math.degrees(sigmas[0])


def test_interpolates_between_samples() -> None:
    """Every tenth sample is enough to know the attitude in between."""
    journey = ride(7, rate_hz=400, seconds=8, bias=0.002, shaking=0.05)
    filter_ = fed(journey.samples()[::10])
    for index in (2405, 2712, 3001):
        truth = Gravity.from_vector(FORWARD_CAMERA @ journey.down[index])
        between = filter_.at(int(journey.stamps[index]))
        at_sample = filter_.at(int(journey.stamps[index // 10 * 10]))
        offset = at_sample.gravity.angle_to(Gravity.from_vector(FORWARD_CAMERA @ journey.down[index // 10 * 10]))
        assert between.gravity.angle_to(truth) < offset + math.radians(0.2)


def test_extrapolates_a_little_with_growing_doubt() -> None:
    journey = ride(8, seconds=8)
    filter_ = fed(journey.samples()[:1200])
    newest = int(journey.stamps[1199])
    now, soon = filter_.at(newest), filter_.at(newest + 50_000_000)
    truth = Gravity.from_vector(FORWARD_CAMERA @ journey.down[1209])
    assert soon.gravity.angle_to(truth) < now.gravity.angle_to(truth) + math.radians(0.5)
    assert soon.sigma > now.sigma


@pytest.mark.parametrize("offset_ms", [101, 5000, -9000])
def test_does_not_guess_far_from_the_samples(offset_ms: int) -> None:
    journey = ride(8, seconds=5)
    filter_ = fed(journey.samples())
    with pytest.raises(GravityUnavailable, match=r"the image's stamp is \d+\.\d+ s from the nearest IMU sample"):
        filter_.at(int(journey.stamps[-1]) + offset_ms * 1_000_000)


def test_without_samples_it_says_so() -> None:
    with pytest.raises(GravityUnavailable, match="no IMU sample yet"):
        GravityFilter(FORWARD_CAMERA).at(0)


def test_order_of_arrival_does_not_matter() -> None:
    journey = ride(9, seconds=5)
    samples, random = journey.samples(), np.random.default_rng(0)
    late = sorted(range(len(samples)), key=lambda i: i + random.uniform(0, 40))
    shuffled = [samples[i] for i in late]
    stamp = int(journey.stamps[-1])
    in_order, out_of_order = fed(samples), fed(shuffled)
    assert out_of_order.at(stamp) == in_order.at(stamp)
    assert out_of_order.counts["used"] == len(samples)


def test_repeated_samples_count_once() -> None:
    samples = ride(9, seconds=3).samples()
    twice = fed(sample for sample in samples for _ in range(2))
    assert twice.at(samples[-1].stamp) == fed(samples).at(samples[-1].stamp)
    assert twice.counts["repeated"] == len(samples)


def test_a_gap_is_survived_and_doubted() -> None:
    """Half a second is lost while the sensor turns: afterwards the answer recovers, inside the gap there is none."""
    journey = ride(10, seconds=10)
    samples = journey.samples()
    filter_ = fed(samples[:1000] + samples[1100:1101])
    after = filter_.at(samples[1100].stamp)
    assert after.sigma > fed(samples[:1101]).at(samples[1100].stamp).sigma
    assert after.gravity.angle_to(Gravity.from_vector(FORWARD_CAMERA @ journey.down[1100])) < 3 * after.sigma
    with pytest.raises(GravityUnavailable, match="in a gap"):
        filter_.at(samples[1050].stamp)


def test_after_a_long_gap_it_goes_on_with_the_bias_it_knows() -> None:
    journey = ride(11, seconds=20, bias=0.05)
    samples = journey.samples()
    filter_ = fed(samples[:1000] + samples[2000:])
    truth = Gravity.from_vector(FORWARD_CAMERA @ journey.down[-1])
    assert math.degrees(filter_.at(samples[-1].stamp).gravity.angle_to(truth)) < 2.5
    assert filter_.counts["restarts"] == 1


def test_time_that_jumps_back_starts_it_anew() -> None:
    """A recording that is played in a loop."""
    journey = ride(12, seconds=8)
    filter_ = fed(journey.samples() + journey.samples()[:600])
    estimate = filter_.at(int(journey.stamps[599]))
    truth = Gravity.from_vector(FORWARD_CAMERA @ journey.down[599])
    assert math.degrees(estimate.gravity.angle_to(truth)) < 3
    assert filter_.counts["restarts"] == 1


def test_single_wild_stamps_do_not_disturb_it() -> None:
    samples = ride(13, seconds=4).samples()
    wild = [samples[300]._replace(stamp=0), samples[301]._replace(stamp=samples[301].stamp + 10**15)]
    disturbed = fed(samples[:300] + wild + samples[300:])
    assert disturbed.at(samples[-1].stamp) == fed(samples).at(samples[-1].stamp)
    assert disturbed.counts["late"] == 2


def test_shocks_hardly_move_it() -> None:
    journey = ride(14, seconds=8)
    shocked = journey.force.copy()
    shocked[1000:1400:50] += (60, -40, 80)
    shocked[1001:1400:50] += (-12, 9, 5)
    calm, hit = fed(journey.samples()), GravityFilter(FORWARD_CAMERA)
    for sample, force in zip(journey.samples(), shocked, strict=True):
        hit.add(sample._replace(linear_acceleration=force))
    stamp = int(journey.stamps[-1])
    assert math.degrees(hit.at(stamp).gravity.angle_to(calm.at(stamp).gravity)) < 0.7


def test_readings_that_are_not_finite_are_refused_and_counted() -> None:
    samples = ride(15, seconds=3).samples()
    bad = [
        samples[10]._replace(linear_acceleration=np.array([np.nan, 0, 9])),
        samples[11]._replace(angular_velocity=np.array([0, np.inf, 0])),
    ]
    filter_ = fed(samples[:300] + bad + samples[300:])
    assert filter_.counts["refused"] == 2
    assert filter_.at(samples[-1].stamp) == fed(samples).at(samples[-1].stamp)


def test_without_a_gyroscope_it_follows_the_accelerometer() -> None:
    journey = ride(16, seconds=10, tilt=0.03, acceleration=0.1, shaking=0.05)
    filter_ = fed(sample._replace(angular_velocity=None) for sample in journey.samples())
    truth = Gravity.from_vector(FORWARD_CAMERA @ journey.down[-1])
    estimate = filter_.at(int(journey.stamps[-1]))
    assert math.degrees(estimate.gravity.angle_to(truth)) < 3
    assert estimate.sigma > fed(journey.samples()).at(int(journey.stamps[-1])).sigma


@pytest.mark.parametrize("scale", [1 / 9.80665, 0.0])
def test_an_accelerometer_without_gravity_is_named(scale: float) -> None:
    """In units of g, or with gravity removed."""
    journey = ride(17, seconds=2)
    filter_ = GravityFilter(FORWARD_CAMERA)
    for sample in journey.samples():
        filter_.add(sample._replace(linear_acceleration=sample.linear_acceleration * scale))
    with pytest.raises(GravityUnavailable, match=r"linear_acceleration: its length is .*units of g"):
        filter_.at(int(journey.stamps[-1]))
    assert filter_.problem() is not None


def test_memory_does_not_grow() -> None:
    filter_ = fed(ride(18, seconds=20).samples())
    assert len(filter_._states) <= 2.0 * 200 + 3


@pytest.mark.parametrize("bad", [np.eye(2), np.diag([1.0, 1, -1]), np.ones((3, 3))])
def test_a_mounting_that_is_no_rotation_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(GravityError, match="imu_to_camera"):
        GravityFilter(bad)


def test_a_missing_mounting_is_named() -> None:
    filter_ = GravityFilter()
    filter_.add(ride(1, seconds=1).samples()[0])
    with pytest.raises(GravityError, match="imu_to_camera: not given"):
        filter_.at(int(ride(1, seconds=1).stamps[0]))
