# SPDX-License-Identifier: Apache-2.0
"""Work that is stopped leaves nothing open."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from offline_tools.curate.web import Request, Web, WebError
from tests.offline_tools.curate.web.asking import AGENT, quick
from tests.offline_tools.curate.web.servers import Asked, Said, served

PROGRAM = """
import asyncio, sys
from offline_tools.curate.web import Manners, Request, Web

async def main(url):
    async with Web("mia_ros/test (me@example.org)", Manners(per_second=5000, in_flight=20)) as web:
        async def tell():
            while web.requests < 20:
                await asyncio.sleep(0.01)
            print("ready", flush=True)
        await asyncio.gather(tell(), *(web.get(Request(f"{url}/{number}")) for number in range(500)))

asyncio.run(main(sys.argv[1]))
"""


def test_control_c_ends_at_once_and_quietly() -> None:
    """With 20 requests in flight and 480 waiting; nothing is reported but the interrupt."""
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with served(Said(hangs=True)) as site:
        command = [sys.executable, "-X", "dev", "-W", "error", "-c", PROGRAM, site.url]
        with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, env=environment) as process:
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert said.rstrip().endswith("KeyboardInterrupt")
    for word in ("Unclosed", "ResourceWarning", "never retrieved", "was destroyed", "Exception ignored"):
        assert word not in said


@pytest.mark.parametrize("manners", [{"timeout_s": 30}, {"back_off_s": 60, "longest_wait_s": 60}, {"in_flight": 1}])
def test_cancelled_request_leaves_the_others_alone(manners: dict[str, float]) -> None:
    """In flight, before another try, or waiting for its turn."""

    async def run(url: str) -> bytes:
        async with Web(AGENT, quick(**manners)) as web:
            slow = [asyncio.ensure_future(web.get(Request(f"{url}/{manners}"))) for _ in range(3)]
            while not web.requests:
                await asyncio.sleep(0.01)
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)
            assert all(task.cancelled() for task in slow)
            return (await web.get(Request(f"{url}/good"))).body

    trouble = Said(status=500) if "back_off_s" in manners else Said(hangs=True)
    with served(choose=lambda asked: Said(b"good") if asked.path == "/good" else trouble) as site:
        assert asyncio.run(run(site.url)) == b"good"


def test_error_in_the_middle_closes_everything() -> None:
    async def run(url: str) -> None:
        async with Web(AGENT, quick()) as web:
            await asyncio.gather(*(web.get(Request(f"{url}/{number}")) for number in range(10)))

    def choose(asked: Asked) -> Said:
        return Said(status=404) if asked.path == "/7" else Said(hangs=True)

    with served(choose=choose) as site, pytest.raises(WebError, match="HTTP 404"):
        asyncio.run(run(site.url))
