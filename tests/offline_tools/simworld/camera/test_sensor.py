# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from offline_tools.errors import SimulationError
from offline_tools.simworld.camera import Sensor

GREY = np.full((120, 160, 3), 100, np.uint8)


def test_exposure_is_a_factor_of_the_light():
    assert (Sensor(exposure=1.5).expose(GREY) == 150).all()


def test_auto_exposure_brings_each_picture_to_its_mean_but_not_out_of_the_dark():
    sensor = Sensor(auto_exposure=120)
    assert (sensor.expose(GREY) == 120).all()
    assert (sensor.expose(GREY // 2) == 120).all()
    assert (sensor.expose(GREY // 10) == 35).all()  # 3.5 times is the most


def test_white_balance_is_a_factor_of_each_channel():
    assert Sensor(white_balance=(0.5, 1.0, 2.0)).expose(GREY)[0, 0].tolist() == [50, 100, 200]


def test_noise_has_the_deviation_that_is_asked_for():
    assert Sensor(noise=4).expose(GREY).std() == pytest.approx(4, rel=0.05)


def test_the_same_seed_gives_the_same_noise_and_another_seed_another():
    first, again, other = (Sensor(seed=seed, noise=4).expose(GREY) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_a_vignette_darkens_the_corners_and_not_the_middle():
    picture = Sensor(vignette=0.4).expose(GREY)
    assert picture[60, 80, 0] == 100
    assert picture[0, 0, 0] == pytest.approx(60, abs=1)


def test_motion_blur_spreads_along_its_direction():
    point = np.zeros((41, 41, 3), np.uint8)
    point[20, 20] = 255
    picture = Sensor(motion_blur=7).expose(point)
    rows, columns = np.nonzero(picture[..., 0])
    assert set(rows) == {20}
    assert (columns.min(), columns.max()) == (17, 23)


def test_every_drawn_sensor_delivers_a_picture():
    for seed in range(40):
        assert Sensor.from_seed(seed).expose(GREY).shape == GREY.shape


@pytest.mark.parametrize(
    "wrong", [{"exposure": 0}, {"gamma": -1}, {"vignette": 2}, {"noise": -1}, {"jpeg": 101}, {"auto_exposure": 256}]
)
def test_options_that_mean_nothing_are_refused(wrong):
    with pytest.raises(SimulationError):
        Sensor(**wrong)
