# SPDX-License-Identifier: Apache-2.0
import math

import pytest

from mia_ros.engine import load_backend
from mia_ros.gravity import LEVEL, Gravity
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.health import ERROR, OK, STALE, WARN, Health
from mia_ros.runtime.levelling import GravityReading
from mia_ros.runtime.watch import Verdict
from tests.mia_ros.make_engine import make_engine

MS = 10**6
S = 10**9
GOOD = Verdict("ok")


class Robot:
    """Ten images a second and an IMU of 100 Hz, told to a Health, from time 0 on."""

    def __init__(self, **parameters):
        self.now = 0
        self.health = Health(MapperConfig.from_mapping(parameters), 0)

    def run(self, seconds, verdict=GOOD, maps=True, images=True):
        for _ in range(round(seconds * 10)):
            for _ in range(10):
                self.now += 10 * MS
                self.health.imu(self.now - 2 * MS, self.now)
            if images:
                self.health.image(self.now - 30 * MS, self.now)
                self.health.judged(verdict, self.now)
            if images and maps and verdict.usable:
                self.health.published(self.now - 50 * MS, self.now)
        return self

    def status(self, name):
        return next(each for each in self.health.report(self.now) if each.name == name)

    def value(self, status, name):
        return dict(self.status(status).values)[name]


def test_it_reports_input_gravity_engine_and_output():
    assert [status.name for status in Robot().health.report(0)] == ["input", "gravity", "engine", "output"]


def test_levels_are_those_of_diagnostic_msgs():
    assert [int(level) for level in (OK, WARN, ERROR, STALE)] == [0, 1, 2, 3]


def test_when_all_goes_well_input_and_output_are_ok():
    robot = Robot().run(10)
    assert robot.status("input")[1:3] == (OK, "images come")
    assert robot.status("output")[1:3] == (OK, "maps come")


def test_rates_and_ages_are_those_of_the_last_seconds():
    robot = Robot().run(20)
    assert robot.value("input", "image rate (Hz)") in ("10.0", "10.2")
    assert robot.value("input", "image age on arrival (ms)") == "30.0"
    assert robot.value("input", "imu rate (Hz)") in ("100.0", "100.2")
    assert robot.value("input", "imu age on arrival (ms)") == "2.0"
    assert robot.value("output", "map rate (Hz)") in ("10.0", "10.2")
    assert robot.value("output", "image age at publishing (ms)") == "50.0"


def test_a_rate_is_right_soon_after_the_start():
    assert float(Robot().run(2).value("input", "image rate (Hz)")) == pytest.approx(10)


def test_without_any_image_the_input_is_stale():
    robot = Robot().run(3, images=False)
    assert robot.status("input").level == STALE
    assert "no image yet; is the topic image right" in robot.status("input").message


def test_when_images_stop_input_and_output_are_stale():
    robot = Robot().run(3).run(1.5, images=False)
    assert robot.status("input")[1:3] == (STALE, "no image (1.5 s)")
    assert robot.status("output").level == STALE


def test_images_that_come_again_are_ok_again():
    robot = Robot().run(3).run(5, images=False).run(1)
    assert robot.status("input").level == OK
    assert robot.status("output").level == OK


@pytest.mark.parametrize("kind", ["dark", "bright", "covered", "frozen"])
def test_a_camera_that_sees_nothing_is_an_error(kind):
    robot = Robot().run(3).run(0.1, Verdict(kind, "what is wrong"))
    assert robot.status("input")[1:3] == (ERROR, "what is wrong")
    assert robot.run(0.1).status("input").level == OK


def test_some_old_images_are_no_problem_many_are_a_warning_all_are_an_error():
    old = Verdict("old", "0.7 s old")
    robot = Robot().run(5).run(1, old)
    assert robot.status("input").level == OK
    robot.run(3, old).run(0.1)
    assert robot.status("input").level == WARN
    assert "were of no use; 0.7 s old" in robot.status("input").message
    assert robot.run(6, old).status("input")[1:3] == (ERROR, "0.7 s old")


def test_what_was_thought_of_images_is_counted():
    robot = Robot().run(2).run(1, Verdict("old", "x"))
    assert robot.value("input", "images ok") == "20"
    assert robot.value("input", "images old") == "10"


def test_images_without_maps_are_an_error_that_names_the_last_failure():
    robot = Robot().run(3)
    robot.health.error("tilt: too much", robot.now)
    robot.run(1.5, maps=False)
    assert robot.status("output").level == ERROR
    assert robot.status("output").message == "no map for 1.5 s, though images come; tilt: too much"


