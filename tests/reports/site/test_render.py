"""Pages as HTML, from made-up chapters: nothing is simulated."""

from __future__ import annotations

import re

import pytest

from reports.attempt import Failure
from reports.figures.plot import Picture
from reports.page import Chapter, Page
from reports.section import Finding
from reports.site.render import LENGTHY, ON_PAPER, PRINT, drawn_size, html
from reports.tables.table import Detail, Table

SVG = b'<?xml version="1.0"?><svg xmlns="x" width="72pt" height="36.4px" viewBox="0 0 1 1"></svg>'
EVIL = '<script>alert("x")</script>&'
LONG = Table("long", "Long", "", [{"id": f"r{i}", "kind": "ab"[i % 2], "x": float(i)} for i in range(40)])


def _picture(name: str = "drawn") -> Picture:
    return Picture(name, EVIL, EVIL, EVIL, {"svg": SVG, "png": b""})


def test_names_and_texts_with_markup_are_escaped_everywhere() -> None:
    opened = [[Detail(EVIL, EVIL, code=True)]]
    table = Table("odd name", EVIL, EVIL, [{EVIL: EVIL}], anchor=EVIL, choices=(EVIL,), details=opened)
    failed, findings = Failure(EVIL, EVIL), {EVIL: [Finding(EVIL, EVIL)]}
    chapter = Chapter("c", EVIL, EVIL, [_picture("odd% name")], [table], [failed], findings, {"a&b": EVIL})
    numbers = [(EVIL, EVIL, EVIL)]
    page = Page("experiments/x.html", EVIL, EVIL, [chapter], label=EVIL, summaries=[EVIL], headline=numbers)
    for text in (html(page, [page], EVIL), html(PRINT, [page], EVIL)):
        assert "alert(" in text
        assert "<script>" not in text
        assert not re.search(r'="[^"]*<', text)
    text = html(page, [page])
    assert 'src="../figures/odd%25%20name.svg"' in text
    assert 'href="../a%26b"' in text


def test_rows_open_and_are_chosen_where_the_table_says_so() -> None:
    details = [[Detail("why", f"row {i}")] for i in range(40)]
    table = Table("long", "Long", "", LONG.rows, anchor="id", choices=("kind",), details=details)
    page = Page("claims.html", "Claims", "", [Chapter("c", "C", "", tables=[table])], "evidence")
    text = html(page, [page])
    assert re.findall("<th[^>]*data-choice>([^<]*)", text) == ["kind"]
    assert re.findall(r'<tr id="long-(\w+)"', text) == [f"r{i}" for i in range(40)]
    assert text.count('<tr class="more"><td colspan="3">') == 40
    other = Page("a.html", "A", "", [Chapter("c", "C", "", tables=[LONG])])
    plain = html(other, [other])
    assert "data-choice" not in plain
    assert "more" not in re.findall(r'<tr class="(\w+)"', plain)


@pytest.mark.parametrize("rows", [LENGTHY, LENGTHY + 1])
def test_long_tables_are_printed_with_a_pointer_to_their_files(rows: int) -> None:
    table = Table("long", "Long", "", LONG.rows[:rows])
    page = Page("a.html", "A", "", [Chapter("c", "C", "", tables=[table])])
    printed = html(PRINT, [page])
    long = rows > LENGTHY
    assert printed.count("<tr") - 1 == (ON_PAPER if long else rows)
    assert ("tables/long.csv" in printed) == long
    assert html(page, [page]).count("<tr") - 1 == rows


def test_drawings_have_the_size_that_they_state() -> None:
    assert drawn_size(_picture()) == (96, 36)
    assert drawn_size(Picture("x", "", "", "", {"svg": b"<svg viewBox='0 0 1 1'></svg>"})) == (0, 0)
    assert drawn_size(Picture("x", "", "", "", {"svg": b"no drawing"})) == (0, 0)
