# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from mia_ros.errors import MiaError
from offline_tools.compare import compare_replays
from tests.offline_tools.compare.folders import changed, score, table, write
from tests.offline_tools.replay.browser import BROWSER, opened
from tests.offline_tools.replay.jobs import run

NOTHING = [[0, 0, 0]] * 4
POOR = {str(k): [[50, 50, 0], [0, 0, 0], [20, 60, 20], *NOTHING[:3]] for k in range(4)}
GOOD = {str(k): [[80, 20, 0], [0, 0, 0], [60, 20, 20], *NOTHING[:3]] for k in range(4)}


@pytest.fixture
def pair(tmp_path):
    """A poor and steady one, and a good one that flickers."""
    first = write(tmp_path / "poor", table(agreement=[0.4] * 40, flicker=[0.1] * 40), score(POOR))
    return first, write(tmp_path / "good", table(agreement=[0.7] * 40, flicker=[0.3] * 40), score(GOOD))


@pytest.fixture(scope="module")
def compared(ground, finished, tmp_path_factory):
    """A real comparison of two engines: its folder, and the record."""
    folder = tmp_path_factory.mktemp("compared")
    run(ground.bag, ground.other_engine, folder / "other", truth="bag")
    return folder, compare_replays([finished, folder / "other"], folder / "page")


def rows(record):
    return {(row["group"], row["name"]): row for row in record["rows"]}


def refused(*folders):
    """The line."""
    with pytest.raises(MiaError) as caught:
        compare_replays(folders)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_known_difference_is_found(pair):
    found = rows(compare_replays(pair))
    road = found["IoU as it stands", "road"]
    assert road["values"] == [0.5, 0.8]
    assert road["differences"][0]["value"] == pytest.approx(0.3)
    assert found["IoU as it stands", "Avg. R, S"]["differences"][0]["value"] == pytest.approx((0.3 + 0.4) / 2)
    assert found["IoU as it stands", "building"]["values"] == [None, None]
    flicker = found["running, medians", "flicker"]
    assert flicker["differences"][0]["low"] == pytest.approx(0.2) and flicker["more_is_better"] is False


def test_a_replay_and_its_copy_differ_by_nothing(tmp_path):
    frames = table(agreement=[k / 40 for k in range(40)], coverage=[0.5 + k / 100 for k in range(40)])
    pair = [write(tmp_path / name, frames, score(POOR)) for name in "ab"]
    for row in compare_replays(pair)["rows"]:
        for between in row["differences"]:
            assert between["value"] in (0, None)
            assert between["low"] in (0, None) and between["high"] in (0, None)


def test_three_are_each_compared_with_the_first(pair, tmp_path):
    third = write(tmp_path / "third", table(agreement=[0.4] * 40, flicker=[0.1] * 40), score(POOR))
    found = rows(compare_replays([*pair, third]))["IoU as it stands", "road"]
    assert [round(each["value"], 6) for each in found["differences"]] == [0.3, 0.0]


def test_images_that_one_alone_has_are_not_counted(pair, tmp_path):
    short = write(tmp_path / "short", table(10, flicker=[0.1] * 20), score(POOR))
    assert compare_replays([pair[0], short])["images_in_common"] == 20


def test_replays_of_one_name_are_told_by_their_folders(tmp_path):
    pair = [write(tmp_path / name / "replay", table()) for name in "ab"]
    assert [each["name"] for each in compare_replays(pair)["replays"]] == [str(each) for each in pair]


def test_one_replay_is_not_compared(pair):
    assert "want two or more" in refused(pair[0])


def test_a_replay_is_not_compared_with_itself(pair):
    assert "given twice" in refused(pair[0], pair[0].parent / "good" / ".." / "poor")


def test_a_folder_that_is_no_replay_is_named(pair, tmp_path):
    assert f"{tmp_path}: no metrics.json" in refused(pair[0], tmp_path)


def test_replays_of_other_recordings_are_refused(pair, tmp_path):
    assert "another recording" in refused(pair[0], write(tmp_path / "x", table(), score(POOR), bytes=999))
    late = table().with_columns(stamp=table()["stamp"] + 1)
    assert "another recording" in refused(pair[0], write(tmp_path / "y", late, score(POOR)))


def test_other_truths_are_refused(pair):
    assert "against bag" in refused(pair[0], changed(pair[1], truth={"name": "osm"}))


def test_a_truth_on_one_side_alone_is_refused(pair, tmp_path):
    assert "against none" in refused(pair[0], write(tmp_path / "x", table()))


@pytest.mark.parametrize(("name", "value"), [("start", 2.0), ("end", 5.0), ("every", 2)])
def test_other_images_of_the_recording_are_refused(pair, name, value):
    assert f"--{name}" in refused(pair[0], changed(pair[1], configuration={name: value}))


def test_two_engines_on_one_drive_are_compared_image_by_image(compared):
    folder, record = compared
    assert record["images_in_common"] == 60
    assert json.loads((folder / "page" / "comparison.json").read_text()) == json.loads(json.dumps(record))
    page = (folder / "page" / "comparison.html").read_text()
    assert page.count("data:image/jpeg") >= 2 and page.count("data:image/png") >= 4


def test_what_folders_say_stays_text_on_the_page(tmp_path):
    pair = [write(tmp_path / name, table(), score(POOR)) for name in "ab"]
    changed(pair[1], engine={"name": "<script>alert(1)</script>"}, bag={"path": "<b>drive"})
    compare_replays(pair, tmp_path / "page")
    page = (tmp_path / "page" / "comparison.html").read_text()
    assert "<script" not in page and "<b>drive" not in page and "&lt;script&gt;" in page


MEASURE = """<!DOCTYPE html><title>measure</title><p id="said">nothing</p>
<iframe style="border:0;width:{width}px;height:800px"></iframe><script>
const frame = document.querySelector("iframe");
frame.onload = () => {{
  const page = frame.contentDocument, wide = page.documentElement.scrollWidth;
  const paper = getComputedStyle(page.body).backgroundColor;
  document.getElementById("said").textContent = `${{wide}} px, ${{paper}}`;
}};
frame.src = "comparison.html";
</script>"""


@BROWSER
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("dark", [False, True])
def test_a_browser_shows_it_without_a_complaint_and_nothing_sticks_out(compared, tmp_path, served, width, dark):
    folder = compared[0] / "page"
    (folder / "measure.html").write_text(MEASURE.format(width=width))
    found = opened(f"{served(folder)}/measure.html", tmp_path, dark=dark, size=(1400, 900))
    assert found.console == []
    paper = "rgb(22, 24, 29)" if dark else "rgb(246, 245, 242)"
    assert f">{width} px, {paper}<" in found.text, found.text[:300]
