# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, at each kind of file: one line, and the next run goes on."""

from pathlib import Path

import pytest

from offline_tools.curate.stages import NAMES
from tests.commands import python
from tests.offline_tools.curate.jobs import Town, configuration, run, write_config
from tests.offline_tools.curate.world import serve

#: A process that may write files of so many bytes, and no larger: the real error of a full disk or quota.
FULL = """
import resource, signal, sys
from pathlib import Path
from mia_ros.errors import MiaError
from offline_tools.curate.config import load_config
from offline_tools.curate.pipeline import RunPlan, curate
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
config = load_config(Path(sys.argv[1]))
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), most))
try:
    curate(RunPlan(config))
except MiaError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))  # a measurement of coverage is written at the end
"""


@pytest.mark.parametrize(
    ("before", "size", "line"),
    [
        (0, 500, "curate.yaml: cannot be written: File too large"),
        pytest.param(1, 2_500, "_5700.parquet: cannot be written: File too large", marks=pytest.mark.slow),
        pytest.param(2, 9_000, ".jsonl: cannot be written: File too large", marks=pytest.mark.slow),
        pytest.param(3, 9_000, "image_metadata_filtered.parquet: cannot be written", marks=pytest.mark.slow),
        pytest.param(5, 12_000, ".jpg: cannot be written: File too large", marks=pytest.mark.slow),
        pytest.param(6, 3_000, "_undistorted.jpg: cannot be written: File too large", marks=pytest.mark.slow),
        pytest.param(7, 2_000, ".npz: cannot be written: File too large", marks=pytest.mark.slow),
        pytest.param(8, 4_000, "cannot be written: File too large", marks=pytest.mark.slow),
    ],
)
def test_a_full_disk_is_one_line_and_the_next_run_goes_on(
    town: Town, tmp_path: Path, before: int, size: int, line: str
) -> None:
    """After so many stages that have room."""
    with serve(town.world) as served:
        for stage in NAMES[:before]:
            run(tmp_path, town, served, only=stage)
        config = write_config(tmp_path, configuration(town, served.url))
        full = python("-c", FULL, str(config), str(size), cwd=tmp_path)
        assert full.stderr == "" and line in full.stdout and full.stdout.count("\n") == 1
        assert run(tmp_path, town, served).done[-1] == "statistics"
        assert not list((tmp_path / "data").rglob("*.part"))
