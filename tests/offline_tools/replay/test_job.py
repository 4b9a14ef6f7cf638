# SPDX-License-Identifier: Apache-2.0
"""Replays of a short drive from the bag to the page."""

import json
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from numba.core.dispatcher import Dispatcher
from polars.testing import assert_frame_equal
from rosbags.highlevel import AnyReader

from mia_ros.bag import BagReader
from mia_ros.errors import ReplayError
from mia_ros.nodes.outputs import TOPICS
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.replay import mapping
from offline_tools.replay.job import run_replay
from offline_tools.replay.judging import get_ready
from offline_tools.replay.table import JUDGED, MAPPED
from offline_tools.replay.trajectory import banded
from tests.offline_tools.replay.jobs import Watched, job, messages, run

IMAGE = "/camera/image_raw/compressed"
#: What a test asks a stage to be stopped at: a process that says where it is, and then waits to be killed.
STOPPED = """
import sys, time
from contextlib import contextmanager
from pathlib import Path
from offline_tools.replay.job import run_replay
from tests.offline_tools.replay.jobs import job

@contextmanager
def progress(name):
    def report(done, total, new):
        if name == sys.argv[4] and new == int(sys.argv[5]):
            print("here", flush=True)
            time.sleep(600)
    yield report

run_replay(job(*map(Path, sys.argv[1:4]), truth="bag", video=sys.argv[4] == "video", part=20), progress)
"""


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """Of the finished replay."""
    return Path(shutil.copytree(finished, tmp_path / "replay"))


def table(out):
    """Without what a clock said."""
    frames = pl.read_parquet(out / "frames.parquet")
    return frames.select(name for name in frames.columns if not name.startswith("ms_"))


def image_stamps(bag):
    with BagReader(bag) as reader:
        return [each.stamp for each in reader.messages([IMAGE])]


def test_rosbags_opens_the_maps_on_the_topics_of_the_node(finished):
    expected = {f"/{name}": kind for name, kind in TOPICS.items()}
    with AnyReader([finished / "maps"]) as bag:
        kinds = {each.topic: each.msgtype for each in bag.connections}
        counts = {each.topic: each.msgcount for each in bag.connections}
    transforms = dict.fromkeys(("/tf", "/tf_static"), "tf2_msgs/msg/TFMessage")
    assert kinds == {**expected, **transforms}
    mapped = len(table(finished).filter(pl.col("problem") == ""))
    assert mapped > 50 and {counts[topic] for topic in expected} == {mapped}


def test_the_mcap_reader_decodes_the_maps_with_the_stamps_of_the_images(finished, ground):
    (file,) = (finished / "maps").glob("*.mcap")
    with file.open("rb") as stream:
        reader = make_reader(stream, decoder_factories=[DecoderFactory()])
        found = [decoded for *_, decoded in reader.iter_decoded_messages(["/semantic_map"])]
    stamps = [each.header.stamp.sec * 10**9 + each.header.stamp.nanosec for each in found]
    lost = set(table(finished).filter(pl.col("problem") != "")["stamp"])
    assert stamps == [stamp for stamp in image_stamps(ground.bag) if stamp not in lost]
    assert found[0].header.frame_id.endswith("_bev") and list(found[0].class_names) == list(CLASS_NAMES)


def test_the_maps_hang_on_the_robot(finished, ground):
    with BagReader(finished / "maps") as bag:
        links = {
            (link.header.frame_id, link.child_frame_id)
            for each in bag.messages(["/tf", "/tf_static"])
            for link in each.message.transforms
        }
    with BagReader(ground.bag) as bag:
        driven = {
            (link.header.frame_id, link.child_frame_id)
            for each in bag.messages(["/tf", "/tf_static"])
            for link in each.message.transforms
        }
    assert links == driven | {("camera_optical_frame", "camera_optical_frame_bev")}


