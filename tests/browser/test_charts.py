"""Charts of the report: drawn from the page's own data when they come into sight; the drawing stands behind each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from energy.cost import SCOPES
from reports.site.folder import MARKER


def test_every_chart_is_drawn_and_says_what_it_shows(opened: Any, drawn: Any, charted: str) -> None:
    page = opened(charted)
    for chart in drawn(page).all():
        assert chart.locator("svg").first.is_visible()
        assert len(str(chart.locator(".plot").get_attribute("aria-label"))) > 60
        assert chart.locator("svg [aria-roledescription]").count() > 0
        assert not chart.locator("xpath=ancestor::figure").locator("img").is_visible()


def test_the_drawing_can_be_had_instead(opened: Any, drawn: Any, charted: str) -> None:
    page = opened(charted)
    for chart in drawn(page).all():
        figure = chart.locator("xpath=ancestor::figure")
        swap = figure.locator("button.swap")
        swap.click()
        assert figure.locator("img").is_visible()
        assert not chart.locator("svg").first.is_visible()
        swap.click()
        assert chart.locator("svg").first.is_visible()


def test_without_scripts_and_on_paper_the_drawing_is_shown(opened: Any, drawn: Any, charted: str) -> None:
    plain = opened(charted, scripts=False)
    pictures = plain.locator("figure:has(.chart) img")
    assert all(picture.is_visible() for picture in pictures.all())
    assert plain.locator(".chart:visible").count() == 0
    page = opened(charted)
    drawn(page)
    page.emulate_media(media="print")
    assert page.locator(".chart:visible").count() == 0
    assert page.locator("figure:has(.chart) img:visible").count() == pictures.count()


def test_charts_follow_the_colours_of_the_page(opened: Any, drawn: Any, charted: str) -> None:
    def ink() -> str:
        return chart.locator("svg text").first.evaluate("one => getComputedStyle(one).fill")

    page = opened(charted)
    chart = drawn(page).first
    light = ink()
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "(was) => getComputedStyle(document.querySelector('.chart svg text')).fill !== was", arg=light
    )
    assert ink() != light


def test_choices_change_what_is_drawn(opened: Any, drawn: Any, charted: str) -> None:
    page = opened(charted)
    for chart in drawn(page).all():
        for bound in chart.locator(".vega-bind").all():
            before = chart.locator("svg").first.inner_html()
            _choose(bound)
            changed = "([id, was]) => document.querySelector(`#${id} svg`).innerHTML !== was"
            page.wait_for_function(changed, arg=[chart.get_attribute("id"), before])


def _choose(bound: Any) -> None:
    """Another choice than the one that is made."""
    select, radio, box = (bound.locator(kind) for kind in ("select", "input[type=radio]:not(:checked)", "input"))
    if select.count():
        chosen = select.evaluate("one => one.selectedIndex")
        select.select_option(index=0 if chosen else 1)
    else:
        (radio if radio.count() else box).first.click()


def test_a_mark_says_its_numbers_when_it_is_pointed_at(opened: Any, drawn: Any, charted: str) -> None:
    page = opened(charted)
    for chart in drawn(page).all():
        chart.scroll_into_view_if_needed()
        marks = chart.locator("svg .mark-symbol path, svg .mark-rect path, svg .mark-line path")
        name, some = chart.get_attribute("id"), range(min(12, marks.count()))
        assert any(_says(page, marks.nth(number)) for number in some), name


def _says(page: Any, mark: Any) -> bool:
    """Whether numbers are shown beside the pointer when it is on a mark."""
    box = mark.bounding_box()
    if not box:
        return False
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    shown = page.locator("#vg-tooltip-element.visible")
    for _ in range(10):  # a busy machine takes its time
        page.wait_for_timeout(50)
        if shown.count() and any(sign.isdigit() for sign in str(shown.text_content())):
            return True
    return False


def test_the_overview_compares_in_every_scope(opened: Any, drawn: Any, report: Path) -> None:
    if json.loads((report / MARKER).read_text(encoding="utf-8"))["only"]:
        pytest.skip("a report of a part")
    choices = (
        drawn(opened())
        .locator(".vega-bind")
        .evaluate_all(
            "all => all.map((one) => [...one.querySelectorAll('input, option')].map((choice) => choice.value))"
        )
    )
    assert any(set(values) >= set(SCOPES) for values in choices), choices
