# SPDX-License-Identifier: Apache-2.0
import functools
import os
import signal
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mia_ros.errors import ReplayError
from mia_ros.taxonomy import CLASSES, UNOBSERVED_COLOUR
from offline_tools.replay.video import VideoPlan, write_video
from offline_tools.replay.video.layout import GROUND, HEIGHT, LEVEL, MAP, PHOTO, WIDTH
from tests.offline_tools.replay.browser import BROWSER, opened
from tests.offline_tools.replay.video.conftest import CAMERA
from tests.offline_tools.replay.video.finished import TOPICS, finish, true_poses

av = pytest.importorskip("av")

ROAD = CLASSES[0].colour[::-1]


def plan(bag: Path, folder: Path, **changes) -> VideoPlan:
    poses = changes.pop("trajectory") if "trajectory" in changes else true_poses(bag)
    given = {"camera": CAMERA, "trajectory": poses, "title": "test", **changes}
    return VideoPlan(bag, TOPICS, folder, **given)


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="bgr24") for frame in file.decode(video=0)]


def middle(picture: np.ndarray, box, size: int = 8) -> np.ndarray:
    """Mean colour of the middle of a box."""
    x, y = box.x + box.width // 2, box.y + box.height // 2
    return picture[y - size : y + size, x - size : x + size].mean((0, 1))


@pytest.fixture(scope="module")
def made(bag, tmp_path_factory) -> Path:
    """With two images that have no map."""
    folder = finish(bag, tmp_path_factory.mktemp("out"), without=(0, 12))
    return write_video(plan(bag, folder))


def test_every_image_is_a_frame_at_the_drives_own_pace(made):
    with av.open(str(made)) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height, stream.average_rate) == (WIDTH, HEIGHT, 10)
        frames = list(file.decode(stream))
    assert len(frames) == 30
    assert [round(frame.time * 10) for frame in frames] == list(range(30))


def test_the_index_stands_in_front_so_that_a_browser_starts_at_once(made):
    data = made.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_a_frame_shows_its_own_image_its_map_and_the_ground_along_the_way(made):
    shown = pictures(made)
    for k in (5, 20):
        assert middle(shown[k], PHOTO) == pytest.approx(40 + 6 * k, abs=4)
        assert middle(shown[k], LEVEL) == pytest.approx(40 + 6 * k, abs=4)
        assert middle(shown[k], MAP) == pytest.approx(ROAD, abs=6)
    # 10 m ahead of the robot, which is in the middle of the panel; where exactly depends on where it looks.
    ahead = shown[20][GROUND.y : GROUND.y + GROUND.height, GROUND.x : GROUND.x + GROUND.width]
    is_road = (np.abs(ahead.astype(int) - ROAD) < 12).all(-1)
    assert 0.03 < is_road.mean() < 0.5


def test_an_image_without_a_map_says_so(made):
    shown = pictures(made)
    dark = shown[12][MAP.y + 10 : MAP.y + 100, MAP.x + 10 : MAP.x + 300].mean((0, 1))
    assert dark == pytest.approx(UNOBSERVED_COLOUR[::-1], abs=6)
    title = shown[12][4:34, 880:1080], shown[13][4:34, 880:1080]
    assert title[0].max() > 150 and title[1].max() < 100
    assert middle(shown[12], PHOTO) == pytest.approx(40 + 72, abs=4)


def test_without_poses_the_panel_says_why_and_without_a_camera_nothing_is_levelled(bag, tmp_path):
    folder = finish(bag, tmp_path / "out")
    out = write_video(plan(bag, folder, trajectory=None, camera=None, no_trajectory="no odometry"))
    shown = pictures(out)[20]
    panel = shown[GROUND.y : GROUND.y + GROUND.height, GROUND.x : GROUND.x + GROUND.width]
    assert (panel.max(-1) > 150).any() and not (np.abs(panel.astype(int) - ROAD) < 12).all(-1).mean() > 0.01
    assert middle(shown, LEVEL, 2).max() < 60


def test_the_same_replay_is_not_filmed_again_and_another_one_is(bag, tmp_path):
    folder = finish(bag, tmp_path / "out")
    done: list[tuple[int, int, int]] = []
    write_video(plan(bag, folder), lambda *each: done.append(each))
    assert done[-2:] == [(30, 30, 30), (30, 30, 0)]
    done.clear()
    write_video(plan(bag, folder), lambda *each: done.append(each))
    assert done == [(30, 30, 0)]
    frames = pl.read_parquet(folder / "frames.parquet")
    frames[:20].write_parquet(folder / "frames.parquet")
    out = write_video(plan(bag, folder), lambda *each: done.append(each))
    assert done[-2] == (20, 20, 20) and len(pictures(out)) == 20


