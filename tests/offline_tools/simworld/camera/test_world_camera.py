# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros import Camera
from offline_tools.errors import SimulationError
from offline_tools.simworld.camera import Sensor, WorldCamera, look_at
from tests.commands import python

SMALL = Camera(160, 120, 100.0, 100.0, 79.5, 59.5)
AHEAD = look_at(0.3, 0.1)


def test_the_same_world_and_pose_give_the_same_picture(world):
    pose = (np.array([0.0, -16.0, 1.3]), AHEAD)
    first = WorldCamera(world, SMALL)
    picture = first(pose)
    first((np.array([3.0, -16.0, 1.3]), AHEAD))
    assert (first(pose) == picture).all()
    assert (WorldCamera(world, SMALL)(pose) == picture).all()


def test_a_picture_has_the_size_of_the_frame_before_it_is_turned(plain_world):
    turned = SMALL.turned(90)
    pose = (np.array([0.0, 0.0, 1.3]), AHEAD)
    frame = WorldCamera(plain_world, turned)(pose)
    assert (turned.width, frame.shape) == (120, (120, 160, 3))
    clockwise = np.rot90(frame, -1)
    upright = WorldCamera(plain_world, Camera(120, 160, 100.0, 100.0, turned.cx, turned.cy))(pose)
    assert np.abs(clockwise.astype(int) - upright).mean() < 1.0


def test_any_attitude_gives_a_picture(world):
    camera = WorldCamera(world, SMALL)
    for pitch in (-math.pi / 2, -1.0, 1.0, math.pi / 2):
        for roll in (0.0, math.pi / 2, math.pi):
            assert camera((np.array([0.0, -16.0, 1.3]), look_at(1.0, pitch, roll))).std() >= 0


def test_what_stands_where_the_camera_is_is_left_out(world):
    place = world.occluders[0, :2] + np.array(world.corner)
    if not world.holds(*place) or world.in_building(*place):
        pytest.skip("the first occluder of this seed stands outside")
    picture = WorldCamera(world, SMALL)((np.array([*place, 1.2]), AHEAD))
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 100


@pytest.mark.parametrize(
    ("position", "says"),
    [
        ((500.0, 0.0, 1.5), "outside the world"),
        ((-16.0, 16.0, 1.5), "inside a building"),
        ((0.0, 0.0, -0.2), "above the ground"),
        ((math.nan, 0.0, 1.5), "position"),
    ],
)
def test_a_camera_where_none_can_be_is_refused(plain_world, position, says):
    with pytest.raises(SimulationError, match=says):
        WorldCamera(plain_world, SMALL)((np.array(position), AHEAD))


def test_what_is_no_rotation_is_refused(plain_world):
    with pytest.raises(SimulationError, match="rotation"):
        WorldCamera(plain_world, SMALL)((np.array([0.0, 0.0, 1.5]), 2 * np.eye(3)))


def test_pictures_of_a_saved_world_need_numpy_opencv_and_numba_alone(world, tmp_path):
    world.save(tmp_path / "world.npz")
    (tmp_path / "take.py").write_text(
        "import sys\n"
        "for name in ('shapely', 'pyproj', 'polars', 'osmium', 'pydantic', 'yaml', 'typer', 'requests', 'torch'):\n"
        "    sys.modules[name] = None\n"
        "import numpy as np\n"
        "from mia_ros.camera import Camera\n"
        "from offline_tools.simworld.camera import Sensor, WorldCamera, look_at\n"
        "from offline_tools.simworld.world import World\n"
        "camera = WorldCamera(World.load('world.npz'), Camera(160, 120, 100., 100., 79.5, 59.5), Sensor(noise=1))\n"
        "print(camera((np.array([0.0, -16.0, 1.3]), look_at(0.3, 0.1))).std() > 5)\n"
    )
    done = python("take.py", cwd=tmp_path)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "True", "")


def test_a_sensor_at_its_defaults_changes_nothing(plain_world):
    pose = (np.array([0.0, 0.0, 1.3]), AHEAD)
    assert (WorldCamera(plain_world, SMALL, Sensor())(pose) == WorldCamera(plain_world, SMALL)(pose)).all()
