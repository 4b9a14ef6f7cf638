# SPDX-License-Identifier: Apache-2.0
import copy
import json
import logging
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import keyring
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends import null

from offline_tools.curate.web import Request, Token
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.web.asking import SECRET, token


class Safe(KeyringBackend):
    """A desktop's safe that lives as long as the test."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture(autouse=True)
def safe() -> Iterator[Safe]:
    before, ours = keyring.get_keyring(), Safe()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)


def token_file(folder: Path, text: str = SECRET, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_token_comes_from_the_first_line_of_a_file(tmp_path: Path) -> None:
    path = token_file(tmp_path, f" {SECRET} \r\nhow it was made\n")
    assert Token.find(path, {"MAPILLARY_ACCESS_TOKEN": "another|token"}).reveal() == SECRET


def test_token_comes_from_the_environment(safe: Safe) -> None:
    safe.set_password("mia_ros", "mapillary", "another|token")
    assert Token.find(environ={"MAPILLARY_ACCESS_TOKEN": SECRET}).reveal() == SECRET


def test_token_comes_from_the_keyring(safe: Safe) -> None:
    safe.set_password("mia_ros", "mapillary", SECRET)
    assert Token.find(environ={"MAPILLARY_ACCESS_TOKEN": ""}).reveal() == SECRET


def test_without_a_token_all_three_ways_are_named() -> None:
    with pytest.raises(DatasetError, match=r"token_file.*MAPILLARY_ACCESS_TOKEN.*keyring set mia_ros mapillary"):
        Token.find(environ={})


def test_machine_without_a_keyring_has_the_other_ways() -> None:
    keyring.set_keyring(null.Keyring())
    with pytest.raises(DatasetError, match="no access token for mapillary"):
        Token.find(environ={})


def test_file_that_is_named_but_missing_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"token file .*nothing: cannot be read: No such file"):
        Token.find(tmp_path / "nothing", {"MAPILLARY_ACCESS_TOKEN": SECRET})


def test_file_that_others_can_read_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Token.find(token_file(tmp_path), {})
        assert not caplog.records
        Token.find(token_file(tmp_path, mode=0o644), {})
    assert "chmod 600" in caplog.text and SECRET not in caplog.text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("Qs", "has 2 characters"),
        ("QsQs" * 2000, "has 8000 characters"),
        ("QsQs QsQs", "white space"),
        ("QsQsQsQs\r\nHost: x", "white space"),
        ("QsQsQsQs\u00e9", "printable ASCII"),
        ("QsQsQsQs\x00", "printable ASCII"),
    ],
)
def test_what_is_no_token_is_refused_and_not_shown(text: str, problem: str) -> None:
    with pytest.raises(DatasetError, match=problem) as error:
        Token(text)
    assert "Qs" not in str(error.value)


def test_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"token: is empty"):
        Token.find(token_file(tmp_path, "\n"), {})


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{!r:>20}".format, "%s".__mod__, lambda value: f"{[value]}"])
def test_token_does_not_show_itself(show: object) -> None:
    assert "Token(***)" in show(token()) and SECRET not in show(token())


def test_request_does_not_show_its_token() -> None:
    assert "token=Token(***)" in repr(Request("https://example.org", token=token()))


@pytest.mark.parametrize("save", [pickle.dumps, json.dumps, yaml.dump])
def test_token_is_not_saved(save: object) -> None:
    with pytest.raises(TypeError) as error:
        save(token())
    assert SECRET not in str(error.value)


def test_token_has_no_attributes_to_list() -> None:
    with pytest.raises(TypeError):
        vars(token())


def test_copy_is_the_same() -> None:
    one = token()
    assert copy.copy(one) is one and copy.deepcopy({"a": one})["a"] is one


@pytest.mark.parametrize("where", ["url", "params"])
def test_address_with_the_token_is_refused(where: str) -> None:
    given = {"url": f"https://x.org/{quote(SECRET)}"} if where == "url" else {"url": "", "params": {"q": SECRET}}
    with pytest.raises(DatasetError, match="give it as 'token' alone") as error:
        Request(**given, token=token())
    assert SECRET not in str(error.value)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60))
def test_every_form_of_a_token_is_hidden(text: str) -> None:
    percent = quote(text, safe="")
    lower = re.sub("%..", lambda code: code[0].lower(), percent)
    escaped = "".join(f"\\u{ord(character):04x}" for character in text)
    for form in (text, percent, lower, quote(percent), json.dumps(text)[1:-1], escaped, text.replace("/", "\\/")):
        assert Token(text).redact(f"\n{form}\n") == "\n***\n"


def test_other_texts_stay() -> None:
    assert token().redact("MLY|4711|d0nt/show+m_") == "MLY|4711|d0nt/show+m_"
