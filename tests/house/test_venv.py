# SPDX-License-Identifier: Apache-2.0
"""tools/venv.py as `make` calls it, on copies of the sources."""

import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.scratch import BASE_PYTHON, ROOT, clean_environment, copy_of_sources

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"
COMPILES = sys.platform == "linux" and platform.machine() == "x86_64"
needs_compiler = pytest.mark.skipif(not COMPILES, reason="ROS wheels, and so a compiler, on Linux x86-64 only")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Just what tools/venv.py reads before it does anything."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "locks", tmp_path / "locks")
    return tmp_path


def set_up(source: Path, profile: str, **env: str) -> subprocess.CompletedProcess:
    command = [BASE_PYTHON, "tools/venv.py", profile]
    return subprocess.run(
        command, cwd=source, env=clean_environment(**env), capture_output=True, text=True, check=False, timeout=600
    )


def path_with(folder: Path, *commands: str) -> str:
    """A PATH that holds these commands and no other."""
    folder.mkdir()
    for command in commands:
        target = shutil.which(command)
        if target is None:
            pytest.skip(f"{command} is not installed")
        (folder / command).symlink_to(target)
    return str(folder)


def only_line(text: str) -> str:
    (line,) = text.splitlines()
    return line


@needs_compiler
@pytest.mark.parametrize(
    ("missing", "package"),
    [("gcc", "build-essential"), ("g++", "build-essential"), ("make", "build-essential"), ("cmake", "cmake")],
)
def test_a_missing_tool_is_named_in_one_line(source, missing, package):
    others = [tool for tool in ("gcc", "g++", "cmake", "make") if tool != missing]
    result = set_up(source, "dev", PATH=path_with(source / "bin", *others))
    assert result.returncode == 2
    assert f"missing: {missing}. " in only_line(result.stderr)
    assert only_line(result.stderr).endswith(f"apt-get install {package}")
    assert not (source / ".venv").exists()


@needs_compiler
def test_all_that_is_missing_is_named_at_once(source):
    result = set_up(source, "dev", PATH=path_with(source / "bin"))
    assert result.returncode == 2
    assert "missing: gcc, g++, cmake, make. " in only_line(result.stderr)
    assert only_line(result.stderr).endswith("apt-get install build-essential cmake")


def test_a_python_without_locks_is_refused_with_the_ones_that_have_them(source):
    shutil.rmtree(source / "locks" / f"py{MINOR}")
    result = set_up(source, "run")
    assert result.returncode == 2
    assert f"Python {MINOR} is not supported" in only_line(result.stderr)
    assert "PYTHON=python3.X" in only_line(result.stderr)


def test_a_venv_of_somebody_else_is_left_alone(source):
    precious = source / ".venv" / "precious"
    precious.parent.mkdir()
    precious.write_text("mine")
    result = set_up(source, "run")
    assert result.returncode == 2
    assert "made by something else" in only_line(result.stderr)
    assert precious.read_text() == "mine"


@pytest.mark.slow
def test_set_up_again_after_nothing_an_edit_and_a_kill(tmp_path):
    source = copy_of_sources(tmp_path)
    shorten(source / "locks" / f"py{MINOR}" / "run.txt")
    first = set_up(source, "run")
    assert first.returncode == 0, first.stderr
    assert "creating .venv" in first.stdout

    again = set_up(source, "run")
    assert only_line(again.stdout).startswith("venv: .venv is ready")

    (source / "mia_ros" / "edited.py").write_text("ANSWER = 42\n")
    edited = set_up(source, "run")
    assert "installing mia_ros" in edited.stdout
    assert "packages of" not in edited.stdout
    assert answer_of_the_installed(source) == "42"

    kill_during_installation(source)
    repaired = set_up(source, "run")
    assert repaired.returncode == 0, repaired.stderr
    assert "an earlier set-up was interrupted" in repaired.stdout
    assert answer_of_the_installed(source) == "42"


def shorten(lock: Path) -> None:
    """Leave what builds mia_ros and a small package: with all of them this test itself runs."""
    entries = re.split(r"(?m)^(?=\S)", lock.read_text())
    kept = [entry for entry in entries if entry.startswith(("#", "setuptools==", "pyyaml=="))]
    assert len(kept) == 5
    lock.write_text("".join(kept))


def answer_of_the_installed(source: Path) -> str:
    """What the module added by the test says, from .venv and not from the source tree."""
    command = [str(source / ".venv/bin/python"), "-c", "from mia_ros.edited import ANSWER; print(ANSWER)"]
    return subprocess.run(
        command, cwd=source.parent, env=clean_environment(), capture_output=True, text=True, check=True
    ).stdout.strip()


def kill_during_installation(source: Path) -> None:
    """A changed lock makes the set-up start anew; end it, and its pip, as soon as it installs."""
    lock = source / "locks" / f"py{MINOR}" / "run.txt"
    lock.write_text(lock.read_text() + "# changed\n")
    command = [BASE_PYTHON, "tools/venv.py", "run"]
    with subprocess.Popen(
        command, cwd=source, env=clean_environment(), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert any("packages of" in line for line in process.stdout)
        os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
