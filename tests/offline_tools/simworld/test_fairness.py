# SPDX-License-Identifier: Apache-2.0
"""A town that was held out is a fair test: who only knows what streets look like on average does badly on it."""

import numpy as np
import pytest

from offline_tools.osm import MapStore, load_style
from offline_tools.simworld.scout import Scout
from offline_tools.simworld.spots import district_of
from offline_tools.simworld.town import make_town
from offline_tools.simworld.truth import Drawing, Truth

ROAD, SIDEWALK = 0, 2
SHOTS = 40


def maps_of(folder, seed):
    """(N, 2, 100, 100) road and sidewalk, and (N, 100, 100) observed, of pictures all over a town."""
    store = MapStore.open(make_town(seed).write(folder / f"{seed}.osm"), folder=folder / f"store{seed}")
    drawing, random = Drawing(store, load_style("mia"), True), np.random.default_rng(seed)
    district = district_of(store, "mia", True, random)
    scout = Scout(drawing, district, np.zeros(2), reach=2000.0)
    found = []
    for _ in range(SHOTS):
        shot, _ = scout.shot(random)
        truth = Truth(drawing, shot.camera)((shot.lat, shot.lon, shot.heading_deg), shot.gravity, shot.height)
        found.append((truth.probabilities[[ROAD, SIDEWALK]] > 0.5, truth.observed))
    return np.stack([layers for layers, _ in found]), np.stack([seen for _, seen in found])


@pytest.fixture(scope="module")
def towns(tmp_path_factory):
    folder = tmp_path_factory.mktemp("towns")
    return [maps_of(folder, seed) for seed in range(4)]


def scores(mean, threshold, layers, observed):
    """IoU of road and sidewalk over the observed cells of all pictures."""
    guess, true = (mean >= threshold) & observed[:, None], layers & observed[:, None]
    return (guess & true).sum((0, 2, 3)) / (guess | true).sum((0, 2, 3))


def test_the_mean_map_of_other_towns_scores_badly_on_a_held_out_one(towns):
    layers, observed = towns[0]
    mean = np.concatenate([layers for layers, _ in towns[1:]]).mean(0)
    assert scores(mean, 0.5, layers, observed).mean() < 0.45
    assert max(scores(mean, share, layers, observed).mean() for share in np.arange(0.1, 0.5, 0.05)) < 0.45
