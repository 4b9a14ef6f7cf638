# SPDX-License-Identifier: Apache-2.0
import cv2
import numpy as np
import pytest

from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.watch import FrameWatch, sampled, structure
from tests.mia_ros.scenes import blocks

MS = 10**6
START = 5 * 10**9
SCENE = blocks(640, 360)
RANDOM = np.random.default_rng(3)


def watch(**parameters):
    return FrameWatch(MapperConfig.from_mapping(parameters))


def noisy(frame, sigma=3.0):
    return np.clip(frame + RANDOM.normal(0, sigma, frame.shape), 0, 255).astype(np.uint8)


def kind_of(frame):
    return watch().check(frame, START, START).kind


def kinds(frames, stamps, **parameters):
    """Of frames that arrive the moment they are taken."""
    watching = watch(**parameters)
    return [watching.check(frame, stamp, stamp).kind for frame, stamp in zip(frames, stamps, strict=True)]


def wall(base, falloff, noise):
    """A uniform surface as a camera shows it: brighter in the middle and to one side, with noise."""
    y, x = np.meshgrid(np.linspace(-1, 1, 360), np.linspace(-1, 1, 640), indexing="ij")
    light = base * (1 - falloff * (x * x + 0.5 * y * y) + 0.2 * falloff * x)
    return noisy(np.repeat(light[..., None], 3, 2), noise)


def test_a_good_frame_is_ok():
    verdict = watch().check(SCENE, START, START + 30 * MS)
    assert (verdict.kind, verdict.line, verdict.usable) == ("ok", "", True)


@pytest.mark.parametrize(("age_ms", "kind"), [(499, "ok"), (501, "old"), (-499, "ok"), (-501, "future")])
def test_a_frame_of_another_time_is_not_used(age_ms, kind):
    verdict = watch().check(SCENE, START, START + age_ms * MS)
    assert (verdict.kind, verdict.usable) == (kind, kind == "ok")


def test_how_old_it_is_is_told():
    assert "image: 1.250 s old on arrival" in watch().check(SCENE, START, START + 1250 * MS).line
    assert "1.250 s ahead of this node's clock" in watch().check(SCENE, START, START - 1250 * MS).line


def test_a_stamp_that_comes_again_is_not_used():
    assert kinds([SCENE, noisy(SCENE)], [START, START]) == ["ok", "repeated"]


def test_a_frame_that_comes_late_is_left_out():
    watching = watch()
    answers = [watching.check(noisy(SCENE), START + ms * MS, START + 200 * MS).kind for ms in (0, 100, 66, 133)]
    assert answers == ["ok", "ok", "out_of_order", "ok"]


def test_time_that_goes_back_far_starts_anew():
    watching = watch()
    watching.check(SCENE, START, START)
    back = watching.check(noisy(SCENE), START - 3000 * MS, START - 3000 * MS)
    assert (back.kind, back.usable, back.jumped_back) == ("jumped_back", True, True)
    assert "time went back by 3.000 s" in back.line
    assert watching.check(noisy(SCENE), START - 2900 * MS, START - 2900 * MS).kind == "ok"


def test_a_black_frame_after_a_jump_is_both():
    watching = watch()
    watching.check(SCENE, START, START)
    back = watching.check(np.zeros_like(SCENE), START - 3000 * MS, START - 3000 * MS)
    assert (back.kind, back.usable, back.jumped_back) == ("dark", False, True)


def test_a_wild_stamp_does_not_make_the_next_ones_late():
    watching = watch()
    answers = [watching.check(noisy(SCENE), stamp, START).kind for stamp in (START, 10**19, 0, START + MS)]
    assert answers == ["ok", "future", "old", "ok"]


def test_identical_pixels_under_new_stamps_are_frozen_after_a_while():
    stamps = [START + index * 100 * MS for index in range(30)]
    found = kinds([SCENE] * 30, stamps)
    assert found == ["ok"] * 20 + ["frozen"] * 10


def test_frozen_ends_with_the_first_change():
    stamps = [START + index * 1000 * MS for index in range(8)]
    found = kinds([SCENE] * 7 + [noisy(SCENE)], stamps, max_image_age=60)
    assert found == ["ok"] * 4 + ["frozen"] * 3 + ["ok"]


def test_a_few_identical_frames_are_not_frozen_however_slow_they_come():
    assert kinds([SCENE] * 4, [START + index * 3000 * MS for index in range(4)]) == ["ok"] * 4


def test_a_still_scene_with_one_small_change_is_not_frozen():
    """A pixel that the sample does not look at."""
    frames = [SCENE.copy() for _ in range(40)]
    for index, frame in enumerate(frames):
        frame[1, 1] = index
    np.testing.assert_array_equal(sampled(frames[0]), sampled(frames[1]))
    assert set(kinds(frames, [START + index * 100 * MS for index in range(40)])) == {"ok"}


def test_a_simulator_without_noise_may_stand_still_for_ever():
    stamps = [START + index * 1000 * MS for index in range(20)]
    assert set(kinds([SCENE] * 20, stamps, frozen_after=0.0)) == {"ok"}


@pytest.mark.parametrize("value", [0, 5, 11])
def test_black_is_found(value):
    assert kind_of(np.full_like(SCENE, value)) == "dark"


def test_black_with_hot_pixels_is_found():
    frame = np.full_like(SCENE, 2)
    frame[RANDOM.random(frame.shape[:2]) < 0.005] = 255
    assert kind_of(frame) == "dark"


@pytest.mark.parametrize("value", [244, 255])
def test_white_is_found(value):
    assert kind_of(np.full_like(SCENE, value)) == "bright"


@pytest.mark.parametrize(("base", "falloff", "noise"), [(128, 0, 0), (180, 0.4, 2), (60, 0.5, 5), (30, 0.5, 8)])
def test_a_smooth_surface_is_found(base, falloff, noise):
    assert kind_of(wall(base, falloff, noise)) == "covered"


def test_a_hand_before_the_lens_is_found():
    """All light mixed: the scene blurred by a third of its width."""
    small = cv2.GaussianBlur(cv2.resize(SCENE, (160, 90)), (0, 0), 50)
    assert kind_of(noisy(cv2.resize(small, (640, 360)).astype(float), 4)) == "covered"


@pytest.fixture(scope="module")
def photos(shared):
    found = sorted((shared / "data/photos").glob("*/images/*.jpg"))
    assert len(found) >= 20
    return [cv2.imread(str(path), cv2.IMREAD_REDUCED_COLOR_4) for path in found]


def test_photos_of_streets_are_ok(photos):
    assert {kind_of(photo) for photo in photos} == {"ok"}


@pytest.mark.parametrize("air", [200, 235])
def test_photos_in_thick_fog_are_ok(photos, air):
    """A tenth of the contrast is left, over the grey of fog or the white of snow."""
    fogged = [noisy(photo * 0.1 + air * 0.9, 2) for photo in photos]
    assert {kind_of(each) for each in fogged} == {"ok"}


def test_photos_at_night_are_ok(photos):
    """Darker the darker they were, and noise as strong as the light."""
    nights = [noisy((photo / 255.0) ** 2 * 40, 4) for photo in photos]
    assert {kind_of(each) for each in nights} == {"ok"}


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (16, 900), (3, 5000), (0, 640)])
def test_frames_of_odd_sizes_are_judged(size):
    assert kind_of(np.zeros((*size, 3), np.uint8)) == "dark"
    assert kind_of(np.full((*size, 3), 100, np.uint8)) in ("covered", "dark")


def test_structure_does_not_depend_on_the_size_of_the_picture():
    large, small = (structure(sampled(cv2.resize(SCENE, size))) for size in ((1920, 1080), (320, 180)))
    assert large == pytest.approx(small, rel=0.2)


def test_the_frame_is_left_as_it_was():
    frame = SCENE.copy()
    kind_of(frame)
    np.testing.assert_array_equal(frame, SCENE)


def test_verdicts_are_counted():
    watching = watch()
    for stamp in (START, START, START + MS):
        watching.check(SCENE, stamp, START)
    assert watching.counts == {"ok": 2, "repeated": 1}


def test_frames_that_are_passed_over_are_in_order_or_not_like_others():
    watching = watch()
    stamps = [START, START + MS, START + MS, START, START - 2 * 10**9]
    verdicts = [watching.pass_over(stamp, k) for k, stamp in enumerate(stamps)]
    assert [each.kind for each in verdicts] == ["ok", "ok", "repeated", "out_of_order", "jumped_back"]
    assert watching.check(SCENE, START - 10**9, START - 10**9).kind == "ok"


@pytest.mark.parametrize("passed", [1, 4, 25])
def test_a_frozen_picture_is_found_whether_it_was_looked_at_or_passed_over(passed):
    stamps = [START + 100 * k * MS for k in range(30)]
    looked_at, passed_over = watch(), watch()
    verdicts = [looked_at.check(SCENE, stamp, stamp) for stamp in stamps]
    for stamp in stamps[:passed]:
        passed_over.pass_over(stamp, 7)
    passed_over.recall(SCENE)
    assert [passed_over.check(SCENE, stamp, stamp) for stamp in stamps[passed:]] == verdicts[passed:]
    assert verdicts[-1].kind == "frozen"


def test_a_picture_that_moved_before_it_was_passed_over_is_not_frozen():
    watching = watch()
    for k in range(40):
        watching.pass_over(START + 100 * k * MS, likeness=k)
    watching.recall(SCENE)
    assert watching.check(SCENE, START + 4000 * MS, START + 4000 * MS).kind == "ok"


@pytest.mark.slow
@pytest.mark.parametrize("weather", ["mist", "dusk", "rain"])
def test_simulated_streets_in_bad_weather_are_ok(tmp_path, weather):
    from mia_ros import Camera
    from offline_tools.simworld.camera.world_camera import Pose, WorldCamera, look_at
    from offline_tools.simworld.world import build_world
    from tests.offline_tools.simworld.camera.conftest import STREET
    from tests.offline_tools.simworld.drive.maps import CENTRE, write_map

    street = write_map(tmp_path, STREET)
    worlds = (build_world(street, (CENTRE.lat0, CENTRE.lon0), 100.0, appearance=seed) for seed in range(100))
    world = next(world for world in worlds if world.weather == weather)
    camera = WorldCamera(world, Camera(640, 360, 350, 350, 319.5, 179.5))
    place = np.array([-5.0, -14.0, 1.2])
    assert [kind_of(camera(Pose(place, look_at(heading, 0.05)))) for heading in (0, 1.5, 3, 4.5)] == ["ok"] * 4
