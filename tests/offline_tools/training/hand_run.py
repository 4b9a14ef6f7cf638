# SPDX-License-Identifier: Apache-2.0
"""python -m tests.offline_tools.training.hand_run OUT [KEY=VALUE]: a training by hand, in a process to be killed.

Every step is printed when it is done and a checkpoint of it is kept. `most`: bytes that a file may have.
"""

import resource
import signal
import sys
from pathlib import Path

from mia_ros.errors import MiaError
from offline_tools.training.run import RunPlan, train
from tests.offline_tools.training.feeds import HandFeed, recipe


def main() -> None:
    values = dict(argument.split("=") for argument in sys.argv[2:])
    if "most" in values:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(values["most"]), int(values["most"])))
    devices = int(values.get("devices", "1"))
    plan = RunPlan(recipe(checkpoint_minutes=0), Path(sys.argv[1]), devices=devices, accelerator="cpu")
    try:
        train(plan, HandFeed(), lambda progress: print(progress.step, flush=True))
    except MiaError as error:
        print(error)


if __name__ == "__main__":
    main()
