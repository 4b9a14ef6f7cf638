# SPDX-License-Identifier: Apache-2.0
"""A replay's folder, as a file of Rerun that is read back."""

import json
import math
import shutil

import numpy as np
import polars as pl
import pytest

from mia_ros.errors import ReplayError
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.viewing.folder import is_replay, read_folder
from offline_tools.viewing.job import ViewPlan, view
from offline_tools.viewing.replayed import place_of
from tests.offline_tools.viewing import replays
from tests.offline_tools.viewing.recordings import Recording
from tests.offline_tools.viewing.replays import STAMPS

CAMERA = {"width": 64, "height": 48, "fx": 50.0, "fy": 50.0, "cx": 31.5, "cy": 23.5, "source": "bag"}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A replay and what `view` made of it; nobody changes it."""
    folder = tmp_path_factory.mktemp("replay")
    said = []
    out = replays.write_replay(folder)
    viewed = view(ViewPlan(out, folder / "view.rrd"), said.append)
    return viewed, Recording(folder / "view.rrd"), said


@pytest.fixture
def replay(tmp_path):
    """One to change."""
    return replays.write_replay(tmp_path)


def change_metrics(replay, **changes):
    path = replay / "metrics.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def shown(replay, tmp_path, **wishes):
    """What is said, and what is in the file."""
    said = []
    viewed = view(ViewPlan(replay, tmp_path / "view.rrd", **wishes), said.append)
    return viewed, Recording(tmp_path / "view.rrd"), said


def test_everything_has_its_path(written):
    paths = written[1].paths()
    assert paths >= {"/about", "/camera/image", "/camera/level", "/map/labels", "/map/occupancy", "/world/map", "/log"}
    assert {f"/map/layers/{name}" for name in CLASS_NAMES} <= paths
    assert written[1].blueprints == 1


def test_what_was_shown_is_counted(written):
    viewed, _, said = written
    assert viewed.counts == {"photos": 3, "levelled": 2, "maps": 2, "placed": 2}
    assert viewed.problems == {} and said == []
    assert viewed.line == "3 photos, 2 levelled, 2 maps, 2 of them laid along 6 m"


def test_photos_pass_untouched_with_their_stamps_and_numbers(written):
    rows = written[1].of("/camera/image")
    assert [(row.stamp, row.frame) for row in rows] == list(zip(STAMPS, range(3), strict=True))
    for k, data in enumerate(written[1].files("/camera/image")):
        assert (replays.decoded(data) == replays.photo(k)).all()


def test_labels_are_classes_or_say_that_nothing_was_observed(written):
    first, last = written[1].cells("/map/labels")
    assert (first == last).all() and first.shape == (100, 100)
    assert (first[:, :10] == 7).all()  # not observed
    assert (first[:60, 10:] == 6).all()  # no class
    assert (first[60:, 10:50] == 2).all() and (first[60:, 50:] == 0).all()
    assert [row.stamp for row in written[1].of("/map/labels")] == [STAMPS[0], STAMPS[2]]


def test_the_labels_have_names_and_colours(written):
    context = written[1].static("/map/labels")["AnnotationContext:context"][0]
    names = [entry["class_description"]["info"]["label"] for entry in context]
    assert names == [*CLASS_NAMES, "no class", "not observed"]


def test_layers_hold_the_probabilities_in_steps_of_255(written):
    road, sidewalk = (written[1].cells(f"/map/layers/{name}")[0] for name in ("road", "sidewalk"))
    assert (road[60:, 50:] == 204).all() and (road[:60] == 0).all()
    assert (sidewalk[60:, 10:50] == 153).all() and (sidewalk[60:, :10] == 0).all()


def test_a_veil_lies_over_what_was_not_observed(written):
    veil = written[1].cells("/map/unobserved")[0]
    assert (veil[:, :10] == 1).all() and (veil[:, 10:] == 0).all()


def test_costs_are_those_that_were_published(written):
    costs = written[1].cells("/map/occupancy")[0].view(np.int8)
    assert (costs == replays.map_of(STAMPS[0]).costs("wheelchair")).all()


def test_the_path_has_all_poses_and_the_maps_lie_on_it(written):
    recording = written[1]
    strip = recording.of("/world/path/00001")[-1].parts["LineStrips3D:strips"][0]
    assert [tuple(point[:2]) for point in strip] == [(10, 5), (13, 5), (16, 5)]
    first = np.array(recording.of("/world/laid/00001")[0].parts["Mesh3D:vertex_positions"])
    # Looks along x: 50 m ahead, and 25 m to the right and, where it was observed, 20 m to the left.
    assert (first[:, :2].min(0) == (10, -20)).all() and (first[:, :2].max(0) == (60, 25)).all()
    assert recording.of("/world/laid/00002")[0].stamp == STAMPS[2]


def test_the_levelled_photo_has_a_line_at_the_horizon(written):
    picture = replays.decoded(written[1].files("/camera/level")[0])
    (left, right) = written[1].of("/camera/level/horizon")[0].parts["LineStrips2D:strips"][0]
    assert picture.shape[:2] == (384, 512)
    assert left[1] == right[1] and math.isclose(left[1], 8 * (23.5 + 0.5) - 0.5, abs_tol=4)


def test_numbers_are_plotted_where_they_are_known(written):
    recording = written[1]
    assert recording.numbers("times/decode") == list(zip(STAMPS, [1.0, 2.0, 3.0], strict=True))
    assert recording.numbers("shares/agreement") == [(STAMPS[0], 0.5)]
    roll = recording.numbers("attitude/roll")
    assert [stamp for stamp, _ in roll] == [STAMPS[0], STAMPS[2]]
    assert all(math.isclose(value, math.degrees(replays.ROLL), rel_tol=1e-6) for _, value in roll)
    assert len(recording.numbers("checks/brightness")) == 3


def test_an_image_without_a_map_says_why(written):
    (row,) = written[1].of("/log")
    assert row.stamp == STAMPS[1] and row.parts["TextLog:text"] == ["the image is black"]


def test_the_verdict_and_what_was_run_can_be_read(written):
    text = written[1].static("/about")["TextDocument:text"][0]
    assert "The camera is level" in text and "an_engine int8 onnx-cpu" in text


def test_a_stretch_can_be_chosen(replay, tmp_path):
    _, recording, _ = shown(replay, tmp_path, start=0.05, end=0.15)
    assert [row.stamp for row in recording.of("/camera/image")] == [STAMPS[1]]


def test_raw_photos_are_compressed(tmp_path):
    replay = replays.write_replay(tmp_path, form="raw")
    _, recording, _ = shown(replay, tmp_path)
    pictures = [replays.decoded(data) for data in recording.files("/camera/image")]
    assert all(np.abs(each.astype(int) - replays.photo(k)).max() <= 3 for k, each in enumerate(pictures))


def test_without_its_bag_the_maps_are_shown_and_it_is_said(replay, tmp_path):
    shutil.rmtree(tmp_path / "drive")
    viewed, recording, said = shown(replay, tmp_path)
    assert viewed.counts["maps"] == 2 and "/camera/image" not in recording.paths()
    assert said == [f"no photos: the bag {tmp_path / 'drive'} is not there any more; the maps are shown without it"]


def test_a_bag_that_was_named_from_another_folder_is_found(replay, tmp_path):
    change_metrics(replay, bag={"path": "somewhere/drive"}, configuration={"bag": str(tmp_path / "drive")})
    viewed, _, _ = shown(replay, tmp_path)
    assert viewed.counts["photos"] == 3


def test_a_bag_that_is_another_one_is_said(replay, tmp_path):
    shutil.rmtree(tmp_path / "drive")
    replays.write_maps(tmp_path / "drive")
    _, _, said = shown(replay, tmp_path)
    assert len(said) == 1 and "has no topic /camera/image_raw/compressed" in said[0]


@pytest.mark.parametrize(
    ("camera", "line"),
    [
        (None, "names none"),
        ({"width": 64}, "camera: 'fx'"),
        ({**CAMERA, "model": "plumb_bob"}, "0 coefficients, but distortion_model 'plumb_bob' takes 4 or 5"),
    ],
)
def test_without_its_camera_the_photos_are_not_levelled_and_it_is_said(replay, tmp_path, camera, line):
    change_metrics(replay, camera=camera)
    viewed, recording, said = shown(replay, tmp_path)
    assert viewed.counts["photos"] == 3 and "/camera/level" not in recording.paths()
    assert len(said) == 1 and line in said[0]


def test_the_lens_of_the_replay_is_used(replay, tmp_path):
    bent = {"model": "plumb_bob", "coefficients": [-0.4, 0.1, 0.0, 0.0]}
    straight = shown(replay, tmp_path)[1].files("/camera/level")[0]
    change_metrics(replay, camera={**CAMERA, "lens": bent})
    assert shown(replay, tmp_path)[1].files("/camera/level")[0] != straight


def test_without_poses_nothing_is_laid(replay, tmp_path):
    table = replays.table().drop("pose_x", "pose_y", "pose_yaw")
    table.write_parquet(replay / "frames.parquet")
    viewed, recording, _ = shown(replay, tmp_path)
    assert "/world/map" not in recording.paths() and "laid" not in viewed.line


def test_a_map_that_the_bag_of_maps_lost_is_counted(replay, tmp_path):
    shutil.rmtree(replay / "maps")
    replays.write_maps(replay / "maps", [STAMPS[2]])
    viewed, _, said = shown(replay, tmp_path)
    assert viewed.counts["maps"] == 1 and viewed.problems == {"maps": 1}
    assert str(STAMPS[0]) in said[0]


@pytest.mark.parametrize("missing", ["metrics.json", "frames.parquet", "maps"])
def test_a_replay_that_is_not_finished_is_refused(replay, missing):
    (replay / "replay.json").write_text("{}")
    part = replay / missing
    shutil.rmtree(part) if part.is_dir() else part.unlink()
    assert is_replay(replay)
    with pytest.raises(ReplayError, match=f"there is no {missing}: the replay is not finished"):
        read_folder(replay)


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("metrics.json", "{", "metrics.json: cannot be read"),
        ("metrics.json", "[]", "is no record of a replay"),
        ("frames.parquet", "rubbish", "frames.parquet: cannot be read"),
    ],
)
def test_a_part_that_is_broken_is_named(replay, name, content, line):
    (replay / name).write_text(content)
    with pytest.raises(ReplayError, match=line):
        read_folder(replay)


def test_a_table_of_something_else_is_refused(replay):
    pl.DataFrame({"index": [1]}).write_parquet(replay / "frames.parquet")
    with pytest.raises(ReplayError, match="has no column stamp, received"):
        read_folder(replay)


def test_a_table_without_rows_is_refused(replay):
    replays.table().clear().write_parquet(replay / "frames.parquet")
    with pytest.raises(ReplayError, match="no image was replayed"):
        read_folder(replay)


def test_the_topics_of_a_replay_are_known(replay, tmp_path):
    with pytest.raises(ReplayError, match="--image, --maps: .* is a replay"):
        shown(replay, tmp_path, image="/cam")


def test_a_folder_of_something_else_is_refused(tmp_path):
    with pytest.raises(ReplayError, match="neither the folder of a replay"):
        view(ViewPlan(tmp_path), print)


def test_nothing_is_written_where_there_is_nothing_to_see(replay, tmp_path):
    shutil.rmtree(tmp_path / "drive")
    shutil.rmtree(replay / "maps")
    replays.write_maps(replay / "maps", [])
    with pytest.raises(ReplayError, match="nothing to see: no photo and no map came"):
        shown(replay, tmp_path)
    assert not list(tmp_path.glob("*.rrd*"))


def test_a_file_of_another_kind_is_refused(replay, tmp_path):
    with pytest.raises(ReplayError, match="want a file name that ends in .rrd"):
        view(ViewPlan(replay, tmp_path / "view.mp4"), print)


def test_a_pose_that_is_not_finite_is_none():
    assert place_of({"pose_x": 1.0, "pose_y": math.nan, "pose_yaw": 0.0}) is None
    assert place_of({"pose_x": 1.0, "pose_y": 2.0, "pose_yaw": None}) is None
