# SPDX-License-Identifier: Apache-2.0
"""python -m benchmarks [--photos FOLDER] [--rounds N]"""

import os

# One thread each, set before the libraries start theirs.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from benchmarks import gravity, levelling  # noqa: E402

_DEFAULT_PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "photos"


def main() -> int:
    """Exit status 1 if a target is missed."""
    parser = argparse.ArgumentParser(
        prog="benchmarks", description="Speeds as ratios against a baseline in the same run."
    )
    parser.add_argument("--photos", type=Path, default=_DEFAULT_PHOTOS, help="folder with photos (*.jpg, any depth)")
    parser.add_argument("--rounds", type=int, default=25, help="measurements of the baseline for each size")
    options = parser.parse_args()
    good = levelling.run(sorted(options.photos.rglob("*.jpg")), options.rounds)
    print()
    gravity.run(2000)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
