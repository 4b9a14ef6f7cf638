# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mia_ros import Camera
from mia_ros.bag import BagReader
from mia_ros.nodes.convert import read_image, read_semantic_map
from offline_tools.errors import SimulationError
from offline_tools.osm import MapStore, render
from offline_tools.simworld.drive import DrivePlan, plan_drive
from offline_tools.simworld.filming import STRETCH, FilmPlan, film, stretches
from tests.offline_tools.simworld.dataset_job.jobs import digests
from tests.offline_tools.simworld.drive.maps import TOWN, block, write_map

CAMERA = Camera(64, 48, 40.0, 40.0, 31.5, 23.5)
EXTRACTS = ("austin_downtown", "austin_east_suburb", "leeds", "paris_9e", "synthetic_rules_dev")
CHANNELS = (0, 1, 2, 4, 6, 7)


def assert_truth_is_what_render_draws(bag, store, drive):
    with BagReader(bag) as reader:
        maps = [read_semantic_map(each.message) for each in reader.messages(["/truth/semantic_map"])]
    assert len(maps) == len(drive) > 0
    for k, found in enumerate(maps):
        mask = render(store, drive.lat[k], drive.lon[k], drive.heading_deg[k])
        wanted = np.stack([mask[12:112, 62:162, channel] for channel in CHANNELS])
        assert np.array_equal(found.probabilities, wanted)


@pytest.fixture(scope="module")
def filmed(town, tmp_path_factory):
    out = tmp_path_factory.mktemp("filmed") / "bag"
    drive = film(town, FilmPlan(DrivePlan(seconds=3, image_hz=4), CAMERA, weather="overcast"), out)
    return out, drive


def test_the_truth_in_the_bag_is_what_render_draws(filmed, town):
    assert_truth_is_what_render_draws(filmed[0], town, filmed[1])


def test_the_manifest_names_map_style_and_weather(filmed):
    about = json.loads((filmed[0] / "drive.json").read_text())
    assert (about["map"], about["style"], about["weather"]) == ("map.osm", "mia", "overcast")


def test_frames_show_a_scene_and_change(filmed):
    with BagReader(filmed[0]) as reader:
        frames = [read_image(each.message) for each in reader.messages(["/camera/image_raw/compressed"])]
    assert len(frames) == 12
    assert all(frame.shape == (48, 64, 3) and frame.std() > 5 for frame in frames)
    assert not np.array_equal(frames[0], frames[-1])


def test_the_same_seed_gives_the_same_bytes(filmed, town, tmp_path):
    film(town, FilmPlan(DrivePlan(seconds=3, image_hz=4), CAMERA, weather="overcast"), tmp_path / "bag")
    assert digests(tmp_path / "bag") == digests(filmed[0])


def test_stretches_are_in_order_and_small(tmp_path):
    store = write_map(tmp_path, block(600.0, {"highway": "residential"}), half=900.0)
    drive = plan_drive(store, DrivePlan(kind="car", seconds=200, image_hz=1))
    found = list(stretches(drive))
    assert [k for stretch in found for k in stretch] == list(range(len(drive)))
    assert len(found) > 2
    for stretch in found:
        assert (np.ptp(drive.camera_positions[stretch.start : stretch.stop, :2], axis=0) <= 2 * STRETCH).all()


def test_a_bag_that_is_there_is_not_overwritten(filmed, town):
    before = digests(filmed[0])
    with pytest.raises(ValueError, match=str(filmed[0].name)):
        film(town, FilmPlan(DrivePlan(seconds=1), CAMERA), filmed[0])
    assert digests(filmed[0]) == before


def test_an_unknown_weather_is_refused_by_name(town, tmp_path):
    with pytest.raises(SimulationError, match="weather 'frogs'"):
        film(town, FilmPlan(DrivePlan(seconds=1), CAMERA, weather="frogs"), tmp_path / "bag")
    assert list(tmp_path.iterdir()) == []


FILM = """
import sys
from mia_ros import Camera
from offline_tools.osm import MapStore
from offline_tools.simworld.drive import DrivePlan
from offline_tools.simworld.filming import FilmPlan, film

plan = FilmPlan(DrivePlan(seconds=600), Camera(64, 48, 40.0, 40.0, 31.5, 23.5))
film(MapStore.open("map.osm", folder="store"), plan, "bag", lambda done, *_: print(done, flush=True))
"""


def test_a_film_that_is_killed_leaves_no_bag(tmp_path):
    write_map(tmp_path, TOWN)
    with subprocess.Popen(
        [sys.executable, "-c", FILM],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        assert int(process.stdout.readline()) == 1
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    assert not (tmp_path / "bag").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", EXTRACTS)
@pytest.mark.parametrize("kind", ["wheelchair", "car"])
def test_a_real_extract_gives_a_drive_of_20_seconds(name, kind, shared, tmp_path):
    store = MapStore.open(shared / f"data/osm/{name}.osm")
    plan = FilmPlan(DrivePlan(kind=kind, seconds=20, image_hz=2, seed=1), CAMERA)
    drive = film(store, plan, tmp_path / "bag")
    assert_truth_is_what_render_draws(tmp_path / "bag", store, drive)
