# SPDX-License-Identifier: Apache-2.0
"""A web server on this machine that knows ranges and versions, and can misbehave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What is served under any path. `cut`: the connection ends after that many bytes of an answer, once."""

    content: bytes
    tag: str = '"v1"'
    cut: int | None = None
    status: int = 200
    location: str = ""
    announce: bool = True
    url: str = ""
    asked: list[tuple[str | None, int]] = field(default_factory=list)


@contextmanager
def served(site: Site) -> Iterator[Site]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/file.bin"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            start = self._start()
            status = site.status if site.status != 200 else 206 if start else 200
            if start and start >= len(site.content):
                status = 416
            site.asked.append((self.headers.get("Range"), status))
            body = site.content[start:]
            self.send_response(status)
            self.send_header("ETag", site.tag)
            if site.location:
                self.send_header("Location", site.location)
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{len(site.content) - 1}/{len(site.content)}")
            if status == 416:
                self.send_header("Content-Range", f"bytes */{len(site.content)}")
            if site.announce:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):  # a client that has seen enough hangs up
                self.wfile.write(body[: site.cut])
            site.cut = None

        def _start(self) -> int:
            wanted = self.headers.get("Range", "")
            if self.headers.get("If-Range", site.tag) != site.tag or not wanted:
                return 0
            return int(wanted.removeprefix("bytes=").removesuffix("-"))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    return Handler
