# SPDX-License-Identifier: Apache-2.0
import json
import shutil
import sys
from pathlib import Path

import pytest

import mia_ros
from mia_ros.bag.messages import SEMANTIC_MAP, definition_file, typestore
from tests.commands import python

ROOT = Path(mia_ros.__file__).resolve().parents[1]


def test_the_definition_is_that_of_the_source_tree():
    assert definition_file().read_text() == (ROOT / "msg" / "BevSemanticMap.msg").read_text()


def test_an_installed_package_finds_the_definition_in_share(tmp_path):
    site = tmp_path / "prefix" / "lib" / "python3" / "site-packages"
    shutil.copytree(ROOT / "mia_ros", site / "mia_ros", ignore=shutil.ignore_patterns("__pycache__"))
    share = tmp_path / "prefix" / "share" / "mia_ros" / "msg"
    command = "from mia_ros.bag.messages import definition_file; print(definition_file())"
    lost = python("-c", command, cwd=tmp_path, PYTHONPATH=str(site))
    assert "BagError: BevSemanticMap.msg is missing from share/mia_ros/msg" in lost.stderr
    share.mkdir(parents=True)
    shutil.copy(ROOT / "msg" / "BevSemanticMap.msg", share)
    found = python("-c", command, cwd=tmp_path, PYTHONPATH=str(site))
    assert found.stdout.strip() == str(share / "BevSemanticMap.msg")


def test_the_type_has_the_hash_that_rosidl_gives_it():
    share = Path(sys.prefix) / "share" / "mia_ros" / "msg"
    if not (share / "BevSemanticMap.json").exists() or (share / "BevSemanticMap.msg").read_text() != (
        definition_file().read_text()
    ):
        pytest.skip("the ROS interfaces are not built here, or from another definition")
    hashes = json.loads((share / "BevSemanticMap.json").read_text())["type_hashes"]
    (built,) = (each["hash_string"] for each in hashes if each["type_name"] == SEMANTIC_MAP)
    assert typestore().hash_rihs01(SEMANTIC_MAP) == built
