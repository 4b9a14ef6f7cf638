# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from offline_tools.weights.catalogue import licence_of, read_catalogue
from offline_tools.weights.pins import pins_path


def test_each_published_file_has_a_secure_address_and_a_licence() -> None:
    entries = read_catalogue()
    assert list(entries) == ["mia_mapper", "dinov2_vitb14", "dinov2_vits14"]
    for entry in entries.values():
        assert entry.url.startswith("https://")
        assert entry.licence and entry.demands.endswith(".") and entry.evidence


def test_the_presets_exist() -> None:
    pytest.importorskip("torch", reason="needs torch")
    from offline_tools.network.presets import PRESETS

    assert {entry.preset for entry in read_catalogue().values()} <= set(PRESETS)


def test_a_licence_is_known_by_the_files_hash(tmp_path: Path) -> None:
    known = read_catalogue()["dinov2_vitb14"]
    assert known.sha256 is not None
    assert licence_of(tmp_path / "renamed.pth", known.sha256) == "Apache-2.0"
    assert licence_of(tmp_path / "renamed.pth", "0" * 64) is None


def test_pins_are_in_the_users_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert pins_path() == tmp_path / "mia_ros" / "pins.json"
