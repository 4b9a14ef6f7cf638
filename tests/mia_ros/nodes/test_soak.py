# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest


@pytest.mark.skipif(find_spec("rclpy") is None or find_spec("mia_ros.msg") is None, reason="no ROS interfaces here")
def test_a_minute_of_images_at_30_hz_lets_nothing_grow():
    # A minute on a busy machine is uneven; the bench holds 20 minutes to 1 %.
    command = [sys.executable, "-m", "benchmarks.soak", "--seconds", "60", "--growth", "0.05"]
    answer = subprocess.run(command, cwd=Path.cwd(), capture_output=True, text=True, check=False, timeout=200)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "MB at half time" in answer.stdout
