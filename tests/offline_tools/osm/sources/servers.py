# SPDX-License-Identifier: Apache-2.0
"""A map server on this machine that can be busy, refuse, or talk nonsense."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


@dataclass
class Answer:
    """`cut`: the connection ends after so many bytes of the body."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass
class Asked:
    method: str
    path: str
    agent: str
    form: dict[str, list[str]]


@dataclass
class Site:
    """Gives its answers one after another; the last again and again."""

    answers: list[Answer]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    busiest: int = 0  # requests at once


@contextmanager
def served(*answers: Answer) -> Iterator[Site]:
    site = Site(list(answers))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    lock, now = threading.Lock(), [0]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                now[0] += 1
                site.busiest = max(site.busiest, now[0])
            form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
            site.asked.append(Asked(self.command, self.path, self.headers["User-Agent"], form))
            answer = site.answers[0] if len(site.answers) == 1 else site.answers.pop(0)
            with lock:
                now[0] -= 1
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut])

        do_POST = do_GET  # noqa: N815 - the name is the standard library's

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    return Handler