def test_the_table_has_a_row_for_each_image(finished, ground):
    frames = pl.read_parquet(finished / "frames.parquet")
    assert frames["stamp"].to_list() == image_stamps(ground.bag)
    assert frames["index"].to_list() == list(range(60))
    assert frames.schema == pl.Schema({**MAPPED, **JUDGED})
    mapped = frames.filter(pl.col("problem") == "")
    for name in ("pitch", "coverage", "confidence", "ms_network", "pose_x", "lat", "agreement"):
        assert mapped[name].null_count() == 0, name


def test_the_metrics_say_what_was_run_and_found(finished, ground):
    metrics = json.loads((finished / "metrics.json").read_text())
    assert metrics["bag"]["path"] == str(ground.bag) and metrics["bag"]["images"] == 60
    assert metrics["images"]["seen"] == 60 and metrics["images"]["mapped"] > 50
    assert metrics["camera"]["fx"] == pytest.approx(101.3) and metrics["camera"]["source"] == "bag"
    assert metrics["truth"]["name"] == "bag" and metrics["truth"]["score"]["frames"] == metrics["images"]["mapped"]
    assert metrics["speed"]["with_video"] and metrics["speed"]["video_s"] > 0
    assert metrics["alone_ms"]["images"] == 16 and 0 < metrics["alone_ms"]["median"] <= metrics["alone_ms"]["p95"]
    assert metrics["configuration"]["config"]["engine"] == str(ground.engine)
    assert metrics["verdict"]


def test_the_folder_holds_no_more_than_it_should(finished):
    shown = sorted(path.name for path in finished.iterdir() if not path.name.startswith("."))
    assert shown == ["frames.parquet", "maps", "metrics.json", "replay.json", "report.html", "video.mp4"]
    assert sorted(path.name for path in finished.iterdir() if path.name.startswith(".")) == [
        ".facts.json",
        ".lock",
        ".video",
    ]


def test_the_page_shows_pictures_and_the_best_and_the_worst(finished):
    page = (finished / "report.html").read_text()
    assert "best agreement" in page and "worst agreement" in page
    assert len(re.findall(r'<img class="[^"]*" src="data:image', page)) >= 9


def test_the_video_shows_every_image(finished):
    av = pytest.importorskip("av")
    with av.open(str(finished / "video.mp4")) as video:
        (stream,) = video.streams.video
        assert stream.codec_context.name == "h264"
        assert sum(1 for _ in video.decode(stream)) == 60


def test_a_finished_replay_maps_and_films_nothing_again(copy, ground):
    before, kept = table(copy), json.loads((copy / "metrics.json").read_text())
    watched = Watched()
    metrics = run_replay(job(ground.bag, ground.engine, copy, truth="bag", video=True), watched)
    assert watched.new["maps"] == 0 and watched.new["video"] == 0
    assert_frame_equal(table(copy), before)
    assert metrics == kept


def test_another_truth_judges_again_without_mapping(copy, ground):
    maps = messages(copy / "maps")
    watched = Watched()
    metrics = run_replay(job(ground.bag, ground.engine, copy, truth=f"osm:{ground.streets}"), watched)
    assert watched.new["maps"] == 0
    assert metrics["truth"]["name"] == "osm" and metrics["truth"]["aligned"]["score"]["frames"] > 50
    assert messages(copy / "maps") == maps


def test_the_street_map_and_the_bag_agree_where_gps_is_exact(copy, ground, finished):
    by_bag = json.loads((finished / "metrics.json").read_text())["truth"]["score"]["iou"]
    by_map = run(ground.bag, ground.engine, copy, truth=f"osm:{ground.streets}")["truth"]["score"]["iou"]
    for name in CLASS_NAMES:
        assert (by_bag[name] is None) == (by_map[name] is None)
        assert by_bag[name] is None or abs(by_bag[name] - by_map[name]) < 0.01, name


def test_no_truth_takes_the_scores_away(copy, ground):
    assert run(ground.bag, ground.engine, copy)["truth"] is None
    assert table(copy)["agreement"].null_count() == 60


def test_only_the_stretch_that_was_asked_for_is_mapped(tmp_path, ground):
    metrics = run(ground.bag, ground.engine, tmp_path / "out", start=2.0, end=4.0, every=4)
    with BagReader(ground.bag) as bag:
        begin = bag.start
        all_of_them = [each.received for each in bag.messages([IMAGE])]
    wanted = [each for each in all_of_them if begin + 2e9 <= each < begin + 4e9][::4]
    frames = table(tmp_path / "out")
    assert frames["received"].to_list() == wanted
    assert metrics["bag"]["seconds"] == pytest.approx(2.0)
    assert not (tmp_path / "out" / "video.mp4").exists()


def test_a_stretch_is_as_it_is_in_the_whole(tmp_path, ground, finished):
    run(ground.bag, ground.engine, tmp_path / "out", start=3.0)
    part = messages(tmp_path / "out" / "maps")
    assert part == messages(finished / "maps")[-len(part) :]


def test_a_stretch_without_images_is_one_line(tmp_path, ground):
    with pytest.raises(ReplayError, match=f"no image on {IMAGE} between the start and the end"):
        run(ground.bag, ground.engine, tmp_path / "out", start=2.01, end=2.02)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"every": 2}, r"\(every\)"),
        ({"start": 1.0, "end": 3.0}, r"\(start, end\)"),
        ({"parameters": {"camera_height": 1.3}}, r"\(parameter camera_height\)"),
    ],
)
def test_other_settings_in_the_same_folder_are_refused_by_name(finished, ground, changed, named):
    kept = (finished / "replay.json").read_bytes()
    with pytest.raises(ReplayError, match=named):
        run(ground.bag, ground.engine, finished, **changed)
    assert (finished / "replay.json").read_bytes() == kept and (finished / "metrics.json").is_file()


def test_another_engine_at_the_same_place_is_refused(ground, tmp_path):
    run(ground.bag, shutil.copytree(ground.engine, tmp_path / "engine"), tmp_path / "out", end=1.0)
    shutil.rmtree(tmp_path / "engine")
    shutil.copytree(ground.other_engine, tmp_path / "engine")
    with pytest.raises(ReplayError, match="the engine or the recording itself"):
        run(ground.bag, tmp_path / "engine", tmp_path / "out", end=1.0)


def test_a_folder_that_is_no_replay_is_left_alone(tmp_path, ground):
    (tmp_path / "mine").write_text("my only copy")
    with pytest.raises(ReplayError, match="is there already and is no replay"):
        run(ground.bag, ground.engine, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("name", ["frames.parquet", pytest.param("maps", marks=pytest.mark.slow)])
def test_what_was_removed_is_made_again(copy, ground, finished, name):
    path = copy / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    run(ground.bag, ground.engine, copy, truth="bag")
    assert_frame_equal(table(copy), table(finished))
    assert messages(copy / "maps") == messages(finished / "maps")


def test_a_table_that_is_damaged_says_what_to_do_and_that_helps(copy, ground):
    path = copy / "frames.parquet"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ReplayError, match="remove it, and run `mia replay` again"):
        run(ground.bag, ground.engine, copy)
    path.unlink()
    assert run(ground.bag, ground.engine, copy)["images"]["seen"] == 60


def test_two_at_a_time_do_not_disturb_each_other(ground, tmp_path):
    @contextmanager
    def beside(_name):
        with pytest.raises(ReplayError, match="another mia replay is at work there"):
            run(ground.bag, ground.engine, tmp_path / "out", end=1.0)
        yield lambda *_: None

    assert run_replay(job(ground.bag, ground.engine, tmp_path / "out", end=1.0), beside)["images"]["seen"] == 10


def test_a_folder_that_cannot_be_made_is_one_line(ground, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReplayError, match="file/out: cannot be written: Not a directory"):
        run(ground.bag, ground.engine, tmp_path / "file" / "out")


def killed(ground, out, stage, new):
    """A replay that was killed when it had done so many of a stage."""
    command = [sys.executable, "-c", STOPPED, str(ground.bag), str(ground.engine), str(out), stage, str(new)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as process:
        assert process.stdout is not None and process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def check_the_same(ground, finished, out):
    """A killed replay that goes on ends as one that was not."""
    assert not (out / "metrics.json").exists()
    watched = Watched()
    metrics = run_replay(job(ground.bag, ground.engine, out, truth="bag", part=20), watched)
    assert_frame_equal(table(out), table(finished))
    assert messages(out / "maps") == messages(finished / "maps")
    unbroken = json.loads((finished / "metrics.json").read_text())
    assert metrics["camera"] == unbroken["camera"] and metrics["truth"] == unbroken["truth"]
    said = [{(each["key"], each["level"]) for each in found["verdict"]} for found in (metrics, unbroken)]
    assert said[0] == said[1]
    assert sorted(path.name for path in out.iterdir() if path.name.startswith(".maps")) == []
    return watched


def test_a_killed_replay_goes_on_after_its_last_part_and_ends_the_same(ground, finished, tmp_path):
    killed(ground, tmp_path / "out", "maps", 47)
    watched = check_the_same(ground, finished, tmp_path / "out")
    assert (watched.first["maps"], watched.new["maps"]) == (41, 20)


def test_what_is_compiled_beforehand_is_what_judging_calls(ground, tmp_path):
    get_ready()
    compiled = [function for function in vars(banded).values() if isinstance(function, Dispatcher)]
    before = [list(function.signatures) for function in compiled]
    run(ground.bag, ground.engine, tmp_path / "out", truth="bag", end=1.0)
    assert [list(function.signatures) for function in compiled] == before
    assert len(compiled) == 2 and all(before)


def test_parts_of_no_given_length_end_by_time(ground, tmp_path, monkeypatch):
    whole = run(ground.bag, ground.engine, tmp_path / "whole", end=1.0)
    monkeypatch.setattr(mapping, "_PART_S", 0.0)  # every image is one

    @contextmanager
    def stopping(_name):
        def report(done, _total, _new):
            if done == 4:
                raise KeyboardInterrupt

        yield report

    with pytest.raises(KeyboardInterrupt):
        run_replay(job(ground.bag, ground.engine, tmp_path / "out", end=1.0), stopping)
    watched = Watched()
    metrics = run_replay(job(ground.bag, ground.engine, tmp_path / "out", end=1.0), watched)
    assert (watched.first["maps"], metrics["images"]) == (4, whole["images"])
    assert messages(tmp_path / "out" / "maps") == messages(tmp_path / "whole" / "maps")


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "new", "again"), [("maps", 3, 60), ("maps", 21, 40), ("judging", 9, 0)])
def test_wherever_it_is_killed_it_ends_the_same(ground, finished, tmp_path, stage, new, again):
    killed(ground, tmp_path / "out", stage, new)
    assert check_the_same(ground, finished, tmp_path / "out").new["maps"] == again


@pytest.mark.slow
def test_killed_again_and_again_it_ends_the_same(ground, finished, tmp_path):
    for new in (25, 24, 5):
        killed(ground, tmp_path / "out", "maps", new)
    assert check_the_same(ground, finished, tmp_path / "out").new["maps"] == 20


@pytest.mark.slow
def test_killed_while_it_films_it_ends_with_a_whole_video(ground, tmp_path):
    out = tmp_path / "out"
    killed(ground, out, "video", 30)
    metrics = run(ground.bag, ground.engine, out, truth="bag", video=True, part=20)
    assert (out / "video.mp4").is_file() and metrics["images"]["seen"] == 60


def test_the_numbers_are_json_that_every_reader_takes(finished):
    def refuse(name):
        raise AssertionError(name)

    for name in ("metrics.json", "replay.json"):
        json.loads((finished / name).read_text(), parse_constant=refuse)


def test_gravity_in_the_table_is_that_of_the_maps(finished):
    with BagReader(finished / "maps") as bag:
        said = np.array([[each.message.gravity.x, each.message.gravity.y] for each in bag.messages(["/semantic_map"])])
    rows = table(finished).filter(pl.col("problem") == "").select("gravity_x", "gravity_y").to_numpy()
    np.testing.assert_allclose(said, rows, atol=1e-6)
