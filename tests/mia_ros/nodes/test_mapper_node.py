# SPDX-License-Identifier: Apache-2.0
"""The mapper node on real topics, from another process."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from mia_ros.taxonomy import CLASS_NAMES
from tests.commands import mia
from tests.mia_ros.make_engine import make_bright_engine, make_engine, make_slow_engine
from tests.mia_ros.nodes.ros_processes import Mapper, Robot, own_domain

pytestmark = pytest.mark.skipif(
    find_spec("rclpy") is None or find_spec("mia_ros.msg") is None, reason="the ROS interfaces are not built here"
)
OK, WARN, ERROR, STALE = range(4)
GRID, MAP, IMAGE = "nav_msgs/OccupancyGrid", "mia_ros/BevSemanticMap", "sensor_msgs/Image"
ROAD, BUILDING = CLASS_NAMES.index("road"), CLASS_NAMES.index("building")


@pytest.fixture
def domain():
    return own_domain()


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return make_engine(tmp_path_factory.mktemp("engine") / "small")


@pytest.fixture
def robot(domain, tmp_path):
    with Robot(domain, tmp_path) as robot:
        yield robot


def test_every_output_has_the_stamp_of_its_image_and_lies_in_its_frame(robot, domain, engine, tmp_path):
    with Mapper(engine, domain, tmp_path):
        kinds = {"semantic_map": MAP, "occupancy": GRID, "layers/road": GRID, "bev_image": IMAGE}
        for topic, kind in kinds.items():
            robot.listen(topic=topic, kind=kind)
        robot.listen(topic="image", kind=IMAGE, best_effort=True)
        robot.listen(topic="/tf", kind="tf2_msgs/TFMessage")
        robot.until_maps(topic="bev_image")
        images = set(robot.stamps(topic="image"))
        for topic in kinds:
            assert set(robot.stamps(topic=topic)) <= images | set(robot.stamps(topic="image")), topic
        link = robot.transform()
        assert link["parent"] == "camera_optical_frame" and link["child"] == "camera_optical_frame_bev"
        assert robot.occupancy(topic="occupancy")["frame"] == link["child"]
        # The camera looks straight ahead, 1.2 m above the ground: that is where its y axis points.
        assert np.allclose(link["translation"], [0, 1.2, 0], atol=0.03)
        assert np.allclose(robot.semantic_map()["gravity"], [0, 1, 0], atol=0.02)
        assert link["stamp"] in images | set(robot.stamps(topic="image"))


def test_the_road_layer_is_the_maps_road_channel(robot, domain, engine, tmp_path):
    with Mapper(engine, domain, tmp_path):
        robot.listen(topic="semantic_map", kind=MAP)
        robot.listen(topic="layers/road", kind=GRID)
        robot.until(lambda each: len(each.common_stamps(topic="layers/road")) >= 3, "maps with their layers")
        stamp = robot.common_stamps(topic="layers/road")[0]
        found = robot.semantic_map(stamp=stamp)
        layer = np.array(robot.occupancy(topic="layers/road", stamp=stamp)["costs"])
        observed, road = np.array(found["observed"]), np.array(found["probabilities"])[ROAD]
        assert observed.sum() > 1000
        assert (layer[~observed] == -1).all()
        # A step of the message's probabilities is 1 / 255, one of the layer's 1 / 100.
        assert np.abs(layer[observed] - 100 * road[observed]).max() <= 0.5 + 100 / 255 / 2 + 1e-6


def test_what_is_on_the_left_of_the_picture_is_at_positive_y(robot, domain, tmp_path):
    robot.set(left=90)
    with Mapper(make_bright_engine(tmp_path / "bright"), domain, tmp_path):
        robot.listen(topic="occupancy", kind=GRID)
        robot.until_maps()
        grid = robot.raw_occupancy(topic="occupancy")
        assert (grid["width"], grid["height"], grid["x"], grid["y"]) == (100, 100, 0.0, -25.0)
        cells = np.array(grid["data"]).reshape(grid["height"], grid["width"])  # rows along y, columns along x
        y = grid["y"] + 0.5 * (np.arange(100) + 0.5)
        lethal = cells == 100  # a building, for a wheelchair
        assert lethal[y > 1].sum() > 500
        assert lethal[y < -1].sum() < 0.2 * lethal[y > 1].sum()
        costs = np.array(robot.occupancy(topic="occupancy")["costs"])
        assert np.array_equal(costs, [[cells[99 - j, 99 - r] for j in range(100)] for r in range(100)])


@pytest.mark.slow
def test_with_a_slow_engine_the_newest_image_wins_and_nothing_piles_up(robot, domain, tmp_path):
    with Mapper(make_slow_engine(tmp_path / "slow", rounds=3), domain, tmp_path):
        robot.listen(topic="semantic_map", kind=MAP)
        robot.until_maps(topic="semantic_map", count=8)
        report = robot.statuses()["output"][2]
        took = float(report["network (ms, median / 95 %)"].split(" / ")[1])
        ages = [1e3 * age for age in robot.ages()[2:]]
        frame = 50.0
        # One inference that is under way, one of its own, and a frame; the rest is what else a frame takes.
        assert took > 2 * frame
        assert max(ages) < 2.5 * took + frame + 150
        assert int(report["images skipped"]) > 0
        stamps = robot.stamps(topic="semantic_map")
        assert stamps == sorted(set(stamps))


@pytest.mark.slow
def test_an_interrupt_during_inference_ends_it_cleanly(robot, domain, tmp_path):
    with Mapper(make_slow_engine(tmp_path / "slow", rounds=4), domain, tmp_path) as mapper:
        robot.listen(topic="occupancy", kind=GRID)
        robot.until_maps(count=1)
        shared = {each.name for each in Path("/dev/shm").glob("fastrtps_*")}  # noqa: S108 - Fast DDS's place
        assert mapper.interrupt() == 0, mapper.said()
        assert "Traceback" not in mapper.said()
        robot.until(lambda each: set(each.raw_occupancy(topic="occupancy")["data"]) == {-1}, "an unknown map")
        left = {each.name for each in Path("/dev/shm").glob("fastrtps_*")} - shared  # noqa: S108
        assert not left


def test_an_engine_that_is_missing_is_told_and_the_command_ends(domain, tmp_path):
    answer = mia("run", "--engine", "nowhere", cwd=tmp_path, **domain)
    assert answer.returncode == 1
    assert "nowhere" in answer.stderr and "Traceback" not in answer.stderr


def test_a_damaged_engine_fails_to_configure_with_the_reason_in_diagnostics(robot, domain, tmp_path):
    broken = make_engine(tmp_path / "broken")
    (broken / "model.onnx").write_bytes(b"no graph")
    with Mapper(broken, domain, tmp_path, "--no-autostart") as mapper:
        robot.until_status("engine", OK, "unconfigured")
        assert robot.transition(name="configure") is False
        robot.until_status("engine", ERROR, "model.onnx")
        assert mapper.process.poll() is None
        make_engine(broken)
        assert robot.transition(name="configure") and robot.transition(name="activate")
        robot.listen(topic="occupancy", kind=GRID)
        robot.until_maps()


def test_the_lifecycle_is_driven_from_outside_and_deactivation_takes_the_map_back(robot, domain, engine, tmp_path):
    with Mapper(engine, domain, tmp_path, "--no-autostart"):
        robot.listen(topic="occupancy", kind=GRID)
        for _ in range(2):
            assert robot.transition(name="configure") and robot.transition(name="activate")
            robot.until_maps()
            assert robot.transition(name="deactivate")
            robot.until(lambda each: set(each.raw_occupancy(topic="occupancy")["data"]) == {-1}, "an unknown map")
            robot.until_status("engine", OK, "inactive")
            assert robot.transition(name="cleanup")


def test_dynamic_parameters_change_what_is_published_and_others_are_refused(robot, domain, engine, tmp_path):
    with Mapper(engine, domain, tmp_path):
        robot.listen(topic="occupancy", kind=GRID)
        robot.until_maps()
        assert robot.set_parameter(name="threshold", value=1.0) == [True, ""]
        robot.until_maps()
        assert set(robot.raw_occupancy(topic="occupancy")["data"]) == {-1}  # nothing is that certain
        assert robot.set_parameter(name="max_rate", value=2) == [True, ""]  # a whole number will do
        for name, value, reason in (
            ("engine", "other", "read-only"),
            ("profile", "submarine", "submarine"),
            ("max_rate", -1.0, "max_rate"),
        ):
            changed, said = robot.set_parameter(name=name, value=value)
            assert not changed and reason in said
        robot.until_maps(count=2)


def test_time_that_jumps_back_starts_everything_anew(robot, domain, engine, tmp_path):
    robot.simulate(nanoseconds=1_000 * 10**9)
    with Mapper(engine, domain, tmp_path, "--sim-time"):
        robot.listen(topic="occupancy", kind=GRID)
        robot.until_maps()
        robot.simulate(nanoseconds=500 * 10**9)
        robot.until(lambda each: max(each.stamps(topic="occupancy")[-3:]) < 600 * 10**9, "maps of the new time")
        robot.until_status("input", OK)


def test_a_clock_that_stands_takes_the_map_back(robot, domain, engine, tmp_path):
    robot.simulate(nanoseconds=1_000 * 10**9)
    with Mapper(engine, domain, tmp_path, "--sim-time"):
        robot.listen(topic="occupancy", kind=GRID)
        robot.until_maps()
        robot.pause()
        robot.until_status("input", STALE, "stands still")
        robot.until(lambda each: set(each.raw_occupancy(topic="occupancy")["data"]) == {-1}, "an unknown map")


def test_a_publisher_that_offers_too_little_is_named(robot, domain, engine, tmp_path):
    with Mapper(engine, domain, tmp_path, image_reliability="reliable"):
        robot.until(lambda each: "/robot" in each.statuses().get("input", [0, ""])[1], "the publisher's name")
        assert "image_reliability asks for reliable" in robot.statuses()["input"][1]


@pytest.mark.slow
def test_compressed_images_are_mapped_and_a_broken_one_is_told(robot, domain, engine, tmp_path):
    robot.set(transport="compressed")
    with Mapper(engine, domain, tmp_path, image_transport="compressed"):
        robot.listen(topic="occupancy", kind=GRID)
        robot.until_maps()
        robot.set(broken=True)
        robot.until_status("input", ERROR, "no picture that can be decoded")
        robot.heal()
        robot.set(transport="compressed")
        robot.until_maps()


@pytest.mark.slow
def test_without_camera_info_or_tf_the_reason_is_told(robot, domain, engine, tmp_path):
    robot.set(info=False)
    with Mapper(engine, domain, tmp_path, camera_height=1.0, base_frame="moon"):
        robot.until_status("input", ERROR, "camera_info: none yet")
        robot.heal()
        robot.listen(topic="occupancy", kind=GRID)
        robot.until_maps()
    with Mapper(engine, domain, tmp_path, base_frame="moon"):
        robot.until_status("output", WARN, "'moon'")
        robot.until_maps()


@pytest.mark.parametrize(
    ("setting", "named"),
    [("max_rat=3", "max_rat: unknown, is it max_rate?"), ("max_rate=-3", "max_rate"), ("threads=many", "threads")],
)
def test_a_wrong_parameter_is_refused_by_name(tmp_path, domain, engine, setting, named):
    answer = mia("run", "--engine", str(engine), "--set", setting, cwd=tmp_path, **domain)
    assert answer.returncode == 2 and named in answer.stderr, answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_a_parameter_file_is_read_and_its_mistakes_are_named(tmp_path, domain):
    (tmp_path / "mapper.yaml").write_text(json.dumps({"mapper": {"ros__parameters": {"frozen": 3}}}))
    answer = mia("run", "--params-file", "mapper.yaml", cwd=tmp_path, **domain)
    assert answer.returncode == 2 and "frozen" in answer.stderr
    answer = mia("run", "--params-file", "nowhere.yaml", cwd=tmp_path, **domain)
    assert answer.returncode == 2 and "nowhere.yaml: there is no such file" in answer.stderr