def test_a_bag_that_is_cut_off_is_shown_as_far_as_it_goes(bag, tmp_path):
    folder, cut = finish(bag, tmp_path / "out"), tmp_path / "cut.mcap"
    whole = next(bag.glob("*.mcap")).read_bytes()
    cut.write_bytes(whole[: len(whole) * 6 // 10])
    shown = pictures(write_video(plan(cut, folder, trajectory=true_poses(bag))))
    assert len(shown) == 30
    assert middle(shown[2], PHOTO) == pytest.approx(40 + 12, abs=4)
    assert middle(shown[29], PHOTO) == pytest.approx(UNOBSERVED_COLOUR[::-1], abs=12)


FILM = """
import os, signal, sys
from pathlib import Path
from offline_tools.replay.video import VideoPlan, write_video
from tests.offline_tools.replay.video.conftest import CAMERA
from tests.offline_tools.replay.video.finished import TOPICS, true_poses

bag, folder, stop = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
plan = VideoPlan(bag, TOPICS, folder, CAMERA, true_poses(bag), title="test", segment=1.0)
write_video(plan, lambda done, *_: os.kill(os.getpid(), signal.SIGKILL) if done == stop else print(done, flush=True))
"""


def filmed(bag: Path, folder: Path, stop: int) -> subprocess.CompletedProcess:
    settings = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", FILM, str(bag), str(folder), str(stop)]
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.slow
def test_a_film_that_is_killed_goes_on_where_it_was(bag, tmp_path):
    whole, folder = finish(bag, tmp_path / "whole"), finish(bag, tmp_path / "out")
    assert filmed(bag, folder, 25).returncode == -signal.SIGKILL
    assert not (folder / "video.mp4").exists()
    parts = {path.name: path.stat().st_mtime_ns for path in (folder / ".video").glob("*.mp4")}
    assert sorted(parts) == ["00000.mp4", "00001.mp4"]
    again = filmed(bag, folder, 99)
    assert again.returncode == 0, again.stderr
    assert [int(line) for line in again.stdout.split()] == [*range(21, 31), 30]
    one, other = pictures(folder / "video.mp4"), pictures(write_video(plan(bag, whole, segment=1.0)))
    assert len(one) == len(other) == 30
    # The ground of the part that was made afterwards holds the maps of those before it.
    assert max(np.abs(a.astype(int) - b).mean() for a, b in zip(one, other, strict=True)) < 0.01


def test_without_pyav_one_line_says_what_to_install(bag, tmp_path):
    folder = finish(bag, tmp_path / "out")
    code = f"import sys; sys.modules['av'] = None\nsys.argv = ['', {str(bag)!r}, {str(folder)!r}, '99']\n{FILM}"
    settings = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    ran = subprocess.run([sys.executable, "-c", code], env=settings, capture_output=True, text=True, check=False)
    assert ran.returncode != 0 and "MissingPart: a video needs PyAV" in ran.stderr and "mia_ros[view]" in ran.stderr


def test_a_folder_without_a_replay_or_without_images_is_refused(bag, tmp_path):
    with pytest.raises(ReplayError, match=r"frames\.parquet: cannot be read .* run `mia replay` first"):
        write_video(plan(bag, tmp_path))
    folder = finish(bag, tmp_path / "out")
    pl.read_parquet(folder / "frames.parquet").head(0).write_parquet(folder / "frames.parquet")
    with pytest.raises(ReplayError, match="no image in this replay"):
        write_video(plan(bag, folder))


@BROWSER
def test_a_browser_plays_it(made, tmp_path):
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(made.parent))
    handler.log_message = lambda *_: None  # quiet
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/play.html"
            (made.parent / "play.html").write_text(PLAYER)
            page = opened(address, tmp_path)
        finally:
            server.shutdown()
    if '"said">codec missing<' in page.text:
        pytest.skip("this Chromium plays no H.264; PyAV's tests above stand")
    assert '"said">played 1280 x 720, 3.0 s<' in page.text, page.text[:300]


PLAYER = """<!DOCTYPE html><title>player</title><p id="said">nothing</p><video muted></video><script>
const video = document.querySelector("video"), said = document.getElementById("said");
if (!video.canPlayType('video/mp4; codecs="avc1.64001f"')) said.textContent = "codec missing";
else {
  video.onerror = () => said.textContent = "error " + video.error.message;
  video.onseeked = () => said.textContent =
    `played ${video.videoWidth} x ${video.videoHeight}, ${video.duration.toFixed(1)} s`;
  video.onloadeddata = () => video.currentTime = 2.0;
  video.src = "video.mp4";
}
</script>"""
