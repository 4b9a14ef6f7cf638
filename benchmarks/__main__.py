# SPDX-License-Identifier: Apache-2.0
"""python -m benchmarks [levelling] [gravity] [network] [maps] [simworld] [training] [live] [replay] [curation]
                     [undistortion] [metadata_requests] [soak] [--photos FOLDER] [--rounds N]

Each runs in a process of its own, as the number of threads is set before the libraries start. soak takes 20 minutes
and runs where it is named.
"""

import os
import subprocess
import sys

#: What is measured, and on how many threads.
PARTS = {
    "levelling": 1,
    "gravity": 1,
    "network": 2,
    "maps": 1,
    "simworld": 1,
    "training": 2,
    "live": 1,
    "replay": 2,
    "curation": 2,
    "undistortion": 1,
    "metadata_requests": 2,
    "soak": 1,
}
#: Those that take --photos and --rounds.
WITH_OPTIONS = ("levelling", "network", "training", "undistortion", "metadata_requests")


def main() -> int:
    """Exit status 1 if a part missed a target or failed."""
    wanted = [part for part in PARTS if part in sys.argv[1:]] or [part for part in PARTS if part != "soak"]
    options = [argument for argument in sys.argv[1:] if argument not in PARTS]
    failed = [part for part in wanted if _run(part, options if part in WITH_OPTIONS else [])]
    if failed:
        print(f"missed or failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(part: str, options: list[str]) -> int:
    threads = {name: str(PARTS[part]) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    command = [sys.executable, "-m", f"benchmarks.{part}", *options]
    return subprocess.run(command, env={**os.environ, **threads}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
