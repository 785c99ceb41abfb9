"""Files of the report: what each download holds, and what all pages take on paper."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pypdf import PdfReader

MOST_SHEETS = 25


def test_downloads_hold_what_they_say(opened: Any, report: Path, path: str) -> None:
    page = opened(path)
    links = page.evaluate("[...document.querySelectorAll('a[download]')].map((one) => one.getAttribute('href'))")
    files = [((report / path).parent / link).resolve() for link in links]
    assert len(set(files)) == len(files)
    for file in files:
        _check(file)
    tables = page.locator("main .table")
    names = [one.removeprefix("table-") for one in tables.locator("h3").evaluate_all("all => all.map((one) => one.id)")]
    assert {file.stem for file in files if file.suffix == ".csv"} >= set(names)
    for index, name in enumerate(names):
        rows = tables.nth(index).locator("tbody tr:not(.more)")
        assert rows.count() == len(_rows(report / "tables" / f"{name}.csv")), name


def _check(file: Path) -> None:
    data = file.read_bytes()
    if file.suffix == ".png":
        assert data.startswith(b"\x89PNG\r\n\x1a\n"), file
    elif file.suffix == ".svg":
        assert ElementTree.fromstring(data).tag == "{http://www.w3.org/2000/svg}svg", file
    elif file.suffix == ".json":
        assert json.loads(data), file
    else:
        assert file.suffix == ".csv", file
        rows = _rows(file)
        assert len({len(row) for row in rows}) <= 1, file


def _rows(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"))))[1:]


def test_all_of_it_is_at_most_25_sheets(opened: Any, report: Path) -> None:
    sheets = PdfReader(io.BytesIO(opened("print.html").pdf(prefer_css_page_size=True))).pages
    assert len(sheets) <= MOST_SHEETS
    joined = " ".join(sheet.extract_text() for sheet in sheets)
    text = " ".join(unicodedata.normalize("NFKC", joined).split())  # a PDF has ligatures
    titles = [opened(path, scripts=False).locator("h1").text_content() for path in _pages(report)]
    assert [title for title in titles if title not in text] == []


def test_a_page_prints_without_what_only_a_screen_can_do(opened: Any, path: str) -> None:
    page = opened(path)
    page.emulate_media(media="print")
    assert page.locator("button:not(table button):visible, input:visible, nav:visible, .files:visible").count() == 0
    signs = (
        "all => all.map((one) => getComputedStyle(one, '::after').content + getComputedStyle(one, '::before').content)"
    )
    assert set(page.locator("table button").evaluate_all(signs)) <= {"nonenone"}
    assert page.locator("h1").is_visible()


def _pages(report: Path) -> list[str]:
    return [one.relative_to(report).as_posix() for one in report.rglob("*.html") if one.name != "print.html"]
