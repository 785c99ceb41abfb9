"""Every page of the report: loads without errors and network, fits the screen, can be reached and read by everyone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from reports.site.folder import ENTRIES, MARKER
from tests.browser.conftest import SERIOUS, described

MOST_BYTES = 3_000_000  # of pages, styles and scripts together, without the data of charts
DATA = re.compile(rb'<script type="application/json">.*?</script>', re.DOTALL)
VISIBLE_ms = 1000.0


def test_every_picture_is_shown(opened: Any, file: str) -> None:
    page = opened(file)
    pictures = page.evaluate(
        """async () => {
            const all = [...document.images];
            for (const one of all) one.loading = "eager";
            const loaded = (one) => one.complete || new Promise((is) => { one.onload = one.onerror = is; });
            await Promise.all(all.map(loaded));
            return all.map((one) => [one.getAttribute("src"), one.naturalWidth, one.alt.length]);
        }"""
    )
    assert [source for source, width, words in pictures if not (width and words)] == []


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_nothing_is_wider_than_the_screen(opened: Any, drawn: Any, file: str, width: str) -> None:
    page = opened(file, width=width)
    page.wait_for_load_state("load")
    drawn(page)
    wide, screen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    culprits = page.evaluate(
        """(screen) => [...document.querySelectorAll("main *")]
            .filter((one) => one.getBoundingClientRect().left + one.scrollWidth > screen + 1)
            .filter((one) => !one.closest(".scroll, svg"))
            .slice(0, 5).map((one) => one.outerHTML.slice(0, 120))""",
        screen,
    )
    assert wide <= screen, culprits


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_serious_fault_of_accessibility(opened: Any, drawn: Any, file: str, dark: bool) -> None:
    page = opened(file, dark=dark, width="phone" if dark else "desktop")
    drawn(page)
    # Rows of a table come from one template: some of them stand for all, which take axe minutes.
    page.evaluate(
        "for (const all of document.querySelectorAll('tbody')) while (all.rows.length > 24) all.deleteRow(-1)"
    )
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}  # it may not read its style sheet
    if dark:
        options["runOnly"] = ["color-contrast", "link-in-text-block"]  # the rest is the same in any colours
    faults = Axe().run(page, options=options).response["violations"]
    assert [described(one) for one in faults if one["impact"] in SERIOUS] == []


def test_links_lead_somewhere(opened: Any, report: Path, file: str) -> None:
    page = opened(file)
    links = page.evaluate(
        """[...document.querySelectorAll("[href], [src]")]
            .map((one) => one.getAttribute("href") ?? one.getAttribute("src"))"""
    )
    assert any("index.html" in link for link in links)
    broken = [link for link in set(links) if not _leads(link, report, file)]
    assert broken == []


def _leads(link: str, report: Path, path: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme:
        return parts.scheme in ("https", "data")  # a reader may follow a link out; loading from there is refused
    target = (report / path).parent / unquote(parts.path) if parts.path else report / path
    if not target.resolve().is_relative_to(report) or not target.is_file():
        return False
    anchors = re.findall(r'\sid="([^"]*)"', target.read_text(encoding="utf-8")) if parts.fragment else ()
    return not parts.fragment or unquote(parts.fragment) in anchors


def test_without_scripts_nothing_is_missing(opened: Any, path: str) -> None:
    def content(page: Any) -> tuple[int, int]:
        return page.locator("main tbody tr:not(.more)").count(), page.locator("main figure img").count()

    plain, scripted = opened(path, scripts=False, width="phone"), opened(path)
    assert content(plain)[0] >= content(scripted)[0]
    assert content(plain)[1] >= content(scripted)[1]
    hidden = [
        row for row in plain.locator("main tbody tr:not(.more), main figure img").all()[:40] if not row.is_visible()
    ]
    assert hidden == []
    assert plain.locator("nav a").first.is_visible()


def test_every_page_is_reached_from_every_page(opened: Any, report: Path, path: str) -> None:
    page = opened(path)
    linked = page.evaluate("[...document.querySelectorAll('nav a')].map((one) => one.href.split('#')[0])")
    assert set(linked) == {one.as_uri() for one in report.rglob("*.html")}
    assert page.locator("nav [aria-current=page]").count() == 1
    assert page.title().strip()
    assert page.locator("h1").count() == 1


def test_it_is_small_and_marked(report: Path) -> None:
    files = [one for one in report.rglob("*") if one.suffix in (".html", ".css", ".js")]
    sizes = {one: len(DATA.sub(b"", one.read_bytes())) for one in files}
    assert sum(sizes.values()) <= MOST_BYTES, sorted(sizes.items(), key=lambda item: -item[1])[:8]
    assert {one.name for one in report.iterdir()} <= ENTRIES | {MARKER}


def test_the_first_page_is_visible_within_a_second(opened: Any) -> None:
    def painted_ms() -> float:
        page = opened()
        page.wait_for_load_state("load")
        return page.evaluate(
            """() => new Promise((is) => new PerformanceObserver((list) => is(list.getEntries()[0].startTime))
                .observe({type: "paint", buffered: true}))"""
        )

    assert min(painted_ms() for _ in range(3)) <= VISIBLE_ms  # others may use the machine, too


class TestMenuAndColours:
    def test_the_menu_of_a_phone_opens_and_closes(self, opened: Any) -> None:
        page = opened(width="phone")
        start = page.url
        menu, link = page.locator("button.menu"), page.locator("nav a").nth(1)
        assert not link.is_visible()
        menu.click()
        assert link.is_visible()
        assert menu.get_attribute("aria-expanded") == "true"
        page.keyboard.press("Escape")
        assert not link.is_visible()
        menu.click()
        link.click()
        page.wait_for_load_state()
        assert page.url != start

    def test_the_choice_of_colours_is_remembered(self, opened: Any) -> None:
        def background() -> str:
            return page.evaluate("getComputedStyle(document.body).backgroundColor")

        page = opened(dark=True)
        dark = background()
        button = page.locator("button.theme")
        button.click()
        assert button.get_attribute("aria-label") == "Colours: light"
        light = background()
        assert light != dark
        page.locator("nav a").nth(1).click()
        page.wait_for_load_state()
        assert background() == light
        page.locator("button.theme").click()
        assert background() == dark

    def test_content_is_reached_by_one_key(self, opened: Any) -> None:
        page = opened()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
