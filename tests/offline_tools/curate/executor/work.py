# SPDX-License-Identifier: Apache-2.0
"""Work for executors, which other processes can import."""

import os
import signal
import time
from pathlib import Path

from offline_tools.errors import DatasetError


def double(unit: int) -> int:
    """Plain."""
    return 2 * unit


def refuse_seven(unit: int) -> int:
    """A mistake of the input."""
    if unit == 7:
        raise DatasetError("seven is no even number")
    return unit


def stumble(unit: int) -> int:
    """A mistake of ours."""
    return [1, 2, 3][unit]


def die_at_first(folder: str, unit: int) -> int:
    """Die at unit 3 the first time."""
    mark = Path(folder) / "died"
    if unit == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return unit


def die_always(unit: int) -> int:
    """Die at unit 3."""
    if unit == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return unit


def wait_for_a_death(unit: tuple[str, int]) -> int:
    """The first units are quick; the others end when a file says that a worker was killed."""
    folder, number = unit
    while number >= 1 and not (Path(folder) / "one is dead").exists():
        time.sleep(0.01)
    return os.getpid()
