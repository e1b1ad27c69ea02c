"""A result prints in one line and a notebook shows less than forty, whatever it holds; texts in it are no markup."""

from html.parser import HTMLParser

import pandas as pd
import pytest

from immunosim.result import LONGEST_CELL, MOST_COLUMNS, MOST_FACTS, MOST_ROWS, Result


class Made(Result):
    """A result of given parts."""

    def __init__(self, headline="a result", facts=None, table=None):
        self._parts = headline, facts or {}, pd.DataFrame() if table is None else table

    def headline(self):
        return self._parts[0]

    def facts(self):
        return self._parts[1]

    def to_dataframe(self):
        return self._parts[2]


class Counter(HTMLParser):
    """Counts what a notebook would show as a line."""

    def __init__(self):
        super().__init__()
        self.lines, self.open = 0, []

    def handle_starttag(self, tag, attributes):
        assert not attributes
        self.lines += tag in ("p", "tr")
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def shown(result):
    counter = Counter()
    counter.feed(result._repr_html_())
    assert not counter.open
    return counter.lines


LARGE = pd.DataFrame({f"column {j}": range(5000) for j in range(40)})


@pytest.mark.parametrize(
    "table", [None, LARGE, LARGE.iloc[:1], LARGE.iloc[:MOST_ROWS]], ids=["none", "large", "1", "20"]
)
@pytest.mark.parametrize("n_facts", [0, 3, 100])
def test_a_notebook_shows_less_than_forty_lines(table, n_facts):
    facts = {f"fact {k}": "\n".join(["line"] * 50) for k in range(n_facts)}
    assert shown(Made("\n" * 100 + "headline", facts, table)) < 40


def test_what_is_left_out_of_a_table_is_counted():
    text = Made(table=LARGE)._repr_html_()
    assert "<p>and 4,980 more rows, 28 more columns</p>" in text
    assert text.count("<th>") == MOST_COLUMNS
    assert "more" not in Made(table=LARGE.iloc[:MOST_ROWS, :MOST_COLUMNS])._repr_html_()
    assert "<p>and 1 more row</p>" in Made(table=LARGE.iloc[: MOST_ROWS + 1, :2])._repr_html_()


def test_facts_beyond_the_first_are_left_out():
    text = Made(facts={f"fact {k}": k for k in range(20)})._repr_html_()
    assert f"fact {MOST_FACTS - 1}" in text
    assert f"fact {MOST_FACTS}" not in text


def test_numbers_have_four_digits_and_texts_stand_as_they_are():
    text = Made(facts={"p": 0.123456, "n": 123456, "nothing": None})._repr_html_()
    for cell in ("<td>0.1235</td>", "<td>123456</td>", "<td>None</td>"):
        assert cell in text


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "a & b <i>", "</table>", '"quoted"', "\x1b[31mred"])
def test_a_hostile_text_is_text_wherever_it_stands(hostile):
    text = Made(hostile, {hostile: hostile}, pd.DataFrame({hostile: [hostile]}))._repr_html_()
    assert "<script" not in text
    assert "<i>" not in text
    assert "\x1b" not in text
    assert text.count("</table>") == 2
    shown(Made(hostile, {hostile: hostile}, pd.DataFrame({hostile: [hostile]})))


def test_a_long_text_is_shortened():
    text = Made(facts={"x": "y" * 10_000})._repr_html_()
    assert "y" * (LONGEST_CELL + 1) not in text
    assert len(repr(Made("y" * 10_000))) < 230


def test_it_prints_in_one_line():
    assert repr(Made("two\nlines")).count("\n") == 0
    assert repr(Made("a result")) == "<Made: a result>"


def test_a_result_must_say_what_it_is():
    for asked in (Result().headline, Result().facts, Result().to_dataframe):
        with pytest.raises(NotImplementedError):
            asked()
