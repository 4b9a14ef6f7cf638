# SPDX-License-Identifier: Apache-2.0
"""Bodies of answers: all of them, unpacked, and not longer than they may be."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from offline_tools.curate.web.failures import WebError

if TYPE_CHECKING:
    import aiohttp

#: What servers are told that we can unpack. We do it ourselves: aiohttp takes packed data that breaks off for whole.
ENCODING = "gzip"

_PACKED, _PLAIN = ("gzip", "x-gzip", "deflate"), ("", "identity")
_BLOCK = 1 << 16
_ANY_HEADER = 32 + zlib.MAX_WBITS


async def read_body(response: aiohttp.ClientResponse, most: int) -> bytes | WebError:
    """The whole body, or why there is none."""
    body = await _received(response, most)
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if body is None or encoding in _PLAIN:
        return _too_long(most) if body is None else body
    if encoding not in _PACKED:
        return WebError(f"the answer is packed as '{encoding}', want {ENCODING}", "broken")
    return unpacked(body, most)


def unpacked(body: bytes, most: int) -> bytes | WebError:
    """What was packed, up to so many bytes."""
    whole = bytearray()
    while body:
        unpacker = zlib.decompressobj(_ANY_HEADER)
        try:
            whole += unpacker.decompress(body, most + 1 - len(whole))
        except zlib.error:
            return WebError("the answer's packing is damaged", "broken")
        if len(whole) > most:
            return _too_long(most)
        if not unpacker.eof:
            return WebError("the answer's packing broke off", "broken")
        body = unpacker.unused_data
    return bytes(whole)


async def _received(response: aiohttp.ClientResponse, most: int) -> bytes | None:
    """As it came, or None if it is too long."""
    if (response.content_length or 0) > most:
        return None
    body = bytearray()
    async for block in response.content.iter_chunked(_BLOCK):
        body += block
        if len(body) > most:
            return None
    return bytes(body)


def _too_long(most: int) -> WebError:
    return WebError(f"sends more than {most:,} bytes", "refused")
