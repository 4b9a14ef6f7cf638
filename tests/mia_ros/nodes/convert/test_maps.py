# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros import Gravity, GridSpec, SemanticMap
from mia_ros.errors import MessageError
from mia_ros.nodes.convert import (
    MapOrigin,
    occupancy_message,
    read_occupancy,
    read_semantic_map,
    semantic_map_message,
)

GRID = GridSpec(3, 5, 0.5)  # asymmetric: a mix-up of rows and columns shows
ORIGIN = MapOrigin(Gravity.from_roll_pitch(0.1, -0.2), 0.01, "tiny", "ab" * 32, 1_500_000_000)


def semantic_map(seed=1):
    random = np.random.default_rng(seed)
    probabilities = (random.integers(0, 256, (6, *GRID.shape)) / 255).astype(np.float32)
    return SemanticMap(probabilities, random.random(GRID.shape) < 0.5, 77_000_000_009, GRID, (0.25,) * 6)


def test_a_map_comes_back_as_it_was_sent(world):
    sent = semantic_map()
    back = read_semantic_map(world.sent(semantic_map_message(world.messages, sent, "camera_bev", ORIGIN)))
    assert np.allclose(back.probabilities, sent.probabilities, atol=1e-6)
    assert (back.observed == sent.observed).all()
    assert (back.stamp, back.grid, back.thresholds) == (sent.stamp, GRID, sent.thresholds)


def test_cells_run_from_the_near_right_corner_forward_and_then_to_the_left(world):
    layers = np.zeros((6, *GRID.shape), np.float32)
    layers[2, 2, 4] = 1  # nearest row, rightmost column
    layers[3, 0, 4] = 1  # farthest row, rightmost column
    layers[4, 2, 0] = 1  # nearest row, leftmost column
    sent = SemanticMap(layers, np.ones(GRID.shape, bool), 1, GRID)
    message = world.sent(semantic_map_message(world.messages, sent, "camera_bev", ORIGIN))
    cells = np.asarray(message.probabilities).reshape(6, 15)
    assert [int(cells[c].argmax()) for c in (2, 3, 4)] == [0, 2, 12]
    assert (message.info.width, message.info.height) == (3, 5)
    assert (message.info.origin.position.x, message.info.origin.position.y) == (0, -1.25)


def test_where_a_map_is_from_stands_in_the_message(world):
    message = world.sent(semantic_map_message(world.messages, semantic_map(), "camera_bev", ORIGIN))
    assert (message.gravity.x, message.gravity.y, message.gravity.z) == pytest.approx(tuple(ORIGIN.gravity.vector))
    assert message.gravity_sigma == pytest.approx(0.01)
    assert (message.engine_name, message.engine_sha256) == ("tiny", "ab" * 32)
    assert (message.image_age.sec, message.image_age.nanosec) == (1, 500_000_000)
    assert (message.header.stamp.sec, message.header.stamp.nanosec, message.header.frame_id) == (77, 9, "camera_bev")


def test_unseen_cells_may_hold_anything(world):
    layers = np.full((6, *GRID.shape), math.nan, np.float32)
    sent = SemanticMap(layers, np.zeros(GRID.shape, bool), 1, GRID)
    back = read_semantic_map(world.sent(semantic_map_message(world.messages, sent, "camera_bev", ORIGIN)))
    assert not back.observed.any()


def test_costs_come_back_as_they_were_sent(world):
    costs = np.array([[0, 10, 20, 30, 40], [-1, -1, 50, 60, 70], [80, 90, 100, -1, 5]], np.int8)
    message = world.sent(occupancy_message(world.messages, costs, GRID, 9, "camera_bev"))
    # x forward runs fastest, from the right to the left: the last column from near to far comes first.
    assert list(message.data)[:6] == [5, 70, 40, -1, 60, 30]
    back = read_occupancy(message)
    assert (back.costs == costs).all()
    assert (back.grid, back.stamp, back.frame_id) == (GRID, 9, "camera_bev")


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda m: setattr(m, "class_names", ["road"]), "class_names"),
        (lambda m: setattr(m.info, "width", 4), "probabilities: 90 values"),
        (lambda m: setattr(m.info.origin.position, "x", 1.0), "info.origin.position"),
        (lambda m: setattr(m.info.origin.orientation, "z", 0.7), "info.origin.orientation"),
    ],
)
def test_a_map_that_contradicts_itself_is_refused_by_the_field(world, damage, named):
    message = semantic_map_message(world.messages, semantic_map(), "camera_bev", ORIGIN)
    damage(message)
    with pytest.raises(MessageError, match=named):
        read_semantic_map(message)


def test_the_network_grid_is_as_the_design_states_it(world):
    layers = np.zeros((6, 100, 100), np.float32)
    layers[0, 30, 40] = 1
    sent = SemanticMap(layers, np.ones((100, 100), bool), 1)
    message = semantic_map_message(world.messages, sent, "camera_bev", ORIGIN)
    assert int(np.asarray(message.probabilities)[:10_000].argmax()) == (99 - 40) * 100 + (99 - 30)
