# SPDX-License-Identifier: Apache-2.0
import json
import platform
from pathlib import Path

import pytest

from tests.commands import python

_FAULTS = """
import resource, sys
import numpy as np
if sys.argv[1] == "kept":
    from mia_ros.memory import keep_freed_memory
    keep_freed_memory()
def frame():
    pictures = [np.ones((720, 1280, 3), np.uint8) for _ in range(3)]
    one = np.ones((720, 1280), np.float32)
    two = one * 2
    del one
    return (two + 1).sum() + pictures[0].sum()
for _ in range(3):
    frame()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    frame()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's malloc")
def test_frames_after_the_first_take_their_memory_from_those_before(tmp_path: Path) -> None:
    kept, given_back = (int(python("-c", _FAULTS, how, cwd=tmp_path).stdout) for how in ("kept", "given back"))
    # 15 MB in pages of 4 KiB, a hundred times.
    assert kept < 2_000 < 50_000 < given_back


_LOOKED_AT = """
import gc, json
from mia_ros.memory import spare_what_is_loaded
before = len(gc.get_objects())
spare_what_is_loaded()
mine = [[]]
print(json.dumps([before, len(gc.get_objects()), any(each is mine for each in gc.get_objects())]))
"""


def test_the_collector_looks_at_what_came_later_alone(tmp_path: Path) -> None:
    before, after, looks_at_new = json.loads(python("-c", _LOOKED_AT, cwd=tmp_path).stdout)
    assert after < 0.1 * before and looks_at_new
