# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("requests", reason="needs requests")

from offline_tools.errors import DownloadError, WeightsError
from offline_tools.weights import fetch
from offline_tools.weights.fetching import Fetched
from tests.offline_tools.weights.servers import Site, served

CONTENT = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def site() -> Iterator[Site]:
    with served(Site(CONTENT)) as made:
        yield made


class Desk:
    """A user's machine: a catalogue of one entry, pins, a folder for downloads."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.entry: dict[str, Any] = {
            "description": "numbers",
            "url": url,
            "file": "file.bin",
            "preset": "mapper_edge",
            "licence": "MIT",
            "demands": "Nothing much.",
        }
        self.pins = home / "config" / "pins.json"
        self.file = home / "downloads" / "file.bin"

    def fetch(self, **options: Any) -> Fetched:
        catalogue = self.home / "catalogue.yaml"
        catalogue.write_text(yaml.safe_dump({"numbers": self.entry}))
        return fetch("numbers", self.home / "downloads", catalogue=catalogue, pins=self.pins, **options)

    def refusal(self, **options: Any) -> str:
        with pytest.raises(WeightsError) as caught:
            self.fetch(**options)
        assert "\n" not in str(caught.value)
        return str(caught.value)


@pytest.fixture
def desk(tmp_path: Path, site: Site) -> Desk:
    return Desk(tmp_path, site.url)


def test_a_first_download_shows_and_pins_its_hash(desk: Desk, site: Site) -> None:
    reports: list[tuple[int, int | None]] = []
    got = desk.fetch(report=lambda done, total: reports.append((done, total)))
    assert got == Fetched(desk.file, SHA256, "first", downloaded=True)
    assert desk.file.read_bytes() == CONTENT
    assert json.loads(desk.pins.read_text()) == {site.url: SHA256}
    assert reports[-1] == (len(CONTENT), len(CONTENT))
    record = json.loads(desk.file.with_name("file.bin.source.json").read_text())
    assert record == {"name": "numbers", "url": site.url, "licence": "MIT", "sha256": SHA256}
    assert sorted(path.name for path in desk.file.parent.iterdir()) == ["file.bin", "file.bin.source.json"]


def test_a_second_run_downloads_nothing(desk: Desk, site: Site) -> None:
    desk.fetch()
    assert desk.fetch() == Fetched(desk.file, SHA256, "pin", downloaded=False)
    assert len(site.asked) == 1


def test_a_later_download_is_held_against_the_pin(desk: Desk, site: Site) -> None:
    desk.fetch()
    desk.file.unlink()
    site.content = CONTENT[::-1]
    message = desk.refusal()
    assert "want " + SHA256 in message and "seen at the first download" in message
    assert not desk.file.exists() and not desk.file.with_name("file.bin.part").exists()
    assert desk.fetch(accept_new_hash=True).known_from == "first"
    desk.file.unlink()
    assert desk.fetch().known_from == "pin"


def test_the_catalogues_hash_and_size_are_checked(desk: Desk) -> None:
    desk.entry.update(sha256="0" * 64)
    assert f"its sha256 is {SHA256}, want {'0' * 64} from the catalogue" in desk.refusal(accept_new_hash=True)
    desk.entry.update(sha256=SHA256, size=17)
    assert f"the server has {len(CONTENT)} bytes, the catalogue says 17" in desk.refusal()
    desk.entry.update(size=len(CONTENT))
    assert desk.fetch().known_from == "catalogue"
    assert not desk.pins.exists()


def test_a_file_that_is_there_and_is_another_is_left_alone(desk: Desk) -> None:
    desk.file.parent.mkdir()
    desk.file.write_text("mine")
    assert "is there already, and its hash is not known; move it away" in desk.refusal()
    desk.entry.update(sha256=SHA256)
    assert f"want {SHA256}; move it away" in desk.refusal()
    assert desk.file.read_text() == "mine"


def test_a_download_that_broke_off_goes_on_where_it_stopped(desk: Desk, site: Site) -> None:
    site.cut = 600_000
    assert "run it again, it goes on" in desk.refusal()
    part = desk.file.with_name("file.bin.part").stat().st_size
    assert 0 < part <= 600_000 and not desk.file.exists()
    assert desk.fetch().sha256 == SHA256
    assert site.asked == [(None, 200), (f"bytes={part}-", 206)]


def test_it_begins_anew_where_the_file_changed_meanwhile(desk: Desk, site: Site) -> None:
    site.cut = 600_000
    desk.refusal()
    site.content, site.tag = CONTENT[::-1], '"v2"'
    assert desk.fetch().sha256 == hashlib.sha256(CONTENT[::-1]).hexdigest()
    assert site.asked[-1][1] == 200


def test_it_begins_anew_where_the_version_is_not_known(desk: Desk, site: Site) -> None:
    desk.file.parent.mkdir()
    desk.file.with_name("file.bin.part").write_bytes(b"who knows")
    assert desk.fetch().sha256 == SHA256
    assert site.asked == [(None, 200)]


def test_a_stop_after_the_last_byte(desk: Desk, site: Site) -> None:
    desk.entry.update(sha256=SHA256)
    desk.file.parent.mkdir()
    desk.file.with_name("file.bin.part").write_bytes(CONTENT)
    assert desk.fetch().sha256 == SHA256
    assert site.asked == [(f"bytes={len(CONTENT)}-", 416)]


def test_a_part_of_another_file_does_not_stay(desk: Desk) -> None:
    desk.entry.update(sha256=SHA256)
    desk.file.parent.mkdir()
    desk.file.with_name("file.bin.part").write_bytes(b"x" * 1000)
    assert "its sha256 is" in desk.refusal()
    assert desk.fetch().sha256 == SHA256


def test_more_bytes_than_the_catalogue_says(desk: Desk, site: Site) -> None:
    site.announce = False
    desk.entry.update(size=1000)
    assert "sends more than 1000 bytes" in desk.refusal()


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "is not there"), (403, "is forbidden"), (401, "needs a login"), (500, "failed")]
)
def test_a_server_that_says_no(desk: Desk, site: Site, status: int, reason: str) -> None:
    site.status = status
    assert f"{site.url}: {reason} (HTTP {status})" in desk.refusal()


def test_no_server_and_no_network(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        desk.entry["url"] = f"http://127.0.0.1:{taken.getsockname()[1]}/file.bin"
        assert "no connection" in desk.refusal()
    desk.entry["url"] = "https://nowhere.invalid/file.bin"
    assert "no network" in desk.refusal()


def test_a_server_that_keeps_silent(tmp_path: Path) -> None:
    from offline_tools.weights.download import download

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/file.bin"
        with pytest.raises(DownloadError, match="no answer in time"):
            download(url, tmp_path / "p", size=None, resume=False, report=lambda *_: None, timeout_s=0.2)


@pytest.mark.parametrize("url", ["http://example.com/x", "http://127.0.0.1:1@example.com/x", "ftp://127.0.0.1/x"])
def test_https_only_but_for_this_machine(desk: Desk, site: Site, url: str) -> None:
    desk.entry["url"] = url
    assert "not HTTPS" in desk.refusal() or url.startswith("ftp")
    desk.entry["url"] = site.url
    site.status, site.location = 302, url
    assert "not HTTPS" in desk.refusal() or url.startswith("ftp")


def test_names_and_catalogues_that_are_wrong(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no published weights 'mapper'; there are mia_mapper, dinov2_vitb14"):
        fetch("mapper", tmp_path)
    desk.entry["licens"] = "MIT"
    assert "catalogue" in desk.refusal() and "unknown key 'numbers.licens'" in desk.refusal()
    del desk.entry["licens"]
    desk.entry["file"] = "../file.bin"
    assert "numbers.file: String should match pattern" in desk.refusal()


def test_pins_that_cannot_be_read(desk: Desk) -> None:
    desk.pins.parent.mkdir()
    desk.pins.write_text("{")
    assert f"pins {desk.pins}: " in desk.refusal()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(desk: Desk) -> None:
    desk.file.parent.mkdir()
    desk.file.parent.chmod(0o500)
    assert "cannot be written" in desk.refusal()
