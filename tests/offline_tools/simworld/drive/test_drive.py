# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from offline_tools.errors import SimulationError
from offline_tools.osm import MapStore
from offline_tools.simworld.drive import VEHICLES, DrivePlan, Mount, plan_drive
from tests.offline_tools.simworld.drive.maps import CENTRE, SIDEWALKS, block, write_map


def everything(drive):
    """All numbers of a drive."""
    own = [drive.stamps, drive.camera_positions, drive.camera_rotations, drive.lat, drive.lon, drive.heading_deg]
    sensors = [drive.imu.rate, drive.imu.force, drive.odometry.position, drive.fixes.lat, drive.fixes.height]
    return b"".join(values.tobytes() for values in own + sensors)


def test_the_same_seed_gives_the_same_bytes_and_another_one_another_drive(town):
    first, again, other = (everything(plan_drive(town, DrivePlan(seconds=10, seed=seed))) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_a_worse_imu_drives_the_same_way(town):
    good, bad = (plan_drive(town, DrivePlan(seconds=10, seed=5, imu_grade=grade)) for grade in ("ideal", "phone"))
    assert (good.camera_positions == bad.camera_positions).all()
    assert (good.imu.rate != bad.imu.rate).any()


@pytest.mark.parametrize("kind", VEHICLES)
def test_a_drive_keeps_what_its_vehicle_can_do(town, kind):
    vehicle = VEHICLES[kind]
    drive = plan_drive(town, DrivePlan(kind=kind, seconds=60, seed=2))
    times = np.arange(0, 60, 0.02)
    velocity, turning = drive.motion.velocity(times), drive.motion.angular_velocity(times)
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    sway = 0.25 if vehicle.step else 0.0
    assert speed.max() < 1.15 * vehicle.cruise
    assert speed[:20].max() < 0.05
    assert np.abs(np.gradient(speed, 0.02)).max() < 1.2 * max(vehicle.acceleration, vehicle.braking)
    assert np.abs(turning[:, 2]).max() < 1.4 * vehicle.turning + sway
    assert np.abs(drive.body_positions[:, 2]).max() < 0.06


def test_stamps_are_even_and_do_not_tell_today(town):
    drive = plan_drive(town, DrivePlan(seconds=10, seed=1, image_hz=10, imu_hz=200, gps_hz=5))
    assert [len(stamps) for stamps in (drive.stamps, drive.imu.stamps, drive.fixes.stamps)] == [100, 2000, 50]
    assert set(np.diff(drive.imu.stamps)) == {5_000_000}
    assert 1_672_531_200 <= drive.epoch / 1e9 < 1_735_776_000  # 2023 and 2024


def test_a_wheelchair_stays_on_footways_and_crossings(town):
    drive = plan_drive(town, DrivePlan(seconds=200, seed=3))
    x, y = CENTRE.to_metres(*drive.frame.to_globe(*drive.body_positions[:, :2].T))
    on_square = np.abs(np.maximum(np.abs(x), np.abs(y)) - 60) < 1.2
    on_middle = (np.abs(x) < 1.2) & (np.abs(y) < 61)
    assert (on_square | on_middle).all()
    assert drive.notes == ()


@pytest.mark.parametrize(("side", "sign"), [("right", -1), ("left", 1)])
def test_a_car_keeps_to_the_side_of_its_country(tmp_path, side, sign):
    roads = block(100, {"highway": "residential"})
    drive = plan_drive(write_map(tmp_path, roads, driving_side=side), DrivePlan(kind="car", seconds=30, seed=1))
    place = drive.body_positions[:, :2] + np.array(CENTRE.to_metres(drive.frame.lat0, drive.frame.lon0))
    ahead, left = drive.body_rotations[:, :2, 0], drive.body_rotations[:, :2, 1]
    middle = (np.abs(ahead).max(1) > 0.999) & (np.abs(place).min(1) < 70)
    to_left = (left * place).sum(1)[middle]
    # The middle of the road is 100 m from the centre of the square; the lane is a quarter of 10 m beside it.
    assert len(to_left) > 50
    assert np.abs(np.abs(to_left) - (100 + sign * 2.5 * np.sign(to_left))).max() < 0.4


def test_sidewalks_that_are_only_tags_are_walked_beside_the_road(tmp_path):
    roads = block(100, {"highway": "residential", "sidewalk": "both"})
    start = float(CENTRE.to_globe(0, 100)[0]), 11.0
    drive = plan_drive(write_map(tmp_path, roads), DrivePlan(seconds=60, seed=4, start=start))
    place = np.abs(drive.body_positions[:, :2] + np.array(CENTRE.to_metres(drive.frame.lat0, drive.frame.lon0)))
    # 5 m of road and the middle of the sidewalk, 1.25 m, from the centre line.
    assert np.abs(np.abs(place.max(1) - 100) - 6.25)[: len(place) // 3].max() < 0.3
    assert drive.notes == ()


def test_without_sidewalks_it_goes_at_the_side_of_the_road_and_says_so(tmp_path):
    roads = block(100, {"highway": "residential", "sidewalk": "no"})
    drive = plan_drive(write_map(tmp_path, roads), DrivePlan(seconds=20, seed=4, style="navigation"))
    assert any("side of roads" in note for note in drive.notes)


def test_it_does_not_go_through_buildings(tmp_path):
    ways = [*block(60, SIDEWALKS), *block(60, SIDEWALKS, east=120)]
    house = [(55.0, -20.0), (65.0, -20.0), (65.0, 20.0), (55.0, 20.0), (55.0, -20.0)]  # over what both squares share
    store = write_map(tmp_path, [*ways, (house, {"building": "yes"})])
    for seed in range(4):
        drive = plan_drive(store, DrivePlan(seconds=200, seed=seed))
        x, y = CENTRE.to_metres(*drive.frame.to_globe(*drive.body_positions[:, :2].T))
        assert not ((np.abs(x - 60) < 5) & (np.abs(y) < 20)).any()


def test_it_starts_where_it_should(town):
    lat, lon = (float(value) for value in CENTRE.to_globe(30.0, 57.0))
    drive = plan_drive(town, DrivePlan(seconds=5, seed=1, start=(lat, lon)))
    assert np.hypot(*drive.body_positions[0, :2] - (0, 3)) < 1.0


def test_the_heading_is_where_the_camera_looks_clockwise_from_north(town):
    drive = plan_drive(town, DrivePlan(seconds=40, seed=2, camera=Mount(x=0.3, z=1.2, pitch=0.2, roll=0.1)))
    east, north = drive.velocities[:, :2].T
    moving = np.hypot(east, north) > 0.5
    course = np.degrees(np.arctan2(east, north))
    difference = (drive.heading_deg - course + 180) % 360 - 180
    assert np.abs(difference[moving]).max() < 3
    aside = plan_drive(town, DrivePlan(seconds=40, seed=2, camera=Mount(z=1.2, yaw=math.radians(90))))
    left = (aside.heading_deg - drive.heading_deg + 180) % 360 - 180
    assert np.median(left) == pytest.approx(-90, abs=2)


def test_the_globe_position_is_that_of_the_camera(town):
    drive = plan_drive(town, DrivePlan(seconds=10, seed=2, camera=Mount(x=0.5, y=-0.2, z=1.2)))
    x, y = drive.frame.to_metres(drive.lat, drive.lon)
    ahead = (np.stack([x, y], 1) - drive.body_positions[:, :2]) @ drive.body_rotations[0, :2, :2]
    assert ahead[0] == pytest.approx([0.5, -0.2], abs=0.1)


def test_gps_errs_as_much_as_it_says_and_wheels_drift(town):
    drive = plan_drive(town, DrivePlan(seconds=600, seed=2, gps_sigma=2.0))
    x, y = drive.frame.to_metres(drive.fixes.lat, drive.fixes.lon)
    truth = drive.motion.position((drive.fixes.stamps - drive.epoch) * 1e-9)
    errors = np.stack([x, y], 1) - truth[:, :2]
    assert 1.0 < errors.std() < 3.0
    assert np.abs(np.diff(errors, axis=0)).mean() < 1.0  # it errs in the same direction for a while
    travelled = np.hypot(*np.diff(drive.odometry.position, axis=0).T).sum()
    times = (drive.odometry.stamps - drive.epoch) * 1e-9
    way = np.hypot(*np.diff(drive.motion.position(times)[:, :2], axis=0).T).sum()
    assert 0.0005 < abs(travelled / way - 1) < 0.05


@pytest.mark.parametrize(
    ("ways", "kind", "said"),
    [
        ([([(0.0, 0.0), (10.0, 0.0)], {"building": "yes"})], "wheelchair", "no footways, sidewalks or roads"),
        ([([(0.0, 0.0), (90.0, 0.0)], {"highway": "footway"})], "car", "no roads for cars"),
        ([([(0.0, 0.0), (90.0, 0.0)], {"highway": "motorway"})], "wheelchair", "no footways, sidewalks or roads"),
        ([([(0.0, 0.0), (9.0, 0.0)], {"highway": "residential", "oneway": "yes"})], "car", "one-way and lead nowhere"),
    ],
)
def test_a_map_without_a_way_is_refused_in_one_line(tmp_path, ways, kind, said):
    with pytest.raises(SimulationError, match=said):
        plan_drive(write_map(tmp_path, ways), DrivePlan(kind=kind, seconds=30))


@pytest.mark.parametrize(("start", "said"), [((48.0, 12.0), "is not on this map"), ((48.0021, 11.0031), "m away")])
def test_a_start_that_is_nowhere_is_refused(tmp_path, start, said):
    store = write_map(tmp_path, block(20, SIDEWALKS))
    with pytest.raises(SimulationError, match=said):
        plan_drive(store, DrivePlan(start=start))


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "boat"), ("seconds", 0), ("seed", -1), ("speed", 99.0), ("imu_grade", "gold"), ("style", "nice"),
     ("start", (99.0, 0.0)), ("gps_sigma", float("nan"))],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused_by_the_field(field, value):
    with pytest.raises(SimulationError, match=f"^{field} "):
        DrivePlan(**{field: value})


@pytest.mark.parametrize("name", ["paris_9e", "leeds", "austin_downtown", "austin_east_suburb", "synthetic_rules_dev"])
@pytest.mark.parametrize("kind", ["wheelchair", "car"])
def test_real_maps_give_drives(shared, name, kind):
    store = MapStore.open(shared / "data" / "osm" / f"{name}.osm")
    drive = plan_drive(store, DrivePlan(kind=kind, seconds=20, seed=len(name)))
    assert np.isfinite(drive.imu.force).all()
    assert np.hypot(*np.diff(drive.body_positions[:, :2], axis=0).T).sum() > 5
