# SPDX-License-Identifier: Apache-2.0
import os
import shutil
from dataclasses import replace

import pytest

from mia_ros.errors import MiaError, ReplayError
from mia_ros.replay import ReplayPlan
from mia_ros.runtime.config import MapperConfig
from offline_tools.replay.plan import JobPlan, TruthPlan
from offline_tools.replay.scoring import SearchWindow
from tests.mia_ros.make_engine import make_engine


@pytest.fixture
def plan(tmp_path):
    """Of a recording that is a file of some bytes."""
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "bag.mcap").write_bytes(b"abc")
    config = MapperConfig.from_mapping({"engine": str(make_engine(tmp_path / "engine"))})
    return JobPlan(ReplayPlan(tmp_path / "bag", config), tmp_path / "out")


def test_truths_are_read_from_what_people_type(tmp_path):
    (tmp_path / "a:b.osm").write_text("")
    assert TruthPlan.parse("") == TruthPlan()
    assert TruthPlan.parse("bag").kind == "bag" and TruthPlan.parse("bag").path is None
    osm = TruthPlan.parse(f"osm:{tmp_path}/a:b.osm", "left", SearchWindow())
    assert (osm.kind, osm.path, osm.driving_side) == ("osm", tmp_path / "a:b.osm", "left")
    assert TruthPlan.parse(f"dataset:{tmp_path}").path == tmp_path


@pytest.mark.parametrize("text", ["osm", "osm:", "bag:x", "dataset", "lidar:x", "OSM:x", ":"])
def test_a_truth_that_is_none_is_refused_with_what_is_wanted(text):
    with pytest.raises(ReplayError, match="want bag, dataset:FOLDER, osm:FILE"):
        TruthPlan.parse(text)


def test_a_truth_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ReplayError, match="there is no"):
        TruthPlan.parse(f"osm:{tmp_path}/none.osm")


def test_truth_and_video_do_not_change_the_maps(plan, tmp_path):
    other = replace(plan, truth=TruthPlan.parse(f"dataset:{tmp_path}"), video=False, out=tmp_path / "elsewhere")
    assert other.digest() == plan.digest()


@pytest.mark.parametrize("change", [{"start": 1.0}, {"every": 2}, {"hfov_deg": 60.0}, {"imu_offset": 0.1}])
def test_what_the_maps_depend_on_does(plan, change):
    assert replace(plan, replay=replace(plan.replay, **change)).digest() != plan.digest()


def test_another_recording_or_engine_at_the_same_place_does_too(plan, tmp_path):
    before = plan.digest()
    file = tmp_path / "bag" / "bag.mcap"
    os.utime(file, ns=(1, 1))
    touched = plan.digest()
    shutil.rmtree(tmp_path / "engine")
    make_engine(tmp_path / "engine", seed=1)
    assert len({before, touched, plan.digest()}) == 3


def test_a_recording_that_is_not_there_is_one_line(plan, tmp_path):
    missing = replace(plan, replay=replace(plan.replay, bag=tmp_path / "nowhere"))
    with pytest.raises(MiaError, match="nowhere: there is no such bag"):
        missing.digest()


def test_the_configuration_is_told_in_full(plan, tmp_path):
    record = plan.record()
    assert record["bag"] == str((tmp_path / "bag").resolve())
    assert record["config"].keys() == MapperConfig.model_fields.keys()
    assert record["truth"] is None and record["video"] and record["every"] == 1