def test_a_slow_engine_is_no_error():
    robot = Robot()
    robot.health.stage("network", 3000.0)
    robot.run(3).run(4, maps=False)
    assert robot.status("output").level == OK


def test_a_single_failure_is_a_warning_for_a_while():
    robot = Robot().run(3)
    robot.health.error("jpeg: broken", robot.now)
    assert robot.run(1).status("output")[1:3] == (WARN, "jpeg: broken")
    assert robot.value("output", "last error") == "jpeg: broken (1.0 s ago)"
    assert robot.run(5).status("output").level == OK
    assert robot.value("output", "errors") == "1"


def test_stages_show_median_and_95_percent():
    robot = Robot()
    for ms in range(1, 101):
        robot.health.stage("level", float(ms))
    assert robot.value("output", "level (ms, median / 95 %)") == "50.50 / 95.00"


def test_skipped_images_are_shown():
    robot = Robot()
    robot.health.skipped(12)
    assert robot.value("output", "images skipped") == "12"


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("input.camera_info", "input"),
        ("input.qos /camera/image", "input"),
        ("gravity.tilt", "gravity"),
        ("engine.failed", "engine"),
        ("output.height", "output"),
    ],
)
def test_a_problem_is_told_where_it_belongs_until_it_is_cleared(key, status):
    robot = Robot().run(3)
    robot.health.problem(key, ERROR, "what to do")
    assert robot.status(status).level == ERROR
    assert "what to do" in robot.status(status).message
    robot.health.clear(key)
    assert "what to do" not in robot.status(status).message


def test_the_worst_problem_comes_first_and_none_twice():
    robot = Robot().run(3)
    robot.health.problem("input.clocks", WARN, "clocks differ")
    robot.health.problem("input.camera", ERROR, "no camera_info")
    robot.health.problem("input.qos", WARN, "clocks differ")
    assert robot.status("input")[1:3] == (ERROR, "no camera_info; clocks differ")


def test_a_problem_without_a_line_is_cleared():
    robot = Robot().run(3)
    robot.health.problem("input.clocks", WARN, "clocks differ")
    robot.health.problem("input.clocks", WARN, None)
    assert robot.status("input").level == OK


def test_a_key_that_belongs_nowhere_is_refused():
    with pytest.raises(ValueError, match="begins with none of input, gravity, engine, output"):
        Robot().health.problem("camera", ERROR, "x")


def test_clearing_what_is_not_there_is_no_error():
    Robot().health.clear("input.camera")


def test_gravity_shows_its_source_and_uncertainty():
    robot = Robot()
    assert robot.status("gravity").message == "not known yet"
    gravity = Gravity.from_roll_pitch(math.radians(2), math.radians(-3))
    robot.health.gravity(GravityReading(gravity, math.radians(1.5), "orientation", 0), {"used": 200})
    assert robot.status("gravity")[1:3] == (OK, "from orientation")
    assert robot.value("gravity", "sigma (deg)") == "1.50"
    assert robot.value("gravity", "roll (deg)") == "2.0"
    assert robot.value("gravity", "pitch (deg)") == "-3.0"
    assert robot.value("gravity", "imu samples used") == "200"


def test_a_fixed_gravity_says_that_its_uncertainty_is_not_known():
    robot = Robot()
    robot.health.gravity(GravityReading(LEVEL, math.nan, "fixed", 0), {})
    assert robot.value("gravity", "sigma (deg)") == "not known"


def test_the_engine_is_named(tmp_path):
    robot = Robot()
    assert robot.status("engine")[1:3] == (ERROR, "no engine is loaded")
    robot.health.engine(load_backend(make_engine(tmp_path / "small"), "onnx-cpu"))
    assert robot.status("engine")[1:3] == (OK, "small on onnx-cpu")
    assert robot.value("engine", "training") == "untrained"
    assert robot.value("engine", "precision") == "fp32"


def test_time_that_goes_back_begins_the_rates_anew():
    """Simulated time: a recording that is played in a loop."""
    robot = Robot().run(60)
    robot.now = 0
    assert float(robot.run(3).value("input", "image rate (Hz)")) == pytest.approx(10)
    assert robot.status("input").level == OK
    assert robot.run(2, images=False).status("input").level == STALE


def test_memory_does_not_grow():
    robot = Robot()
    for index in range(20_000):
        robot.health.imu(index, index)
        robot.health.judged(GOOD, index)
        robot.health.stage("level", 1.0)
    held = robot.health
    assert max(len(held._imu._arrived), len(held._verdicts), len(held._stages["level"])) <= 5_000
