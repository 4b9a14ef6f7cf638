# SPDX-License-Identifier: Apache-2.0
import json
import math
import os
import signal

import cv2
import numpy as np
import pytest

from offline_tools.dataset import Dataset
from offline_tools.errors import DatasetError, SimulationError
from offline_tools.osm import render, visibility
from offline_tools.osm.sources.locking import locked
from offline_tools.simworld.dataset_job import DatasetPlan, simulate_dataset
from tests.offline_tools.simworld.dataset_job.jobs import digests, running_job
from tests.offline_tools.simworld.drive.maps import TOWN, write_map

BUILDING = 4


def plan_of(folder, n=4, out="data", **options):
    return DatasetPlan((folder / "town.osm", folder / "other.osm"), folder / out, n, **options)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small data set, and the map that it shows."""
    folder = tmp_path_factory.mktemp("made")
    store = write_map(folder, TOWN)
    summary = simulate_dataset(DatasetPlan((folder / "map.osm",), folder / "data", 6, split=True, workers=1))
    assert (summary.made, summary.left_out) == (6, [])
    return Dataset.open(folder / "data"), store


def test_every_sample_is_whole_and_its_masks_are_what_render_draws_at_its_pose(made):
    data, store = made
    assert len(data) == 6 and data.missing == {}
    for sample in data:
        view = sample.view
        mask = render(store, view.lat, view.lon, view.heading_deg)
        assert np.array_equal(sample.semantic_mask(), mask)
        assert np.array_equal(sample.visibility_mask(), visibility(mask[..., BUILDING]))
        assert cv2.imread(str(sample.image_path)).shape == (view.camera.height, view.camera.width, 3)


def test_the_dump_gives_poses_by_the_published_conventions(made):
    data, _ = made
    dump = json.loads((data.root / "map/dump.json").read_text())
    for sequence in dump.values():
        for view in sequence["views"].values():
            # roll, pitch, yaw: euler "YXZ" of Rx(-90 deg) times world to camera; heading clockwise from north.
            roll, pitch, yaw = (math.radians(angle) for angle in view["roll_pitch_yaw"])
            to_camera = np.array(view["R_c2w"]).T
            turned = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]) @ to_camera
            ahead = np.array(view["R_c2w"])[:, 2]
            assert math.atan2(ahead[0], ahead[1]) % math.tau == pytest.approx(yaw % math.tau)
            assert math.asin(-ahead[2]) == pytest.approx(pitch)
            assert np.linalg.det(turned) == pytest.approx(1)
            assert view["R_c2w"][2][0] == pytest.approx(math.sin(roll) * math.cos(pitch))
            assert 0.6 <= view["t_c2w"][2] <= 2.2


def test_the_split_names_each_sample_once(made):
    data, _ = made
    ids = [id_ for part in data.splits() for _, id_ in data.split(part)]
    assert sorted(ids) == sorted(data.ids("map"))


def test_the_manifest_names_style_seed_and_map(made):
    data, store = made
    manifest = json.loads((data.root / "simulation.json").read_text())
    configuration = manifest["configuration"]
    assert manifest["state"] == "finished"
    assert (configuration["style"], configuration["seed"]) == ("mia", 0)
    assert configuration["maps"][0]["digest"] == store.source.digest


@pytest.mark.slow
def test_the_number_of_workers_does_not_change_a_byte(folder):
    simulate_dataset(plan_of(folder, out="one", workers=1))
    simulate_dataset(plan_of(folder, out="two", workers=2))
    assert digests(folder / "one") == digests(folder / "two")


@pytest.mark.slow
def test_another_seed_gives_other_pictures(folder):
    simulate_dataset(plan_of(folder, n=2, out="one", workers=1))
    simulate_dataset(plan_of(folder, n=2, out="two", workers=1, seed=1))
    one, two = digests(folder / "one"), digests(folder / "two")
    assert not {digest for name, digest in one.items() if "images" in name} & set(two.values())


@pytest.mark.slow
def test_a_larger_number_adds_to_what_is_there(folder):
    simulate_dataset(plan_of(folder, n=2, workers=1))
    before = digests(folder / "data/town/images")
    summary = simulate_dataset(plan_of(folder, n=4, workers=1))
    after = digests(folder / "data/town/images")
    assert summary.made == 4 and before.items() <= after.items() and len(after) == 2


@pytest.mark.slow
def test_a_killed_job_goes_on_and_ends_with_the_same_bytes(folder):
    n = 120
    with running_job(folder, n) as process:
        assert process.stdout and int(process.stdout.readline()) < n
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    assert json.loads((folder / "data/simulation.json").read_text())["state"] == "running"
    summary = simulate_dataset(plan_of(folder, n))
    assert 0 < summary.there_already < n and summary.made + summary.there_already == n
    simulate_dataset(plan_of(folder, n, out="whole"))
    assert digests(folder / "data") == digests(folder / "whole")


def test_pictures_of_another_configuration_are_not_mixed(folder):
    simulate_dataset(plan_of(folder, n=2, workers=1))
    with pytest.raises(DatasetError, match="another configuration .seed: 0, now 3."):
        simulate_dataset(plan_of(folder, n=2, seed=3))


def test_a_job_of_which_nothing_comes_is_an_error_that_says_why(tmp_path):
    store = write_map(tmp_path, TOWN)
    (store.folder / "map.json").unlink()  # what each process reads first
    with pytest.raises(DatasetError, match="no picture could be made: world 0: .*"):
        simulate_dataset(DatasetPlan((tmp_path / "map.osm",), tmp_path / "data", 2, workers=1), stores=[store])
    assert json.loads((tmp_path / "data/simulation.json").read_text())["state"] == "running"


def test_a_second_job_in_the_same_folder_is_refused(folder):
    (folder / "data").mkdir()
    with locked(folder / "data/.simulate.lock"), pytest.raises(DatasetError, match="another job makes a data set"):
        simulate_dataset(plan_of(folder))


def test_a_folder_with_other_things_in_it_is_refused(folder):
    (folder / "data").mkdir()
    (folder / "data/thesis.txt").write_text("precious")
    with pytest.raises(DatasetError, match="not empty"):
        simulate_dataset(plan_of(folder))


@pytest.mark.parametrize(
    ("options", "problem"),
    [({"n": 1}, "n 1: want at least one picture"), ({"seed": -1}, "seed -1"), ({"workers": 0}, "workers 0")],
)
def test_impossible_plans_are_refused(folder, options, problem):
    with pytest.raises(SimulationError, match=problem):
        plan_of(folder, **options)
