# SPDX-License-Identifier: Apache-2.0
import shutil
import subprocess
from pathlib import Path

import pytest

from offline_tools.curate.web import Request, WebError
from offline_tools.curate.web.exchange import place
from tests.offline_tools.curate.web.asking import SECRET, ask, ask_one, token
from tests.offline_tools.curate.web.servers import Asked, Said, Site, served

GOOD = Said(b'{"id": "1"}')
WITH_TOKEN = [{"token": token(), "token_in": where} for where in ("header", "query")]


def sends(target: str, status: int = 302) -> Said:
    return Said(b"", status, headers={"Location": target})


def shows_token(asked: Asked) -> bool:
    return token().is_in(asked.path + str(asked.headers))


def test_token_goes_in_a_header() -> None:
    with served(GOOD) as site:
        ask_one(site.url, request={"token": token()})
    assert site.asked[0].headers["Authorization"] == f"OAuth {SECRET}" and SECRET not in site.asked[0].path


def test_token_goes_in_the_address_where_that_is_asked_for() -> None:
    with served(GOOD) as site:
        answer = ask_one(f"{site.url}/t?x=1", request={"token": token(), "token_in": "query", "params": {"y": "a b"}})
    assert site.asked[0].path == "/t?x=1&y=a+b&access_token=MLY%7C4711%7Cd0nt/show%2Bme"
    assert answer.url == f"{site.url}/t?x=1&y=a+b"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("request_", WITH_TOKEN, ids=["header", "query"])
def test_redirect_on_the_same_server_keeps_the_token(status: int, request_: dict[str, object]) -> None:
    with served(sends("../b/c?d=e", status), GOOD) as site:
        answer = ask_one(f"{site.url}/a/x", request=request_)
    assert answer.body == GOOD.body and answer.url == f"{site.url}/b/c?d=e"
    assert [shows_token(asked) for asked in site.asked] == [True, True]


@pytest.mark.parametrize("request_", WITH_TOKEN, ids=["header", "query"])
def test_redirect_to_another_server_drops_the_token(request_: dict[str, object]) -> None:
    with served(GOOD) as other, served(sends(f"{other.url}/b")) as site:
        assert ask_one(site.url, request=request_).url == f"{other.url}/b"
    assert [shows_token(asked) for asked in site.asked + other.asked] == [True, False]


def test_way_back_from_another_server_has_the_token_again() -> None:
    def there_and_back(site: Site, other: Site) -> None:
        site.choose = lambda asked: GOOD if asked.path == "/back" else sends(f"{other.url}/there")
        other.choose = lambda _: sends(f"{site.url}/back")

    with served(GOOD) as other, served(GOOD) as site:
        there_and_back(site, other)
        assert ask_one(site.url, request={"token": token()}).body == GOOD.body
    assert [shows_token(asked) for asked in [*site.asked, *other.asked]] == [True, True, False]


@pytest.mark.parametrize("form", [SECRET, "MLY%7C4711%7Cd0nt%2Fshow%2Bme", "MLY%257c4711%257cd0nt%252fshow%252bme"])
def test_server_that_sends_the_token_elsewhere_is_refused(form: str) -> None:
    with served(GOOD) as other, served(sends(f"{other.url}/b?access_token={form}")) as site:
        with pytest.raises(WebError, match=r"sends the access token to 127.0.0.1; check the address"):
            ask_one(site.url, request={"token": token()})
        assert not other.asked and len(site.asked) == 1


def test_three_redirects_are_followed() -> None:
    with served(sends("/1"), sends("/2"), sends("/3"), GOOD) as site:
        assert ask_one(site.url).url == f"{site.url}/3"


def test_server_that_sends_in_circles_is_left() -> None:
    with served(sends("/again")) as site:
        with pytest.raises(WebError, match="more than 3 redirects; check the address"):
            ask_one(site.url)
        assert len(site.asked) == 4


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/x", "http://[::1", "http:///x"])
def test_redirect_to_what_is_no_address_is_refused(target: str) -> None:
    with served(sends(target)) as site, pytest.raises(WebError):
        ask_one(site.url)


def test_body_of_text_comes_without_the_token() -> None:
    """Servers repeat it in the addresses of further pages."""
    body = rb'{"next": "https://x.org/?access_token=MLY%7C4711%7Cd0nt%2Fshow%2Bme", "raw": "MLY|4711|d0nt\/show+me"}'
    with served(Said(body)) as site:
        answer = ask_one(site.url, request={"token": token()})
    assert answer.body == b'{"next": "https://x.org/?access_token=***", "raw": "***"}'


def test_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "")
    with served(GOOD) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert ask_one("http://nowhere.invalid/x").body == GOOD.body
    assert proxy.asked[0].path == "http://nowhere.invalid/x"


def test_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(GOOD) as proxy:
        pass
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("http_proxy", proxy.url)
    with pytest.raises(WebError, match=r"^nowhere.invalid/x: no connection to the proxy \(Connection refused\)"):
        ask_one("http://nowhere.invalid/x")


def test_host_that_needs_no_proxy_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://nowhere.invalid:8080")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with served(GOOD) as site:
        assert ask_one(site.url).body == GOOD.body


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:secret@example.org/a/b?sig=1#x", "example.org/a/b"),
        ("https://example.org:443/a", "example.org/a"),
        ("http://example.org:8080", "example.org:8080/"),
        ("http://[::1", "no address"),
        ("", "no address"),
    ],
)
def test_messages_show_host_and_path(url: str, shown: str) -> None:
    assert place(url) == shown


def test_connections_are_kept() -> None:
    """As many as are used at once, not one for each request."""
    with served(GOOD) as site:
        ask(*[Request(site.url)] * 20, in_flight=2)
    assert len({asked.client for asked in site.asked}) <= 2


def test_server_without_tls_is_one_line() -> None:
    with served(GOOD) as site, pytest.raises(WebError, match=r"/: no secure connection \([A-Z_]+\) \(4 tries\); check"):
        ask_one(site.url.replace("http:", "https:"))


def test_certificate_that_nobody_signed_is_refused_at_once(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl, to make a certificate")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    made = [*command.split(), "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    subprocess.run(made, check=True, capture_output=True)
    with served(GOOD, certificate=(tmp_path / "cert", tmp_path / "key")) as site:
        with pytest.raises(WebError, match=r"/: its certificate is not trusted \(.*self.signed.*\); check") as error:
            ask_one(site.url, request={"token": token()})
        assert not site.asked and not error.value.transient
