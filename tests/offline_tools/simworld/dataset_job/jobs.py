# SPDX-License-Identifier: Apache-2.0
"""Jobs in processes of their own, and what they left."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

JOB = """
import sys
from pathlib import Path
from offline_tools.simworld.dataset_job import DatasetPlan, simulate_dataset

def report(looked_at, total, made):
    print(looked_at, flush=True)

if __name__ == "__main__":
    plan = DatasetPlan((Path("town.osm"), Path("other.osm")), Path("data"), int(sys.argv[1]))
    summary = simulate_dataset(plan, report)
    print("ended", summary.made, summary.there_already, flush=True)
"""


@contextmanager
def running_job(folder: Path, n: int) -> Iterator[subprocess.Popen[str]]:
    """A job in `folder`, in a process group of its own, that prints how many pictures it has looked at."""
    (folder / "job.py").write_text(JOB)
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "job.py", str(n)]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def digests(folder: Path) -> dict[str, str]:
    """The sha256 of every file below a folder, but locks."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }
