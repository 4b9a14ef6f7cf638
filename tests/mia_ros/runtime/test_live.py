# SPDX-License-Identifier: Apache-2.0
"""LiveMapper with a real engine; its clock is moved by hand."""

import time

import cv2
import numpy as np
import pytest

from mia_ros import Camera, ImuSample
from mia_ros.engine.manifest import EngineManifest
from mia_ros.errors import EngineError, MessageError
from mia_ros.hashing import sha256_of
from mia_ros.mapper import Mapper
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.live import Arrival, LiveMapper
from mia_ros.runtime.step import MapperStep
from mia_ros.runtime.transforms import TransformBuffer
from tests.mia_ros.make_engine import make_engine, make_engine_of_heights

SECOND, FRAME = 10**9, "camera_optical_frame"
START = 1_000 * SECOND
CAMERA = Camera(320, 240, 200.0, 200.0, 159.5, 119.5)
OK, WARN, ERROR, STALE = range(4)


class Time:
    """A clock that goes on when it is told to."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def pass_(self, seconds):
        self.now += round(seconds * SECOND)


class Wall:
    """What was published: (stamp, whether it was a map); and the last map."""

    def __init__(self):
        self.seen = []
        self.last = None

    def publish(self, stepped, arrival):
        assert stepped.semantic_map.stamp == arrival.stamp
        self.seen.append((arrival.stamp, True))
        self.last = stepped.semantic_map

    def publish_unknown(self, stamp, frame_id):
        assert frame_id == FRAME
        self.seen.append((stamp, False))


def config_of(**changes):
    return MapperConfig.from_mapping({"gravity_source": "fixed", "camera_height": 1.2, "timeout": 1.0, **changes})


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return make_engine(tmp_path_factory.mktemp("engine") / "small")


@pytest.fixture
def setting(engine):
    """A function that makes a LiveMapper, with its clock and what it publishes."""
    made = []

    def make(camera=CAMERA, **changes):
        config = config_of(**changes)
        step = MapperStep(Mapper.load(engine, "onnx-cpu", 1), config)
        clock, wall = Time(), Wall()
        live = LiveMapper(step, TransformBuffer(), wall, clock, clock)
        if camera is not None:
            live.add_camera(camera)
        made.append(live)
        return live, clock, wall

    yield make
    for live in made:
        live.close(10)


def test_what_a_camera_needs_is_loaded_when_it_is_announced(tmp_path):
    """Its frames are wide, so that they go to the lower graph, which here is none."""
    folder = make_engine_of_heights(tmp_path / "engine", 384, 512)
    (folder / "model_384.onnx").write_bytes(b"broken")
    manifest = EngineManifest.model_validate_json((folder / "manifest.json").read_text())
    files = {**manifest.files, "model_384.onnx": sha256_of(folder / "model_384.onnx")}
    manifest.model_copy(update={"files": files}).save(folder)
    step, clock = MapperStep(Mapper.load(folder, "onnx-cpu", 1), config_of()), Time()
    live = LiveMapper(step, TransformBuffer(), Wall(), clock, clock)
    with pytest.raises(EngineError, match=r"model_384.onnx: .* cannot load it"):
        live.add_camera(CAMERA)
    live.close(10)


def street(seed=0):
    picture = np.full((240, 320, 3), 150, np.uint8)
    picture[120:] = 60
    cv2.rectangle(picture, (40, 70), (120, 120), (30, 30, 200), -1)
    return picture + np.random.default_rng(seed).integers(0, 6, picture.shape, np.uint8)


def give(live, stamp, decode=street):
    live.add_image(Arrival(decode, stamp, FRAME, time.perf_counter_ns()))


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def level(live, name):
    return next(each.level for each in live.report() if each.name == name)


def test_an_image_becomes_a_map_with_its_stamp(setting):
    live, _, wall = setting()
    give(live, START)
    until(lambda: wall.seen == [(START, True)])
    assert [each.name for each in live.report()] == ["input", "gravity", "engine", "output"]


def test_when_images_stop_the_last_map_is_taken_back_once(setting):
    live, clock, wall = setting()
    give(live, START)
    until(lambda: len(wall.seen) == 1)
    clock.pass_(0.9)
    live.tick()
    assert len(wall.seen) == 1
    clock.pass_(0.2)
    for _ in range(3):
        live.tick()
    assert wall.seen == [(START, True), (START, False)]
    assert level(live, "input") == STALE


def test_maps_that_come_again_can_be_taken_back_again(setting):
    live, clock, wall = setting()
    for k in range(2):
        give(live, clock.now, lambda k=k: street(k))
        until(lambda k=k: len(wall.seen) == 2 * k + 1)
        clock.pass_(1.5)
        live.tick()
    assert [known for _, known in wall.seen] == [True, False, True, False]


def test_images_of_no_use_do_not_keep_a_map_alive_and_the_unknown_has_the_newest_stamp(setting):
    live, clock, wall = setting()
    give(live, START)
    until(lambda: len(wall.seen) == 1)
    black = []

    def dark():
        black.append(clock.now)
        return np.full((240, 320, 3), 3, np.uint8)

    for k in range(6):
        clock.pass_(0.2)
        give(live, clock.now, dark)
        until(lambda k=k: len(black) == k + 1)  # those before it are done with by then
        live.tick()
    until(lambda: level(live, "input") == ERROR)
    assert wall.seen[0] == (START, True)
    assert len(wall.seen) == 2 and wall.seen[1][0] > START and not wall.seen[1][1]


def test_a_picture_that_cannot_be_decoded_is_told_and_the_next_is_mapped(setting):
    live, clock, wall = setting()

    def broken():
        raise MessageError("data: 3 bytes are no picture")

    give(live, START, broken)
    until(lambda: level(live, "input") == ERROR)
    assert "3 bytes" in live.report()[0].message
    clock.pass_(0.1)
    give(live, clock.now)
    until(lambda: len(wall.seen) == 1)
    assert level(live, "input") == OK


def test_what_nobody_foresaw_is_told_and_the_thread_lives_on(setting):
    live, clock, wall = setting()

    def surprise():
        raise ZeroDivisionError("a surprise")

    give(live, START, surprise)
    until(lambda: "ZeroDivisionError: a surprise" in live.report()[3].message)
    clock.pass_(0.1)
    give(live, clock.now)
    until(lambda: len(wall.seen) == 1)


def test_closing_takes_the_last_map_back(setting):
    live, _, wall = setting()
    give(live, START)
    until(lambda: len(wall.seen) == 1)
    assert live.close(10)
    assert wall.seen[-1] == (START, False)


def test_without_a_camera_there_is_no_map_and_the_reason_is_told(setting):
    live, _, wall = setting(camera=None)
    give(live, START)
    until(lambda: "camera_info: none yet" in live.report()[0].message)
    assert wall.seen == []


def test_an_image_of_another_size_than_camera_info_is_refused(setting):
    live, _, wall = setting()
    give(live, START, lambda: street()[:200])
    until(lambda: level(live, "input") == ERROR)
    assert "320 x 240" in live.report()[0].message
    assert wall.seen == []


def still(stamp):
    """An IMU at rest that is turned like the camera."""
    return ImuSample(stamp, np.zeros(3), np.array([0.0, -9.81, 0.0]))


def test_a_frame_waits_for_the_sample_past_its_stamp(setting):
    live, _, wall = setting(gravity_source="imu", imu_to_camera=[0.0, 0.0, 0.0, 1.0], imu_wait=1.0)
    for k in range(100):
        live.add_imu(still(START - (100 - k) * 5_000_000), "imu")
    give(live, START + 3_000_000)
    time.sleep(0.05)  # long enough for a map that did not wait
    assert wall.seen == []
    live.add_imu(still(START + 5_000_000), "imu")
    until(lambda: len(wall.seen) == 1)
    assert level(live, "gravity") == OK


def test_without_an_imu_there_is_no_map_and_gravity_says_why(setting):
    live, _, wall = setting(gravity_source="imu", imu_to_camera=[0.0, 0.0, 0.0, 1.0])
    give(live, START)
    until(lambda: level(live, "gravity") == ERROR)
    assert "no IMU sample yet" in live.report()[1].message
    assert wall.seen == []


def test_after_a_jump_back_in_time_maps_go_on(setting):
    live, clock, wall = setting()
    give(live, START)
    until(lambda: len(wall.seen) == 1)
    clock.now = START // 2
    give(live, clock.now, lambda: street(1))
    until(lambda: len(wall.seen) == 2)
    assert wall.seen[-1] == (START // 2, True)


def test_a_clock_that_stands_takes_the_map_back(setting):
    live, _, wall = setting(timeout=0.1)
    give(live, START)
    until(lambda: len(wall.seen) == 1)
    live.tick()
    time.sleep(0.15)  # real time passes, the clock's does not
    live.tick()
    assert wall.seen[-1] == (START, False)
    assert level(live, "input") == STALE and "stands still" in live.report()[0].message


def test_dynamic_parameters_hold_from_the_next_frame_on(setting):
    live, _, wall = setting()
    live.change(config_of(max_rate=1000.0, threshold=1.0))
    give(live, START)
    until(lambda: len(wall.seen) == 1)
    assert set(wall.last.thresholds) == {1.0}
