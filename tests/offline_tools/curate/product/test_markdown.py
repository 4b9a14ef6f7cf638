# SPDX-License-Identifier: Apache-2.0
import pytest

from offline_tools.curate.product.markdown import percent, plain, plural, shown, table, wrapped


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("anna_k", r"anna\_k"),
        ("a|b", r"a\|b"),
        ("one\n# two", r"one \# two"),
        ("<b>", r"\<b\>"),
        ("https://x.example", r"https\://x.example"),
        ("www.x.example", r"www\.x.example"),
        ("\u202eright to left\x07", "right to left"),
        ("x" * 300, "x" * 120),
    ],
)
def test_text_is_text(text: str, wanted: str) -> None:
    assert plain(text) == wanted


def test_tables_have_texts_to_the_left_and_numbers_to_the_right() -> None:
    assert table(["a", "b", "c"], [["x", "y", 1234]], texts=2) == "| a | b | c |\n|---|---|---:|\n| x | y | 1,234 |\n"


def test_paragraphs_are_filled_and_tables_stay() -> None:
    text = wrapped("# t\n\none\ntwo " + "long " * 30 + "\n\n| a |\n|---|\n")
    title, *lines, _, row, rule = text.splitlines()
    assert (title, row, rule) == ("# t", "| a |", "|---|")
    assert max(map(len, lines)) <= 110
    assert lines[1].startswith("one two long")


def test_numbers_are_shown() -> None:
    assert (shown(None), shown(1234), percent(0.1234), percent(None)) == ("–", "1,234", "12.3 %", "–")
    assert (plural(1, "photo"), plural(1200, "photo")) == ("1 photo", "1,200 photos")
