# SPDX-License-Identifier: Apache-2.0
"""Jobs of curation in a simulated town, for tests."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from offline_tools.curate.config import load_config
from offline_tools.curate.pipeline import Done, RunPlan, curate
from tests.offline_tools.curate.world import Faults, Served, World, serve, simulated_world
from tests.offline_tools.curate.world.server import TOKEN

CONTACT = "curator@example.org"


@dataclass(frozen=True)
class Town:
    """FOLDER/town.osm is the street map of the world's photos."""

    folder: Path
    world: World

    @property
    def streets(self) -> Path:
        return self.folder / "town.osm"


def make_town(folder: Path) -> Town:
    """With 40 photos that pass the recipe `mia`, on three drives."""
    return Town(folder, simulated_world(folder, seed=0, photos=40))


def configuration(town: Town, url: str, **changes: Any) -> dict[str, Any]:
    """All servers at one address, small units, and pictures that are made quickly; changes replace whole keys."""
    services = dict.fromkeys(("graph", "tiles", "nominatim", "osm_api"), url)
    quick = {"nominatim_per_second": 100, "per_second": 2000, "in_flight": 20, "timeout_s": 0.5, "back_off_s": 0.02}
    location = {"name": "town", "query": town.world.name, "osm": str(town.streets)}
    return {
        "out": "data",
        "contact": CONTACT,
        "locations": [location],
        "keyframes": {"spacing_m": 1.0},
        "undistortion": {"size": 128},
        "split": {"block": 60, "gap": 0, "shares": [0.7, 0.3, 0]},
        "services": {**services, **quick},
        "units": {"metadata": 16, "photos": 12},
        "workers": 1,
        **changes,
    }


def write_config(folder: Path, values: dict[str, Any]) -> Path:
    """FOLDER/curate.yaml."""
    path = folder / "curate.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def run(
    folder: Path, town: Town, served: Served, said: list[str] | None = None, only: str = "", **changes: Any
) -> Done:
    """The job of FOLDER/curate.yaml, into FOLDER/data."""
    config = load_config(write_config(folder, configuration(town, served.url, **changes)))
    return curate(RunPlan(config, only), say=(said if said is not None else []).append)


def curate_with_all_faults(town: Town, folder: Path) -> Path:
    """A finished job, FOLDER/data, against servers at which everything goes wrong that may."""
    with _environment(town), serve(town.world, Faults.all(seed=3)) as served:
        run(folder, town, served)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """All of a data set and of its state, but for the lock and the configuration, which name its folder."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in found if path.name not in {"lock", "curate.yaml"}
    }


@contextmanager
def street_server(streets: Path) -> Iterator[tuple[str, list[str]]]:
    """OpenStreetMap's API, whose every answer is one map; its address and what it was asked for."""
    asked: list[str] = []

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(streets.read_bytes())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _environment(town: Town) -> Iterator[None]:
    settings = {"XDG_CACHE_HOME": str(town.folder / "cache"), "MAPILLARY_ACCESS_TOKEN": TOKEN}
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
