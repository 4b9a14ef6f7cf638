# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from offline_tools.curate.executor import open_executor
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.executor.work import die_always, die_at_first, double, refuse_seven, stumble


@pytest.mark.parametrize("workers", [1, 2])
def test_every_unit_is_done_once(tmp_path: Path, workers: int) -> None:
    with open_executor(workers, "", tmp_path) as executor:
        assert sorted(executor.run(double, range(40))) == [(unit, 2 * unit) for unit in range(40)]


def test_no_units_are_no_work(tmp_path: Path) -> None:
    with open_executor(2, "", tmp_path) as executor:
        assert list(executor.run(double, [])) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_what_work_raises_ends_the_run_in_its_own_words(tmp_path: Path, workers: int) -> None:
    with open_executor(workers, "", tmp_path) as executor, pytest.raises(DatasetError, match="^seven is no even"):
        list(executor.run(refuse_seven, range(10)))


def test_what_is_no_mistake_of_the_input_names_the_unit(tmp_path: Path) -> None:
    with open_executor(2, "", tmp_path) as executor, pytest.raises(DatasetError, match="^3: IndexError: list index"):
        list(executor.run(stumble, range(4)))


def test_units_are_read_as_they_are_needed(tmp_path: Path) -> None:
    read = []

    def units() -> Iterator[int]:
        for unit in range(1000):
            read.append(unit)
            yield unit

    with open_executor(2, "", tmp_path) as executor:
        run = executor.run(double, units())
        assert next(run)[1] is not None and len(read) < 10
        run.close()


def test_the_unit_of_a_process_that_dies_is_begun_again(tmp_path: Path) -> None:
    with open_executor(2, "", tmp_path) as executor:
        done = executor.run(partial(die_at_first, str(tmp_path)), range(6))
        assert sorted(done) == [(unit, unit) for unit in range(6)]
    assert (tmp_path / "died").exists()


def test_a_unit_at_which_processes_die_again_and_again_is_named(tmp_path: Path) -> None:
    with (
        open_executor(2, "", tmp_path) as executor,
        pytest.raises(DatasetError, match=r"^3: 3 processes died at it \(signal 9\); is memory short"),
    ):
        list(executor.run(die_always, range(4)))


def test_no_workers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="^workers: 0"), open_executor(0, "", tmp_path):
        pass
