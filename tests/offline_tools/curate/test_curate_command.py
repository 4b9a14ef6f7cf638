# SPDX-License-Identifier: Apache-2.0
"""`mia curate` as a user runs it, against servers on loopback with all their faults."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest

from tests.commands import mia
from tests.offline_tools.curate.jobs import Town, configuration, write_config
from tests.offline_tools.curate.killed_jobs import done, start
from tests.offline_tools.curate.world import Faults, serve
from tests.offline_tools.curate.world.server import TOKEN

STAGES = ["places", "tiles", "metadata", "filters", "keyframes", "photos", "undistortion", "maps"]


def settings(town: Town) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(town.folder / "cache"), "MAPILLARY_ACCESS_TOKEN": TOKEN}


@pytest.mark.slow
def test_a_data_set_comes_out_and_nothing_shows_the_token(town: Town, tmp_path: Path) -> None:
    """Two workers; the token in a file."""
    secret = tmp_path / "secret" / "token"
    secret.parent.mkdir()
    secret.write_text(f"{TOKEN}\n")
    secret.chmod(0o600)
    with serve(town.world, Faults.all(seed=4)) as served:
        config = write_config(tmp_path, configuration(town, served.url, token_file=str(secret), workers=2))
        quiet = {**settings(town), "MAPILLARY_ACCESS_TOKEN": "", "PYTHONASYNCIODEBUG": "1"}
        made = mia("curate", str(config), cwd=tmp_path, **quiet)
        assert made.returncode == 0, made.stderr
        assert any(agent.endswith("(curator@example.org)") for agent in served.agents) and len(served.agents) == 1
    assert "50 photos in the area" in made.stdout and made.stdout.splitlines()[-1].startswith(f"wrote {tmp_path}")
    assert "town: photos: " in made.stderr
    hidden = TOKEN.split("|")[2]
    assert hidden not in made.stdout + made.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path != secret]
    assert len(written) > 100 and not [path for path in written if hidden.encode() in path.read_bytes()]
    assert not [path for path in tmp_path.rglob("*") if hidden in path.name]


@pytest.mark.slow
def test_json_and_status_say_what_is_done(town: Town, curated: Path, tmp_path: Path) -> None:
    shutil.copytree(curated / "data", tmp_path / "data")
    with serve(town.world) as served:
        config = str(write_config(tmp_path, configuration(town, served.url)))
        ran = json.loads(mia("curate", config, "--json", cwd=tmp_path, **settings(town)).stdout)
        (tmp_path / "data/.curate/town/maps.json").unlink()
        told = json.loads(mia("curate", "status", config, "--json", cwd=tmp_path).stdout)
        lines = mia("curate", "status", config, cwd=tmp_path).stdout.splitlines()
        assert not served.log
    assert ran["done"] == [] and ran["there_already"] == [*(f"town/{name}" for name in STAGES), "splits", "statistics"]
    assert ran["counts"]["town/photos"]["rows"] == ran["counts"]["statistics"]["steps"]["samples"] > 30
    states = {(stage["location"], stage["stage"]): stage["state"] for stage in told["stages"]}
    assert states.pop(("town", "maps")) == "begun" and set(states.values()) == {"finished"}
    assert lines[0].split() == ["town", "places", "finished", "1", "rows"] and len(lines) == 10


def test_a_dry_run_tells_what_to_expect_and_writes_nothing(town: Town, tmp_path: Path) -> None:
    with serve(town.world) as served:
        config = str(write_config(tmp_path, configuration(town, served.url)))
        told = mia("curate", config, "--dry-run", cwd=tmp_path, **settings(town))
        figures = json.loads(mia("curate", config, "--dry-run", "--json", cwd=tmp_path, **settings(town)).stdout)
        assert {entry.path.split("/")[1] for entry in served.log} == {"search", "14"}
    assert told.returncode == 0 and told.stdout.startswith("town: 0.1 km2, 4 tiles, 49 photos, 5 pass")
    assert "assumed: town: 12 photos a tile, from 4 of 4 tiles" in told.stdout
    assert figures["all"]["requests"] == 4 + 49 + figures["all"]["key_frames"]
    assert not (tmp_path / "data").exists()


def test_a_mistake_is_one_line_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "place.yaml").write_text("out: data\nlocation: []\n")
    for words, line in (
        (["place.yaml"], "configuration place.yaml: "),
        (["status"], "want 'mia curate CONFIG' or 'mia curate status CONFIG'"),
    ):
        refused = mia("curate", *words, cwd=tmp_path)
        assert refused.returncode == 2 and line in refused.stderr and refused.stderr.count("\n") == 1


def test_without_a_token_all_ways_to_give_one_are_named(town: Town, tmp_path: Path) -> None:
    with serve(town.world) as served:
        config = str(write_config(tmp_path, configuration(town, served.url)))
        quiet = {
            **settings(town),
            "MAPILLARY_ACCESS_TOKEN": "",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        refused = mia("curate", config, cwd=tmp_path, **quiet)
    assert refused.returncode == 2
    assert all(way in refused.stderr for way in ("token_file", "MAPILLARY_ACCESS_TOKEN", "keyring set"))


@pytest.mark.slow
def test_ctrl_c_ends_it_in_a_line_and_the_next_run_goes_on(town: Town, tmp_path: Path) -> None:
    with serve(town.world, latency_s=0.05) as served:
        config = write_config(tmp_path, configuration(town, served.url))
        job = start(config, settings(town))
        while done(tmp_path / "data") < 20:
            assert job.poll() is None
        job.send_signal(signal.SIGINT)
        _, error = job.communicate(timeout=60)
        assert job.returncode == 130 and "Traceback" not in error
        assert error.splitlines()[-1].endswith("go on with the same command")
        assert mia("curate", str(config), cwd=tmp_path, **settings(town)).returncode == 0
