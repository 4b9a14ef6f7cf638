# SPDX-License-Identifier: Apache-2.0
import pickle

import pytest

from offline_tools.curate.web import WebError
from offline_tools.curate.web.failures import of_status
from offline_tools.errors import DatasetError


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, "gone"), (410, "gone"), (400, "refused"), (414, "refused"), (304, "refused"), (429, "limit"),
     (408, "server"), (500, "server"), (503, "server"), (599, "server"), (401, "token"), (403, "token")],
)  # fmt: skip
def test_status_has_its_meaning(status: int, kind: str) -> None:
    assert of_status(status, "", with_token=True).kind == kind


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_without_a_token_is_not_the_tokens_fault(status: int) -> None:
    assert of_status(status, "", with_token=False).kind == "refused"


@pytest.mark.parametrize("kind", ["limit", "server", "broken"])
def test_some_failures_may_pass(kind: str) -> None:
    assert WebError("x", kind).transient


@pytest.mark.parametrize("kind", ["gone", "refused", "token", "expired"])
def test_others_are_final(kind: str) -> None:
    assert not WebError("x", kind).transient


def test_failure_comes_whole_from_another_process() -> None:
    error = WebError("HTTP 500", "server", where="example.org/x", tries=3, wait_s=2.0)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert (str(again), again.kind, again.tries, again.wait_s) == (str(error), "server", 3, 2.0)
    assert str(error) == "example.org/x: HTTP 500 (3 tries); the server has a problem; go on later"


def test_failure_is_one_of_the_data_set() -> None:
    assert isinstance(WebError("x", "gone"), DatasetError)
