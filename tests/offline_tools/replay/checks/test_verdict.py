# SPDX-License-Identifier: Apache-2.0
import math

import polars as pl
import pytest

from offline_tools.replay.checks import LEVELS, verdict
from offline_tools.replay.checks.scores import never_saw_photos
from tests.offline_tools.replay.checks.driven import facts

NONE = pl.DataFrame()


def keyed(frames, said):
    return {each.key: each for each in verdict(frames, said)}


def with_camera(**changes):
    said = facts()
    said["camera"].update(changes)
    return said


def timed(alone: float, every: int = 1) -> dict:
    """What is said of a replay of every n-th image of a camera of 10 Hz, where one alone took so long, ms."""
    frames = pl.DataFrame([{"stamp": k * every * 10**8, "ms_network": 1000.0} for k in range(20)])
    said = {"alone_ms": {"median": alone, "p95": alone + 1, "images": 16.0}, "configuration": {"every": every}}
    return keyed(frames, {**facts(), **said})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fx": 2000.0, "fy": 2000.0}, "field of view of 9 deg"),
        ({"fx": 20.0, "fy": 20.0}, "field of view of 166 deg"),
        ({"fy": 210.0}, "differ by"),
        ({"cx": 60.0}, "cx 60 is 31% of 320 px off the middle"),
        ({"width": 640, "height": 480, "cx": 319.5, "cy": 239.5}, "camera_info is 640 x 480 but images are 320 x 240"),
    ],
)
def test_intrinsics_that_no_camera_has_are_named(changes, said):
    frames = pl.DataFrame({"stamp": [0, 1], "width": [320, 320], "height": [240, 240]})
    finding = keyed(frames, with_camera(**changes))["intrinsics"]
    assert finding.level == "bad" and said in finding.line


@pytest.mark.parametrize(
    ("lost", "share"), [(1, "under 1%"), (2, "1%"), (100, "50%"), (199, "over 99%"), (200, "100%")]
)
def test_images_that_are_lost_are_never_none_in_a_hundred(lost, share):
    said = {**facts(), "images": {"seen": 200, "mapped": 200 - lost, "problems": {"gravity": lost}}}
    assert f"{lost} of 200 images ({share}) have no map" in keyed(NONE, said)["images.gravity"].line


def test_a_fisheye_is_measured_by_its_own_law():
    # 320 px at 60 px a radian would be 306 deg; a pinhole of that focal length sees 139.
    assert keyed(NONE, with_camera(fx=60.0, fy=60.0))["intrinsics"].level == "good"
    fisheye = keyed(NONE, with_camera(fx=60.0, fy=60.0, model="equidistant"))["intrinsics"]
    assert fisheye.level == "bad" and "306 deg" in fisheye.line


def test_nominal_intrinsics_are_told_once():
    said = facts()
    said["notes"] = [{"key": "camera_info.nominal", "level": "warn", "line": "camera_info: looks nominal"}]
    findings = [each for each in verdict(NONE, said) if "nominal" in each.line + each.title]
    assert [each.key for each in findings] == ["intrinsics"] and findings[0].level == "warn"


def test_what_the_replay_noted_is_in_the_verdict_as_a_whole():
    said = facts()
    said["notes"] = [
        {"key": "imu.mounting", "level": "error", "line": "imu: not in tf; set imu_to_camera"},
        {"key": "gravity.source", "level": "info", "line": "gravity: from the accelerometer"},
    ]
    findings = keyed(NONE, said)
    assert findings["imu.mounting"].level == "bad" and "set imu_to_camera" in findings["imu.mounting"].line
    assert "gravity.source" not in findings


def test_the_worst_comes_first():
    said = facts()
    said["bag"] = {"damaged": "chunk 3 is cut at 12.4 s"}
    said["images"]["seen"], said["images"]["problems"] = 200, {"gravity": 150}
    levels = [LEVELS.index(each.level) for each in verdict(NONE, said)]
    assert levels == sorted(levels) and levels[0] == 0


@pytest.mark.parametrize(("count", "level"), [(1, "info"), (10, "warn"), (90, "bad")])
def test_images_without_a_map_count_by_their_share_and_one_is_quoted(count, level):
    said = facts()
    said["images"] = {
        "seen": 100,
        "mapped": 100 - count,
        "problems": {"tilt": count},
        "first_problems": ["gravity: 80 deg"],
    }
    finding = keyed(NONE, said)["images.tilt"]
    assert finding.level == level and "gravity: 80 deg" in finding.line and finding.fix


def test_a_damaged_bag_says_where_it_ended():
    finding = keyed(NONE, {**facts(), "bag": {"damaged": "chunk 3 is cut at 12.4 s"}})["bag"]
    assert finding.level == "warn" and "12.4 s" in finding.line


def test_a_node_that_is_slower_than_the_camera_would_skip():
    """Several made at once take longer each, and that is not what a robot does."""
    assert timed(35.0)["latency"].level == "good"
    slow = timed(250.0)["latency"]
    assert slow.level == "warn" and "40%" in slow.line  # 250 ms for an image each 100 ms
    assert timed(99.5)["latency"].level == "info"
    # Each second image: the camera is twice as fast as what was replayed.
    assert timed(120.0, every=2)["latency"].level == "warn"
    assert "latency" not in keyed(pl.DataFrame({"stamp": [0, 10**8]}), facts())


