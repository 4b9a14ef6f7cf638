# SPDX-License-Identifier: Apache-2.0
"""Mistakes of a robot's set-up, made on purpose: each must be found, with its size, and none on a sound drive."""

import math
import re

import numpy as np
import pytest

from offline_tools.replay.checks import verdict
from offline_tools.replay.checks.level import tilt
from offline_tools.replay.checks.motion import compared
from tests.offline_tools.replay.checks.driven import Mistakes, facts, looked_at, scaled

ABOUT = {"level", "clocks", "focal_length", "mounting", "intrinsics", "images", "images.blurred", "images.dark"}


def found(driven, mistakes, camera=None):
    frames = looked_at(driven, mistakes)
    return frames, {each.key: each for each in verdict(frames, facts(camera or scaled(1.0)))}


def test_a_sound_drive_raises_no_alarm_and_is_called_sound(driven):
    _, findings = found(driven, Mistakes())
    alarms = [each for each in findings.values() if each.level in ("bad", "warn")]
    assert alarms == []
    assert {findings[key].level for key in ("level", "clocks", "focal_length", "intrinsics")} == {"good"}


@pytest.mark.parametrize(("angle", "wrong"), [("roll", 4.0), ("roll", -3.1), ("pitch", 6.0), ("pitch", -5.0)])
def test_a_tilt_between_gravity_and_the_houses_is_found_within_a_degree(driven, angle, wrong):
    frames, findings = found(driven, Mistakes(**{angle: math.radians(wrong)}))
    assert math.degrees(tilt(frames, angle).value) == pytest.approx(wrong, abs=1.0)
    assert findings["level"].level == "warn" or abs(wrong) >= 5
    assert findings["level"].title == "the camera is not level" and f"deg of {angle}" in findings["level"].line
    assert "imu_to_camera" in findings["level"].fix


@pytest.mark.parametrize("focal", [0.75, 1.3])
def test_a_wrong_focal_length_is_found_and_the_right_one_named(driven, focal):
    _, findings = found(driven, Mistakes(focal=focal), scaled(focal))
    named = re.search(r"about (\d+) px would fit", findings["focal_length"].line)
    assert named and float(named[1]) == pytest.approx(190, rel=0.06)
    assert findings["focal_length"].level in ("warn", "bad")
    assert findings["clocks"].level == "good"


@pytest.mark.parametrize("late", [0.15, -0.3])
def test_clocks_that_differ_are_found_within_20_ms_with_the_option_that_mends_it(driven, late):
    frames, findings = found(driven, Mistakes(late=late))
    assert compared(frames).delay.value == pytest.approx(late, abs=0.02)
    assert findings["clocks"].level == "bad"
    assert f"--imu-offset {-round(late, 1):+.1f}"[:-2] in findings["clocks"].fix


def test_clocks_of_different_epochs_are_compared_too(driven):
    frames, findings = found(driven, Mistakes(late=5000.0))
    assert compared(frames).delay.value == pytest.approx(5000.0, abs=0.02)
    assert findings["clocks"].level == "bad"


@pytest.mark.parametrize(
    ("turned", "said"),
    [
        (np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), "about another axis, 90 deg away"),
        (np.diag([1.0, -1, -1]), "the other way"),
        (np.diag([-1.0, 1, -1]), "the other way about x"),
    ],
)
def test_an_imu_that_is_mounted_otherwise_is_found(driven, turned, said):
    _, findings = found(driven, Mistakes(turned=turned))
    assert findings["mounting"].level == "bad" and said in findings["mounting"].line
    assert "clocks" not in findings and "focal_length" not in findings


def test_without_a_gyroscope_nothing_is_claimed(driven):
    _, findings = found(driven, Mistakes(gyroscope=False))
    assert findings["clocks"].level == "info" and "no gyroscope" in findings["clocks"].line
    assert "focal_length" not in findings and "mounting" not in findings


def test_images_that_repeat_are_told(driven):
    halved = driven._replace(frames=[driven.frames[k - k % 2] for k in range(len(driven.frames))])
    _, findings = found(halved, Mistakes())
    assert findings["images.same"].level == "warn" and "51%" in findings["images.same"].line
