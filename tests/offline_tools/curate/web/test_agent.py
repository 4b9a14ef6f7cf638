# SPDX-License-Identifier: Apache-2.0
import pytest

from mia_ros import __version__
from offline_tools.curate.web import user_agent
from offline_tools.errors import DatasetError


def test_agent_names_the_program_and_whom_to_write_to() -> None:
    assert user_agent("me@example.org", {}) == f"mia_ros/{__version__} (me@example.org)"


def test_contact_comes_from_the_environment() -> None:
    assert "https://example.org/robots" in user_agent(environ={"MIA_CONTACT": "https://example.org/robots"})


def test_configured_contact_wins() -> None:
    assert "me@" in user_agent("me@example.org", {"MIA_CONTACT": "you@example.org"})


@pytest.mark.parametrize("contact", [None, "", "  ", "me\r\nAuthorization: x", "j\u00fcrgen@example.org"])
def test_nobody_asks_without_a_contact(contact: str | None) -> None:
    with pytest.raises(DatasetError, match=r"contact.* give 'contact' in the configuration or set MIA_CONTACT"):
        user_agent(contact, {})