def test_uncertain_gravity_low_coverage_and_flicker_are_told():
    said = {**facts(), "coverage": {"median": 0.1, "p5": 0.05}, "flicker": {"median": 0.4, "p95": 0.6, "frames": 9}}
    said["gravity"]["sigma_median_deg"] = 5.0
    frames = pl.DataFrame({"stamp": [0, 1], "share_road": [0.4, 0.5]})
    findings = keyed(frames, said)
    assert {findings[key].level for key in ("gravity", "coverage", "flicker")} == {"warn"}


def test_empty_maps_are_no_coverage():
    frames = pl.DataFrame({"stamp": [0, 1], "share_road": [0.0, 0.0]})
    assert keyed(frames, {**facts(), "coverage": {"median": 0.7, "p5": 0.6}})["coverage"].title == "the maps are empty"


@pytest.mark.parametrize(
    ("training", "never"),
    [
        ("untrained: random weights", True),
        ("2000 simulated towns; it has never seen a real photo", True),
        ("synthetic pictures only, no real photo", True),
        ("MIA 1.2 M Mapillary photos", False),
        ("simulated towns, then 1.2 M real photos", False),
        ("", False),
    ],
)
def test_an_engine_that_never_saw_a_photo_is_known_by_its_own_words(training, never):
    assert never_saw_photos(training) is never
    assert ("engine" in keyed(NONE, {**facts(), "engine": {"name": "x", "training": training}})) is never


SCORE = {"frames": 50, "macro_mean_iou": 0.31, "avg_road_sidewalk": 0.42}
ALIGNED = {"frames": 50, "macro_mean_iou": 0.51, "avg_road_sidewalk": 0.62}


def test_aligned_scores_stand_apart_from_those_as_they_stand():
    alignment = {
        "gps_error_east_m": 3.0,
        "gps_error_north_m": -4.0,
        "size_m": 5.0,
        "turn_deg": 1.0,
        "at_the_edge": False,
    }
    truth = {"name": "osm", "score": SCORE, "aligned": {"score": ALIGNED, "alignment": alignment}}
    findings = keyed(NONE, {**facts(), "truth": truth})
    assert "0.310" in findings["scores"].line and "0.510" not in findings["scores"].line
    assert "0.510" in findings["scores.aligned"].line and "5.0 m" in findings["scores.aligned"].line


def test_an_alignment_at_the_edge_is_not_to_be_trusted():
    aligned = {"score": ALIGNED, "alignment": {"size_m": 8.0, "turn_deg": 0.0, "at_the_edge": True}}
    finding = keyed(NONE, {**facts(), "truth": {"name": "osm", "score": SCORE, "aligned": aligned}})["scores.aligned"]
    assert finding.level == "warn" and "do not trust" in finding.fix


def test_a_truth_that_scored_nothing_is_bad():
    assert keyed(NONE, {**facts(), "truth": {"name": "osm", "score": {"frames": 0}}})["scores"].level == "bad"


@pytest.mark.parametrize("frames", [NONE, pl.DataFrame({"stamp": [0]}), pl.DataFrame({"stamp": [0, 0, 0]})])
@pytest.mark.parametrize("said", [{}, {"camera": None, "truth": None, "images": {}, "flicker": None, "notes": None}])
def test_empty_tables_and_missing_parts_are_no_error(frames, said):
    assert all(each.title and each.line for each in verdict(frames, said))


def test_columns_without_a_number_are_no_error():
    names = [f"check_{part}_{axis}" for part in ("turn", "gyro") for axis in "xyz"]
    names += ["check_roll_error", "check_pitch_error", "check_gyro_time", "check_same", "ms_network", "share_road"]
    rows = [{"stamp": k * 10**8, **dict.fromkeys(names, math.nan if k % 2 else None)} for k in range(60)]
    findings = keyed(pl.DataFrame(rows, infer_schema_length=None), facts())
    assert findings["level"].level == "info" and findings["clocks"].level == "info"


def leaning(seconds: float, roll: float) -> pl.DataFrame:
    """20 s at 4 Hz, whose houses are seen from the beginning for so long."""
    rows = [{"stamp": k * 250_000_000, "check_roll_error": roll if k / 4 < seconds else None} for k in range(80)]
    return pl.DataFrame(rows, infer_schema_length=None)


def test_gravity_that_errs_for_some_seconds_is_no_mounting():
    assert keyed(leaning(4.0, 0.07), facts())["level"].level == "info"
    assert keyed(leaning(15.0, 0.07), facts())["level"].level == "warn"


def test_a_large_tilt_is_bad_and_a_small_one_is_none():
    assert keyed(leaning(20.0, 0.2), facts())["level"].level == "bad"
    assert keyed(leaning(20.0, 0.02), facts())["level"].level == "good"
