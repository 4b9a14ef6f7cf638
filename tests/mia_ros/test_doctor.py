# SPDX-License-Identifier: Apache-2.0
"""What `mia doctor` says of the parts that not every machine has."""

import json
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.commands import mia, python


def tf2_msgs_in(answer) -> dict:
    assert answer.returncode == 0, answer.stderr
    (check,) = [each for each in json.loads(answer.stdout)["checks"] if each["name"] == "tf2_msgs"]
    return check


@pytest.mark.skipif(find_spec("tf2_msgs") is None, reason="tf2_msgs is not built here")
def test_the_message_of_tf_is_found(tmp_path):
    check = tf2_msgs_in(mia("doctor", "--json", cwd=tmp_path))
    assert check["ok"] and "TFMessage" in check["detail"]


def test_without_the_message_of_tf_there_is_a_hint_and_the_base_works(tmp_path):
    rest = tmp_path / "rest"  # of this environment: all but tf2_msgs
    rest.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if path.name != "tf2_msgs":
            (rest / path.name).symlink_to(path)
    code = f"import sys; sys.path.append({str(rest)!r}); sys.argv = ['mia', 'doctor', '--json']; "
    check = tf2_msgs_in(python("-S", "-c", f"{code}from mia_ros.cli import main; main()", cwd=tmp_path))
    assert not check["ok"] and "apt install ros-DISTRO-tf2-msgs" in check["detail"]
