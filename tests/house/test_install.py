# SPDX-License-Identifier: Apache-2.0
"""`pip install .` where there are no ROS generators and where there are, and the source distribution."""

import ast
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import mia_ros
from tests.house.scratch import BASE_PYTHON, ROOT, clean_environment, copy_of_sources


def have_generators() -> bool:
    try:
        version("ros-rosidl-generator-py")
    except PackageNotFoundError:
        return False
    return (Path(sysconfig.get_path("include")) / "Python.h").exists()


def run(*command: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess:
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=clean_environment(**env), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return copy_of_sources(tmp_path_factory.mktemp("install"))


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory) -> Path:
    """A new environment, without ROS and without anything else."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run([BASE_PYTHON, "-m", "venv", str(folder)], env=clean_environment(), check=True)
    return folder / "bin" / "python"


@pytest.mark.slow
def test_without_generators_the_pure_part_is_installed_and_pip_says_so(source, bare_python, tmp_path):
    result = run(bare_python, "-m", "pip", "install", "-v", "--no-deps", ".", cwd=source)
    assert result.returncode == 0, result.stderr
    assert "mia_ros-0.1.0-py3-none-any.whl" in result.stdout
    assert "without the ROS interfaces: no ROS generators" in result.stdout + result.stderr
    # The dependencies come from this environment, behind the installed package.
    code = f"import sys; sys.path.append({sysconfig.get_path('purelib')!r}); import mia_ros; print(mia_ros.__version__)"
    assert run(bare_python, "-c", code, cwd=tmp_path).stdout.strip() == mia_ros.__version__
    # A bag carries the definition of our message, which is found without the generated interfaces, too.
    code = code.rpartition(";")[0] + "; from mia_ros.bag.messages import definition_file; print(definition_file())"
    found = run(bare_python, "-c", code, cwd=tmp_path)
    assert found.returncode == 0, found.stderr


@pytest.mark.slow
def test_required_interfaces_without_generators_are_an_error_that_says_why(source, bare_python):
    install = (bare_python, "-m", "pip", "install", "--no-deps", ".")
    result = run(*install, cwd=source, MIA_ROS_INTERFACES="1")
    assert result.returncode != 0
    assert "MIA_ROS_INTERFACES=1, but the ROS interfaces cannot be built: no ROS generators" in result.stderr


@pytest.mark.slow
@pytest.mark.skipif(not have_generators(), reason="no ROS generators, or no Python.h, here")
def test_with_generators_the_wheel_holds_the_interfaces_and_a_second_build_reuses_them(source, tmp_path):
    wheel = (sys.executable, "-m", "pip", "wheel", "-v", "--no-deps", "--no-build-isolation", "--no-index", ".")
    first = run(*wheel, "-w", tmp_path / "first", cwd=source, MIA_ROS_INTERFACES="1")
    assert first.returncode == 0, first.stderr
    (built,) = (tmp_path / "first").glob("*.whl")
    names = zipfile.ZipFile(built).namelist()
    assert "mia_ros/msg/_bev_semantic_map.py" in names
    assert "mia_ros/__init__.py" in names
    assert any(name.endswith("data/lib/libmia_ros__rosidl_typesupport_fastrtps_c.so") for name in names)
    assert any(name.endswith("data/share/ament_index/resource_index/packages/mia_ros") for name in names)

    assert "tf2_msgs/msg/_tf_message.py" in names
    assert any(name.endswith("data/share/ament_index/resource_index/packages/tf2_msgs") for name in names)

    second = run(*wheel, "-w", tmp_path / "second", cwd=source, MIA_ROS_INTERFACES="1")
    for project in ("mia_ros", "tf2_msgs"):
        assert f"the ROS interfaces are unchanged: {project}" in second.stdout + second.stderr


@pytest.mark.parametrize(("owner", "builds_one"), [(None, True), ("mia_ros", True), ("ros_tf2_msgs", False)])
def test_tf2_msgs_is_built_unless_the_target_has_one_of_its_own(owner, builds_one, tmp_path):
    if owner:
        record = tmp_path / f"{owner}-1.0.dist-info"
        record.mkdir()
        (record / "METADATA").write_text(f"Name: {owner}\nVersion: 1.0\n")
        (record / "RECORD").write_text("tf2_msgs/__init__.py,,\n")
        (tmp_path / "tf2_msgs").mkdir()
        (tmp_path / "tf2_msgs" / "__init__.py").touch()
    # Of a bare Python, to which this folder is what site-packages is to an environment.
    probe = next(
        node.value.value
        for node in ast.walk(ast.parse((ROOT / "setup.py").read_text()))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TF2_PROBE"
    )
    result = run(BASE_PYTHON, "-S", "-c", probe, cwd=ROOT.parent, PYTHONPATH=str(tmp_path))
    assert (result.returncode == 0) == builds_one, result.stderr


@pytest.mark.slow
def test_a_module_that_was_deleted_is_not_in_the_next_wheel(source, tmp_path):
    wheel = (
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        ".",
        "-w",
        tmp_path,
    )
    doomed = source / "mia_ros" / "doomed.py"
    doomed.touch()
    for expected in (True, False):
        assert run(*wheel, "-w", tmp_path, cwd=source, MIA_ROS_INTERFACES="0").returncode == 0
        (built,) = tmp_path.glob("*-none-any.whl")
        assert ("mia_ros/doomed.py" in zipfile.ZipFile(built).namelist()) == expected
        doomed.unlink(missing_ok=True)


def test_the_source_distribution_can_build_the_interfaces(source, tmp_path):
    code = f"from setuptools.build_meta import build_sdist; print(build_sdist({str(tmp_path)!r}))"
    result = run(sys.executable, "-c", code, cwd=source)
    assert result.returncode == 0, result.stderr
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.split("/", 1)[1] for name in opened.getnames() if "/" in name}
    needed = {
        path.relative_to(ROOT).as_posix() for top in ("msg", "cmake", "scripts") for path in (ROOT / top).iterdir()
    }
    assert needed | {"CMakeLists.txt", "package.xml", "setup.py", "pyproject.toml", "LICENSE"} <= names
