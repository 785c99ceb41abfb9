"""Every page of the documentation, opened from disk: no errors, no network, fits the screen; links, search, access."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import SERIOUS, SIZES, described

ATTRIBUTE = re.compile(r"""\s(href|src|id|name)=(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
WIDE = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


def test_a_page_loads_and_is_no_wider_than_the_screen(shown: Any, page_path: str) -> None:
    page = shown(page_path)
    assert page.title().strip()
    assert page.locator("h1").count() == 1
    assert page.evaluate("[...document.images].filter((one) => one.complete && !one.naturalWidth).length") == 0
    for size in SIZES.values():
        page.set_viewport_size(size)
        wide, screen = page.evaluate(WIDE)
        assert wide <= screen == size["width"]


def test_links_and_anchors_lead_somewhere(site: Path) -> None:
    pages = {path.relative_to(site).as_posix(): path for path in site.rglob("*.html")}
    targets: dict[str, set[str]] = {}
    links: dict[str, set[str]] = {}
    for name, path in pages.items():
        for kind, *texts in ATTRIBUTE.findall(path.read_text(encoding="utf-8")):
            (links if kind in ("href", "src") else targets).setdefault(name, set()).add("".join(texts))
    broken = [
        (name, link)
        for name, all_links in links.items()
        for link in all_links
        if not _leads(link.replace("&amp;", "&"), name, site, targets)
    ]
    assert broken == []


def _leads(link: str, name: str, site: Path, targets: dict[str, set[str]]) -> bool:
    parts = urlsplit(link)
    if parts.scheme:
        return parts.scheme in ("https", "http", "data", "mailto", "javascript")
    aim = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path))) if parts.path else name
    if aim.startswith("..") or not (site / aim).is_file():
        return False
    return not parts.fragment or unquote(parts.fragment) in targets.get(aim, set())


def test_search_works_from_disk(shown: Any) -> None:
    page = shown("index.html")
    page.locator("input.md-search__input").click()
    page.keyboard.type("montecarlo")
    first = page.locator(".md-search-result__item a").first
    first.wait_for(state="visible")
    assert "montecarlo" in page.locator(".md-search-result__list").inner_text().lower()
    first.click()
    page.wait_for_load_state("load")
    assert "montecarlo" in page.locator("main").inner_text().lower()


def test_no_serious_fault_of_accessibility(shown: Any, sample: str) -> None:
    for dark in (False, True):
        page = shown(sample, dark=dark)
        # Rows of a table and blocks of code are alike: some of them stand for all, which take axe minutes.
        page.evaluate(
            """for (const all of document.querySelectorAll('tbody')) while (all.rows.length > 24) all.deleteRow(-1);
            for (const one of [...document.querySelectorAll('.highlight')].slice(6)) one.remove();
            for (const one of [...document.querySelectorAll('.md-sidebar li')].slice(40)) one.remove();"""
        )
        options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
        if dark:
            options["runOnly"] = ["color-contrast", "link-in-text-block"]  # the rest is the same in any colours
            page.set_viewport_size(SIZES["phone"])
        faults = Axe().run(page, options=options).response["violations"]
        assert [described(one) for one in faults if one["impact"] in SERIOUS] == []


def test_what_scrolls_sideways_can_be_reached_by_the_keyboard(shown: Any) -> None:
    page = shown("methods/variation.html")
    page.set_viewport_size(SIZES["phone"])
    inner = ".md-typeset__scrollwrap, .md-typeset div.equation"
    count, unreachable = page.evaluate(
        """(inner) => {
            const wide = [...document.querySelectorAll(inner)].filter((one) => one.scrollWidth > one.clientWidth);
            return [wide.length, wide.filter((one) => one.tabIndex !== 0).length];
        }""",
        inner,
    )
    assert count > 0
    assert unreachable == 0
