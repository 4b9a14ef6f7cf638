# SPDX-License-Identifier: Apache-2.0
"""`mia compare` as its users run it."""

import json

import pytest

from tests.commands import mia

pytest.importorskip("polars")
folders = pytest.importorskip("tests.offline_tools.compare.folders")
NOTHING = [[0, 0, 0]] * 5


def two(folder):
    """Replays of which the second is better at roads."""
    for name, hits in (("old", 50), ("new", 80)):
        score = folders.score({str(k): [[hits, 100 - hits, 0], *NOTHING] for k in range(4)})
        folders.write(folder / name, folders.table(flicker=[0.1] * 40), score)


def test_it_prints_a_table_with_stars_and_writes_a_page(tmp_path):
    two(tmp_path)
    done = mia("compare", "old", "new", "--out", "page", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "40 images in common; differences from old, 95 % intervals"
    assert "  road                  0.500    0.800 +0.300* (+0.300 to +0.300)" in [line.rstrip() for line in lines]
    assert "  flicker               0.100    0.100 +0.000 (+0.000 to +0.000)" in [line.rstrip() for line in lines]
    assert lines[-1] == "wrote page: comparison.html and comparison.json"
    record = json.loads((tmp_path / "page" / "comparison.json").read_text())
    assert [each["name"] for each in record["replays"]] == ["old", "new"]


@pytest.mark.slow
def test_its_json_needs_no_folder(tmp_path):
    two(tmp_path)
    done = mia("compare", "old", "new", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["images_in_common"] == 40
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("old", "nowhere"), "nowhere: no metrics.json"),
        pytest.param(("old",), "want two or more", marks=pytest.mark.slow),
    ],
)
def test_a_mistake_is_one_line(tmp_path, arguments, line):
    two(tmp_path)
    done = mia("compare", *arguments, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert line in done.stderr and len(done.stderr.splitlines()) == 1
