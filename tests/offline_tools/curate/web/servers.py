# SPDX-License-Identifier: Apache-2.0
"""A server on this machine that is busy, breaks off, hangs, sends elsewhere or talks nonsense, as it is told."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

JSON = "application/json"


@dataclass
class Said:
    """One answer.

    cut: the connection ends after so many bytes of the body. chunked: without a Content-Length.
    hangs: before anything, or in the middle of the body. resets: the connection is torn down before an answer.
    together: the answer waits for the others that share it.
    """

    body: bytes = b"{}"
    status: int = 200
    kind: str | None = JSON
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    chunked: bool = False
    hangs: bool = False
    resets: bool = False
    together: threading.Barrier | None = None


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    at: float  # seconds of the monotonic clock
    client: int  # the port at its end of the connection


@dataclass
class Site:
    url: str
    choose: Callable[[Asked], Said]
    asked: list[Asked] = field(default_factory=list)
    busiest: int = 0  # requests that waited for an answer at once
    now: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def served(
    *answers: Said, choose: Callable[[Asked], Said] | None = None, certificate: tuple[Path, Path] | None = None
) -> Iterator[Site]:
    """Gives its answers one after another, the last again and again; or what is chosen for a request."""
    rest = list(answers)
    site = Site("", choose or (lambda _: rest[0] if len(rest) == 1 else rest.pop(0)))
    server = _Server(("127.0.0.1", 0), _handler(site))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        site.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True  # a thread that reads from a connection which a client keeps would be waited for

    def handle_error(self, request: object, client_address: object) -> None:
        """Quiet: clients that break off are part of the tests."""


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = Asked(self.path, dict(self.headers.items()), time.monotonic(), self.client_address[1])
            with site.lock:
                site.asked.append(asked)
                site.now += 1
                site.busiest = max(site.busiest, site.now)
                said = site.choose(asked)
            if said.together is not None:
                said.together.wait(20.0)
            with site.lock:
                site.now -= 1
            _answer(self, said, site)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    return Handler


def _answer(handler: BaseHTTPRequestHandler, said: Said, site: Site) -> None:
    if said.resets:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
    handler.close_connection = said.resets or said.cut is not None
    if said.hangs and said.cut is None:
        site.over.wait()
    if not said.resets:
        _head(handler, said)
        body = said.body[: said.cut]
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(body), body) if said.chunked and body else body)
    if said.hangs and said.cut is not None:
        site.over.wait()
    if said.chunked and said.cut is None:
        handler.wfile.write(b"0\r\n\r\n")


def _head(handler: BaseHTTPRequestHandler, said: Said) -> None:
    handler.send_response(said.status)
    length = {"Transfer-Encoding": "chunked"} if said.chunked else {"Content-Length": str(len(said.body))}
    kind = {} if said.kind is None else {"Content-Type": said.kind}
    for name, value in {**length, **kind, **said.headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
