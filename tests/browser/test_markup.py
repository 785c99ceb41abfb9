"""Names with markup in them: on a page they are text, wherever they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ipcircuit.errors import InputError
from reports.attempt import Failure
from reports.figures import style
from reports.figures.plot import Picture
from reports.page import Chapter, Page
from reports.section import Finding
from reports.site.render import write_site
from reports.tables.table import Table

EVIL = "</script><img src=x onerror=alert(1)>'\"&{{ 7 * 7 }}<b>"


def _page(path: str) -> Page:
    with style.style():
        figure, _ = style.panels(1, 2.0)
        picture = Picture("drawn", EVIL, EVIL, EVIL, style.render(figure))
    row = {"name": EVIL, "energy_J": 1e-12, EVIL: EVIL}
    table = Table("rows", EVIL, EVIL, [dict(row, name=f"{EVIL}{n}") for n in range(20)], headings={EVIL: EVIL})
    failure = Failure(EVIL, str(InputError(EVIL, where=EVIL, found=EVIL)))
    chapter = Chapter("one", EVIL, EVIL, [picture], [table], [failure], {EVIL: [Finding(EVIL, EVIL), failure]})
    return Page(path, EVIL, EVIL, [chapter], "experiments", EVIL, [EVIL], [(EVIL, EVIL, EVIL)])


def test_is_shown_as_it_is(opened: Any, tmp_path: Path) -> None:
    write_site(tmp_path, [_page("index.html"), _page("experiments/a.html")], stamp=EVIL)
    for path in ("index.html", "experiments/a.html"):
        page = opened(path, home=f"{tmp_path.as_uri()}/")
        assert page.title().startswith(EVIL)
        assert page.locator("h1").text_content() == EVIL
        assert page.locator("main td").first.text_content() == f"{EVIL}0"
        assert page.locator("[onerror]").count() == 0
        assert page.locator("main b").count() == 0
        page.locator("input[type=search]").fill(f"{EVIL}19")
        assert page.locator("main tbody tr:not([hidden])").count() == 1
