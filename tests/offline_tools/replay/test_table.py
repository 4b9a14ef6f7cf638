# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import polars as pl
import pytest

from mia_ros.camera import Camera
from mia_ros.errors import MiaError
from mia_ros.gravity import Gravity
from mia_ros.rectify import View
from mia_ros.replay import Problem, Replayed
from mia_ros.runtime.levelling import GravityReading
from mia_ros.runtime.step import Stepped
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.replay import table

FRAME = np.zeros((48, 64, 3), np.uint8)


def stepped(observed_columns=50, sigma=0.01):
    """Road is sure in all that is observed, and a quarter of the picture is valid."""
    layers = np.zeros((6, 100, 100), np.float32)
    layers[0] = 1
    observed = np.zeros((100, 100), bool)
    observed[:, :observed_columns] = True
    valid = np.zeros((4, 4), bool)
    valid[:2, :2] = True
    gravity = Gravity.from_roll_pitch(0.1, -0.2)
    view = View(np.zeros((4, 4, 3), np.uint8), valid, Camera(4, 4, 4.0, 4.0, 1.5, 1.5), gravity, 4)
    reading = GravityReading(gravity, sigma, "accelerometer", 5)
    return Stepped(SemanticMap(layers, observed, 5), view, reading, 1.25, {})


def replayed(made, problem=None, frame=FRAME):
    return Replayed(3, 5, 6, "camera", frame, None, made, problem, {"decode": 1.5, "network": 9.0}, (), None)


def test_a_row_says_what_became_of_the_image():
    row = table.row_of(replayed(stepped()), {"check_same": 0.0})
    assert (row["index"], row["stamp"], row["received"], row["frame_id"]) == (3, 5, 6, "camera")
    assert (row["width"], row["height"], row["problem"], row["problem_line"]) == (64, 48, "", "")
    assert (row["roll"], row["pitch"]) == (pytest.approx(0.1), pytest.approx(-0.2))
    assert math.hypot(row["gravity_x"], row["gravity_y"], row["gravity_z"]) == pytest.approx(1)
    assert (row["camera_height"], row["valid_share"], row["coverage"]) == (1.25, 0.25, 0.5)
    assert (row["ms_decode"], row["ms_level"], row["ms_network"], row["check_same"]) == (1.5, None, 9.0, 0.0)


def test_shares_of_classes_are_of_what_is_observed():
    row = table.row_of(replayed(stepped()), {})
    assert [row[f"share_{name}"] for name in CLASS_NAMES] == [1, 0, 0, 0, 0, 0]


def test_a_map_that_observes_nothing_has_no_confidence():
    row = table.row_of(replayed(stepped(observed_columns=0)), {})
    assert row["coverage"] == 0 and row["confidence"] is None and row["share_road"] == 0


def test_a_gravity_of_unknown_error_is_null():
    assert table.row_of(replayed(stepped(sigma=math.inf)), {})["gravity_sigma"] is None


def test_an_image_without_a_map_has_its_reason_and_nulls(tmp_path):
    row = table.row_of(replayed(None, Problem("image", "image: broken"), frame=None), {})
    table.write_table(tmp_path / "frames.parquet", [row, table.row_of(replayed(stepped()), {})])
    frames = table.read_table(tmp_path / "frames.parquet")
    assert frames.schema == pl.Schema(table.MAPPED)
    assert frames.row(0, named=True)["problem_line"] == "image: broken"
    assert [frames[name][0] for name in ("width", "roll", "coverage", "gravity_source")] == [None] * 4


def test_a_table_of_no_rows_has_its_columns(tmp_path):
    table.write_table(tmp_path / "frames.parquet", [])
    assert table.read_table(tmp_path / "frames.parquet").schema == pl.Schema(table.MAPPED)


@pytest.mark.parametrize("content", [None, b"", b"PAR1 and no more"])
def test_what_is_no_table_is_one_line(tmp_path, content):
    path = tmp_path / "frames.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MiaError, match="cannot be read") as caught:
        table.read_table(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MiaError, match=r"file/frames.parquet: cannot be written"):
        table.write_table(tmp_path / "file" / "frames.parquet", [])
