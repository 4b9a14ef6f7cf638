# SPDX-License-Identifier: Apache-2.0
"""One request and its answer over aiohttp, redirects followed; what goes wrong becomes a WebError without a secret.

Errors and addresses of aiohttp hold the token where it is a parameter, so none of them leaves this module, not even
as the cause of another error.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from offline_tools.curate.web.bodies import ENCODING, read_body
from offline_tools.curate.web.failures import WebError
from offline_tools.curate.web.manners import Manners
from offline_tools.curate.web.messages import Answer, Request

MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_TOKEN = "access_token"  # noqa: S105 - the parameter's name
_LONGEST_REASON = 160
_PORTS = {"http": 80, "https": 443}

Turn = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Reply:
    """An answer of any status but a redirect, and the header Retry-After."""

    answer: Answer
    retry_after: str | None


@dataclass(frozen=True)
class Exchange:
    """Connections that are kept; how many are in use at once is counted elsewhere."""

    session: aiohttp.ClientSession
    manners: Manners
    turn: Turn  # waited for before anything is sent to a host
    _proxies: dict[tuple[str, str], str | None] = field(default_factory=dict)

    @classmethod
    def open(cls, agent: str, manners: Manners, turn: Turn) -> Exchange:
        """In a running event loop."""
        timeout = aiohttp.ClientTimeout(
            total=10 * manners.timeout_s, connect=manners.connect_s, sock_read=manners.timeout_s
        )
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": agent, "Accept-Encoding": ENCODING},
            auto_decompress=False,
            timeout=timeout,
        )
        if hasattr(session, "_retry_connection"):
            # By itself aiohttp sends a request again, at once, when a connection broke off: out of turn, and uncounted.
            session._retry_connection = False
        return cls(session, manners, turn)

    async def ask(self, request: Request) -> Reply | WebError:
        """The answer, after up to three redirects."""
        url = _parsed(request)
        problem = _bad_address(url)
        for _ in range(MOST_REDIRECTS + 1):
            if problem:
                return WebError(problem, "refused")
            await self.turn(url.host or "")
            reply = await self._send(request, url)
            if isinstance(reply, Reply | WebError):
                return reply
            problem = _bad_redirect(request, url, reply)
            url = _without_token(reply)
        return WebError(f"more than {MOST_REDIRECTS} redirects", "refused")

    async def _send(self, request: Request, url: URL) -> Reply | URL | WebError:
        """An answer, where to go instead, or what went wrong."""
        try:
            return await self._sent(request, url)
        except asyncio.TimeoutError:
            problem = WebError("no answer in time", "broken")
        except aiohttp.InvalidURL:
            problem = WebError("is no address that can be asked", "refused")
        except aiohttp.ClientConnectorCertificateError as error:
            reason = " ".join(str(error.certificate_error).split())[:_LONGEST_REASON]
            problem = WebError(f"its certificate is not trusted ({reason})", "refused")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            problem = WebError(_said(error), "broken")
        # Out here the error of aiohttp is forgotten; what is raised inside would take it along as its context.
        return problem

    async def _sent(self, request: Request, url: URL) -> Reply | URL | WebError:
        full, headers = _with_token(request, url)
        proxy = self._proxy(url.scheme, url.host or "")
        async with self.session.get(full, headers=headers, allow_redirects=False, proxy=proxy) as response:
            if response.status in _REDIRECTS and "Location" in response.headers:
                return url.join(URL(response.headers["Location"]))
            body = await read_body(response, self.manners.max_bytes)
            if isinstance(body, WebError):
                return body
            kind, where = _hidden(response.content_type, request), _hidden(str(url.with_user(None)), request)
            answer = Answer(response.status, _clean(body, request), kind, where)
            return Reply(answer, response.headers.get("Retry-After"))

    def _proxy(self, scheme: str, host: str) -> str | None:
        """From the environment, as other programs do; aiohttp's own way would send what stands in ~/.netrc, too."""
        if (scheme, host) not in self._proxies:
            found = getproxies().get(scheme, "")
            use = found.startswith("http") and not proxy_bypass(host)
            self._proxies[scheme, host] = found if use else None
        return self._proxies[scheme, host]


def place(url: str) -> str:
    """Host and path of an address, for messages: no query, no user, no password."""
    try:
        parsed = URL(url)
        port = f":{parsed.port}" if parsed.port not in (None, _PORTS.get(parsed.scheme)) else ""
        return f"{parsed.host or ''}{port}{parsed.path}"[:200] or "no address"
    except ValueError:
        return "no address"


def _parsed(request: Request) -> URL:
    try:
        return URL(request.url).update_query(dict(request.params))
    except ValueError:
        return URL()


def _with_token(request: Request, url: URL) -> tuple[URL, dict[str, str]]:
    """The address to ask and its headers; another server than the request's gets no token."""
    if request.token is None or not _same_server(url, URL(request.url)):
        return url, {}
    if request.token_in == "header":  # noqa: S105 - where it goes
        return url, {"Authorization": f"OAuth {request.token.reveal()}"}
    return url.update_query({_TOKEN: request.token.reveal()}), {}


def _hidden(text: str, request: Request) -> str:
    return text if request.token is None else request.token.redact(text)


def _clean(body: bytes, request: Request) -> bytes:
    """Without the token: servers repeat it in errors and in the addresses of further pages."""
    if request.token is None:
        return body
    text = body.decode("utf-8", "surrogateescape")
    return request.token.redact(text).encode("utf-8", "surrogateescape") if request.token.is_in(text) else body


def _bad_address(url: URL) -> str:
    return "" if url.scheme in _PORTS and url.host else "is no address (want http:// or https://)"


def _bad_redirect(request: Request, old: URL, new: URL) -> str:
    """Why a server's word is not followed."""
    if _bad_address(new):
        return "sends elsewhere, but not to an address of http or https"
    if old.scheme == "https" and new.scheme == "http":
        return f"sends from https to http at {place(str(new))}"
    if request.token is not None and not _same_server(old, new) and request.token.is_in(str(new)):
        return f"sends the access token to {new.host}"
    return ""


def _same_server(one: URL, other: URL) -> bool:
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def _without_token(url: URL) -> URL:
    if _TOKEN not in url.query:
        return url
    return url.with_query([(name, value) for name, value in url.query.items() if name != _TOKEN])


def _said(error: Exception) -> str:
    """In our words: aiohttp's have whole addresses in them."""
    cause: Any = getattr(error, "os_error", None)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy says HTTP {error.status}"
    if isinstance(cause, socket.gaierror):
        return "no such host, or no network"
    if isinstance(cause, ssl.SSLError):
        return f"no secure connection ({cause.reason})"
    if isinstance(error, aiohttp.ClientConnectorError):
        whom = (
            "no connection to the proxy" if isinstance(error, aiohttp.ClientProxyConnectionError) else "no connection"
        )
        return f"{whom} ({os.strerror(cause.errno) if cause.errno else type(cause).__name__})"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer broke off or is damaged"
    if isinstance(error, aiohttp.ClientResponseError):
        return "the answer is no HTTP"
    return f"the connection broke off ({type(error).__name__})"
