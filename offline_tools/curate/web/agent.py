# SPDX-License-Identifier: Apache-2.0
"""Who asks: a server's people want to know whom to write to before they lock somebody out."""

from __future__ import annotations

import os
from collections.abc import Mapping

from mia_ros import __version__
from offline_tools.errors import DatasetError

CONTACT = "MIA_CONTACT"


def user_agent(contact: str | None = None, environ: Mapping[str, str] = os.environ) -> str:
    """The User-Agent; `contact` is an e-mail address or a page, from $MIA_CONTACT where it is not given."""
    reach = (environ.get(CONTACT, "") if contact is None else contact).strip()
    if not reach or not (reach.isascii() and reach.isprintable()):
        found = f"contact {reach!r}" if reach else "no contact"
        raise DatasetError(
            f"{found}: the servers' rules want an e-mail address or a page, in ASCII; "
            f"give 'contact' in the configuration or set {CONTACT}"
        )
    return f"mia_ros/{__version__} ({reach})"
