"""Tables of the report: sorted by a click on a heading, filtered by words and choices, rows that open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

CLAIMS = "claims.html"


def rows_of(table: Any) -> Any:
    """Rows that are shown, without those that others open to."""
    return table.locator("tbody tr:not(.more):not([hidden])")


def column(table: Any, index: int) -> list[tuple[str, float | None]]:
    """Text of each shown cell, and the number behind it."""
    cells = rows_of(table).evaluate_all(
        """(rows, index) => rows.map((row) => [row.cells[index].textContent.trim(),
            row.cells[index].querySelector("data")?.value ?? null])""",
        index,
    )
    return [(text, None if value is None else float(value)) for text, value in cells]


def test_a_click_on_any_heading_sorts(opened: Any, path: str) -> None:
    page = opened(path)
    tables = page.locator("main table")
    for number in range(tables.count()):
        table = tables.nth(number)
        heads = table.locator("thead th")
        before = sorted(column(table, 0))
        for index in {0, heads.count() - 1}:
            button = heads.nth(index).locator("button")
            if not button.count():
                assert len(before) < 2
                continue
            for order in ("ascending", "descending"):
                button.evaluate("one => one.click()")
                assert heads.nth(index).get_attribute("aria-sort") == order
                _assert_sorted(column(table, index), "number" in str(heads.nth(index).get_attribute("class")), order)
        assert sorted(column(table, 0)) == before


def _assert_sorted(cells: list[tuple[str, float | None]], numeric: bool, order: str) -> None:
    if not numeric:
        texts = [text for text, _ in cells]
        assert len(set(texts)) < 2 or texts != texts[::-1]
        return
    numbers = [value for _, value in cells]
    known = [value for value in numbers if value is not None]
    assert numbers == sorted(known, reverse=order == "descending") + [None] * (len(numbers) - len(known))


def test_words_filter_the_rows_of_any_long_table(opened: Any, path: str) -> None:
    page = opened(path)
    blocks = page.locator("main .table", has=page.locator(".controls"))
    for number in range(blocks.count()):
        block = blocks.nth(number)
        table, search, count = block.locator("table"), block.locator("input[type=search]"), block.locator(".count")
        everything = rows_of(table).all_text_contents()
        assert count.text_content() == f"{len(everything)} rows"
        word = max(column(table, 0))[0].lower()
        search.fill(f" {word.upper()} ")
        expected = [text for text in everything if word in text.lower()]
        assert rows_of(table).all_text_contents() == expected
        assert count.text_content() == (
            f"{len(everything)} rows" if expected == everything else f"{len(expected)} of {len(everything)} rows"
        )
        search.fill("no row says this")
        assert rows_of(table).count() == 0
        search.fill("")
        assert rows_of(table).all_text_contents() == everything


class TestClaims:
    @pytest.fixture
    def page(self, opened: Any, report: Path) -> Any:
        if not (report / CLAIMS).exists():
            pytest.skip("a report of a part without claims")
        return opened(CLAIMS)

    @pytest.fixture
    def table(self, page: Any) -> Any:
        return page.locator(".table", has=page.locator("#table-claims"))

    @pytest.mark.parametrize("name", ["paper", "verdict", "evidence"])
    def test_are_filtered_by_what_they_are(self, table: Any, name: str) -> None:
        index = [text.lower().strip() for text in table.locator("thead th").all_text_contents()].index(name)
        values = {text for text, _ in column(table, index)}
        select = table.locator(f"select[aria-label^='{name}' i]")
        assert set(select.locator("option").evaluate_all("all => all.map((one) => one.value)")) == {"", *values}
        total = rows_of(table).count()
        counts = []
        for value in sorted(values):
            select.select_option(value)
            assert {text for text, _ in column(table, index)} == {value}
            counts.append(rows_of(table).count())
        assert sum(counts) == total
        select.select_option("")
        assert rows_of(table).count() == total

    def test_a_choice_and_words_hold_together(self, table: Any) -> None:
        heads = [text.lower().strip() for text in table.locator("thead th").all_text_contents()]
        verdict = column(table, heads.index("verdict"))[0][0]
        table.locator("select[aria-label^='verdict' i]").select_option(verdict)
        name = column(table, 0)[-1][0]
        table.locator("input[type=search]").fill(name)
        assert name in [text for text, _ in column(table, 0)]
        assert {text for text, _ in column(table, heads.index("verdict"))} == {verdict}

    def test_a_row_opens_to_its_explanation_and_closes(self, table: Any) -> None:
        toggle, more = table.locator("button.toggle").first, table.locator("tr.more").first
        assert not more.is_visible()
        toggle.click()
        assert more.is_visible()
        assert toggle.get_attribute("aria-expanded") == "true"
        assert all(words in str(more.text_content()) for words in ("published", "again", "ipcircuit "))
        toggle.focus()
        table.page.keyboard.press("Enter")
        assert not more.is_visible()
        assert toggle.get_attribute("aria-expanded") == "false"

    def test_a_row_moves_with_its_explanation(self, table: Any) -> None:
        def pairs() -> set[tuple[str, str]]:
            return {
                tuple(pair)
                for pair in table.locator("tbody").evaluate(
                    """(body) => [...body.rows].filter((row) => row.classList.contains("more"))
                        .map((row) => [row.previousElementSibling.cells[0].textContent, row.textContent])"""
                )
            }

        before = pairs()
        assert len(before) == rows_of(table).count()
        table.locator("thead button").nth(2).click()
        assert pairs() == before

    def test_a_link_to_a_row_opens_it(self, table: Any, opened: Any, report: Path) -> None:
        name = rows_of(table).last.get_attribute("id")
        page = opened(f"{CLAIMS}#{name}")
        row = page.locator(f"[id='{name}'] + tr.more")
        row.wait_for(state="visible")
        assert page.locator("tr.more:visible").count() == 1
