# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from offline_tools.dataset import SEMANTIC_MASK, Dataset
from offline_tools.osm import CHANNELS, MapStore, render
from tests.commands import mia
from tests.offline_tools.osm.sources.xml_maps import TOWN, way, write
from tests.offline_tools.rendering.places import MEADOW, poses_inside

AT = ("--lat", "48.005", "--lon", "2.004", "--heading", "30")


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small map, of which one way cannot be read."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write(tmp_path / "town.osm", *TOWN[:-1], way(900, [1, 77], {"highway": "service"}), TOWN[-1], *MEADOW)


def test_help_with_examples(tmp_path: Path) -> None:
    answer = mia("render", "--help", cwd=tmp_path)
    assert answer.returncode == 0
    assert answer.stdout.count("Example: mia render ") == 2


def test_a_mask_with_its_configuration_beside_it(town: Path) -> None:
    answer = mia("render", "--osm", "town.osm", *AT, "--out", "made/map.npz", cwd=town.parent)
    assert answer.returncode == 0, answer.stderr
    with np.load(town.parent / "made/map.npz", allow_pickle=False) as found:
        assert np.array_equal(found["arr_0"], render(MapStore.open(town), 48.005, 2.004, 30))
    record = json.loads((town.parent / "made/map.json").read_text())
    assert (record["lat"], record["lon"], record["heading_deg"], record["style"]) == (48.005, 2.004, 30, "mia")
    assert "wrote made/map.npz and made/map.json" in answer.stdout and "terrain" in answer.stdout
    assert answer.stderr == "town.osm: left out 1 x missing node\n" and record["left_out_of_map"] == {"missing node": 1}


def test_a_picture_and_a_drawing(town: Path) -> None:
    assert mia("render", "--osm", "town.osm", *AT, "--out", "map.png", cwd=town.parent).returncode == 0
    assert cv2.imread(str(town.parent / "map.png")).shape[0] >= 224
    assert mia("render", "--osm", "town.osm", *AT, "--out", "map.svg", cwd=town.parent).returncode == 0
    assert (town.parent / "map.svg").read_text().lstrip().startswith("<")


def test_options_change_the_map_and_one_that_reaches_beyond_the_file_warns(town: Path) -> None:
    options = ("--style", "navigation", "--no-infer-sidewalks", "--size", "100", "--resolution", "2")
    place = ("--lat", "48.0008", "--lon", "2.0015")
    answer = mia("render", "--osm", "town.osm", *place, *options, "--out", "map.npz", "--json", cwd=town.parent)
    assert answer.returncode == 0 and "beyond what the file covers" in answer.stderr
    assert json.loads(answer.stdout)["reaches_beyond_the_map"] is True
    wanted = render(MapStore.open(town), 48.0008, 2.0015, 0, "navigation", False, size=(100, 100), resolution=2)
    assert wanted.any()
    with np.load(town.parent / "map.npz", allow_pickle=False) as found:
        assert np.array_equal(found["arr_0"], wanted)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--out", "map.npz"), "give either --lat and --lon"),
        ((*AT, "--out", "map.jpg"), "out map.jpg: want a file name that ends in .npz, .png or .svg"),
        (("--lat", "60", "--lon", "2", "--out", "map.npz"), "lies outside the map town.osm: it covers latitudes"),
        (("--poses", "p.csv", "--out", "data"), "poses p.csv: cannot be read"),
    ],
)
def test_a_mistake_is_one_line(arguments: tuple[str, ...], problem: str, town: Path) -> None:
    write(town, *TOWN)
    answer = mia("render", "--osm", "town.osm", *arguments, cwd=town.parent)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("mia: ") and problem in answer.stderr and answer.stderr.count("\n") == 1
    assert not (town.parent / "map.npz").exists() and not (town.parent / "data").exists()


def test_many_poses_become_a_data_set_and_a_page(town: Path) -> None:
    poses = poses_inside(3)
    text = poses.write_csv()
    (town.parent / "poses.csv").write_text(f"{text}x,48.005,north,0\n")
    command = ("render", "--osm", "town.osm", "--poses", "poses.csv", "--out", "data", "--location", "here")
    answer = mia(*command, "--workers", "1", "--gallery", cwd=town.parent)
    assert answer.returncode == 0, answer.stderr
    assert "4 poses: 3 drawn" in answer.stdout
    assert "failed: 1 x lon is no number (row 4, id 'x')" in answer.stdout
    assert list(Dataset.open(town.parent / "data", needs=[SEMANTIC_MASK]).ids("here")) == [
        str(id_) for id_ in poses["id"]
    ]
    assert "<html" in (town.parent / "data/gallery.html").read_text()


def test_no_map_at_all_is_a_mistake(town: Path) -> None:
    (town.parent / "poses.csv").write_text("id,lat,lon,heading\n1,60,2,0\n")
    answer = mia("render", "--osm", "town.osm", "--poses", "poses.csv", "--out", "data", "--json", cwd=town.parent)
    assert answer.returncode == 2
    last = answer.stderr.splitlines()[-1]
    assert "no map was drawn of poses.csv: skipped: 1 x centre outside the map (row 1, id '1')" in last
    assert json.loads(answer.stdout)["skipped"]["centre outside the map"]["count"] == 1


@pytest.mark.slow
def test_ctrl_c_ends_cleanly(town: Path) -> None:
    poses_inside(20_000).write_parquet(town.parent / "poses.parquet")
    command = ["render", "--osm", "town.osm", "--poses", "poses.parquet", "--out", "data", "--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    masks = town.parent / "data/town/semantic_masks"
    with subprocess.Popen(
        [sys.executable, "-m", "mia_ros.cli", *command],
        cwd=town.parent,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            wait_until(lambda: masks.is_dir() and any(masks.iterdir()))
            os.killpg(process.pid, signal.SIGINT)
            _, error = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert error.splitlines()[-1] == "stopped; what is drawn stays in data: go on with the same command"
    assert "Traceback" not in error
    record = json.loads((town.parent / "data/town/render.json").read_text())
    assert record["state"] == "stopped" and record["configuration"]["style"] == "mia"


def wait_until(condition) -> None:
    pause, deadline = threading.Event(), time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.01)


@pytest.mark.slow
def test_poses_of_a_real_city(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "poses.csv").write_text("id,lat,lon,heading\n1,48.879,2.348,30\n2,48.8791,2.3481,120\n")
    source = shared / "data/osm/paris_9e.osm"
    command = ("render", "--osm", str(source), "--poses", "poses.csv", "--out", "data")
    answer = mia(*command, cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert answer.returncode == 0, answer.stderr
    (sample, _) = Dataset.open(tmp_path / "data", needs=[SEMANTIC_MASK])
    shares = dict(zip(CHANNELS, sample.semantic_mask().mean(axis=(0, 1)), strict=True))
    assert shares["building"] > 0.3 and shares["road"] > 0.1
