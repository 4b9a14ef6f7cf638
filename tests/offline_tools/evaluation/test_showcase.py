# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from offline_tools.evaluation.showcase import Showcase, Shown, agreement

NOTHING = np.zeros(0)


def shown(id_: int, sequence: str, value: float) -> Shown:
    return Shown(SimpleNamespace(location="town", id=str(id_)), sequence, value, NOTHING, NOTHING)


def offered(sign: int, size: int = 2) -> list[str]:
    case = Showcase(size, sign)
    drives = "aabbccc"
    for id_, value in enumerate([0.9, 0.8, 0.3, 0.7, 0.1, 0.2, 0.15]):
        case.offer(shown(id_, drives[id_], value))
    return [entry.name for entry in case.pick()]


def test_the_best_come_first_and_one_of_a_sequence() -> None:
    assert offered(1) == ["town/0", "town/3"]


def test_the_worst_come_first_and_one_of_a_sequence() -> None:
    assert offered(-1) == ["town/4", "town/2"]


def test_few_sequences_give_several_of_each() -> None:
    assert offered(1, size=4) == ["town/0", "town/1", "town/3", "town/2"]


def test_a_showcase_keeps_no_more_than_it_shows() -> None:
    case = Showcase(3, 1)
    for id_ in range(50):
        case.offer(shown(id_, f"drive {id_}", id_ / 50))
    assert [entry.name for entry in case.pick()] == ["town/49", "town/48", "town/47"]


def test_agreement_is_over_all_classes_at_once() -> None:
    confusion = np.zeros((6, 3), np.int64)
    assert agreement(confusion) is None
    confusion[0], confusion[3] = (6, 2, 0), (0, 1, 3)
    assert agreement(confusion) == pytest.approx(6 / 12)
