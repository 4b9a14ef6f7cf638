# SPDX-License-Identifier: Apache-2.0
"""A viewer that is started for somebody reports nothing to its makers."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from mia_ros.errors import ReplayError
from offline_tools.viewing import privacy

pytest.importorskip("rerun")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Folders of a user who never heard of Rerun."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def asked():
    """What the viewer that would be started says of itself."""
    done = subprocess.run(["rerun", "analytics", "config"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def fake_viewer(folder, monkeypatch, script):
    """Another program of its name, which is found in its place."""
    folder.mkdir()
    program = folder / "rerun"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(privacy.sys, "executable", str(folder / "python"))


def test_its_analytics_are_off():
    with privacy.private_viewer():
        assert asked()["analytics_enabled"] is False


def test_nothing_is_kept_to_be_sent_later(home):
    with privacy.private_viewer():
        asked()
    assert [path.name for path in home.rglob("*.json")] == ["analytics.json"]


def test_the_users_own_settings_stay(home):
    own = home / "config" / "rerun"
    own.mkdir(parents=True)
    (own / "analytics.json").write_text("mine")
    with privacy.private_viewer():
        pass
    assert (own / "analytics.json").read_text() == "mine"
    assert os.environ["XDG_CONFIG_HOME"] == str(home / "config")


def test_the_environment_is_as_before_after_an_error():
    before = dict(os.environ)
    with pytest.raises(KeyError), privacy.private_viewer():
        raise KeyError
    assert dict(os.environ) == before


def test_a_viewer_that_would_report_is_not_started(home, monkeypatch):
    fake_viewer(home / "bin", monkeypatch, "echo '{\"analytics_enabled\": true}'")
    with pytest.raises(ReplayError, match="its analytics cannot be switched off here; give --out FILE.rrd"):
        privacy.private_viewer().__enter__()


@pytest.mark.parametrize("script", ["echo nonsense", "exit 3"])
def test_a_viewer_that_does_not_say_is_not_started(home, monkeypatch, script):
    fake_viewer(home / "bin", monkeypatch, script)
    with pytest.raises(ReplayError, match="rerun analytics config: .*; give --out FILE.rrd"):
        privacy.private_viewer().__enter__()


def test_a_viewer_that_is_not_there_is_said(home, monkeypatch):
    monkeypatch.setattr(privacy.sys, "executable", str(Path("/nowhere/python")))
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(ReplayError, match="rerun: the viewer is not installed"):
        privacy.private_viewer().__enter__()
