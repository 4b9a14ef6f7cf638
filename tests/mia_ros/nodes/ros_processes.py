# SPDX-License-Identifier: Apache-2.0
"""The mapper node and a robot for it, as processes in a ROS domain of their own."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

_PATIENCE = 40.0  # s, for what takes a second on a machine that does nothing else


def own_domain():
    """Settings of the environment with which nobody else is heard."""
    return {"ROS_DOMAIN_ID": str(random.randint(1, 101)), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}  # noqa: S311


class Process:
    """A Python process that is killed at the end of the `with` block."""

    def __init__(self, *arguments, domain, folder):
        self.output = folder / f"{'-'.join(arguments[:3]).replace('/', '_')}.log"
        environment = {
            **os.environ,
            **domain,
            "PYTHONPATH": str(Path.cwd()),
            "NO_COLOR": "1",
            "ROS_LOG_DIR": str(folder),
        }
        with self.output.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def interrupt(self):
        """SIGINT; its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(_PATIENCE)

    def said(self):
        """On stderr, until now."""
        return self.output.read_text()


class Mapper(Process):
    """`mia run` with an engine; `settings` are parameters of the node."""

    def __init__(self, engine, domain, folder, *options, **settings):
        given = {"diagnostics_period": 0.2, "backend": "onnx-cpu", "threads": 1, **settings}
        pairs = [part for name, value in given.items() for part in ("--set", f"{name}={json.dumps(value)}")]
        super().__init__(
            "-m", "mia_ros.cli", "run", "--engine", str(engine), *options, *pairs, domain=domain, folder=folder
        )


class Robot(Process):
    """The process of robot.py; its methods can be called here."""

    def __init__(self, domain, folder):
        super().__init__("-m", "tests.mia_ros.nodes.robot", domain=domain, folder=folder)
        assert self._answer() == "ready"

    def __getattr__(self, name):
        def call(**arguments):
            self.process.stdin.write(json.dumps([name, arguments]) + "\n")
            self.process.stdin.flush()
            return self._answer()

        return call

    def until(self, condition, what):
        """Poll until a condition of this robot holds."""
        deadline = time.monotonic() + _PATIENCE
        while not condition(self):
            assert time.monotonic() < deadline, f"waited for {what}; diagnostics: {self.statuses()}"
            time.sleep(0.05)

    def until_status(self, name, level, text=""):
        """Poll until a status has the level, and its message the text."""

        def found(robot):
            status = robot.statuses().get(name)
            return status is not None and status[0] == level and text in status[1]

        self.until(found, f"{name}: level {level} with '{text}'")

    def until_diagnosed(self, count):
        """Until as many reports came."""
        start = self.reports()
        self.until(lambda robot: robot.reports() >= start + count, f"{count} reports")

    def until_maps(self, topic="occupancy", count=3):
        """Forget what was heard and wait for new maps."""
        self.forget()
        self.until(lambda robot: len(robot.stamps(topic=topic)) >= count, f"{count} maps on {topic}")

    def _answer(self):
        line = self.process.stdout.readline()
        assert line, f"the robot ended:\n{self.said()}"
        return json.loads(line)
