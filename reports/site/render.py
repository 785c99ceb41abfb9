"""Pages as files: HTML with its style and script beside it, figures, and tables; every link is relative."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from ipcircuit.files import write_bytes_atomic, write_text_atomic
from reports.figures.plot import Picture
from reports.page import Page
from reports.site.scripts import vega
from reports.tables.table import Table

ASSETS = ("site.css", "site.js", "chart.js")
GROUPS = {"overview": "", "circuits": "Circuits", "experiments": "Experiments", "evidence": "Evidence"}
PRINT = Page(
    "print.html",
    "All pages, for print",
    "Every page of the report on few sheets: findings are on the first, long tables end with a pointer to their files.",
    group="evidence",
)
LENGTHY, ON_PAPER = 12, 8  # a table of more rows is printed with so many, and a pointer to its file


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["address"] = quote
    environment.filters["size"] = drawn_size
    environment.globals |= {"lengthy": LENGTHY, "on_paper": ON_PAPER}
    return environment


def write_site(folder: Path, pages: Sequence[Page], more: Iterable[Table] = (), stamp: str = "") -> None:
    """Write pages, their figures and tables, and what they load, into `folder`.

    Args:
        more: tables that are on no page.
        stamp: versions and date, at the foot of each page.

    Raises:
        InputError: the folder cannot be written.
    """
    chapters = [chapter for page in pages for chapter in page.chapters]
    _write_files(
        folder,
        [picture for chapter in chapters for picture in chapter.pictures],
        [*(table for chapter in chapters for table in chapter.tables), *more],
    )
    (folder / "assets").mkdir()
    for name in ASSETS:
        write_bytes_atomic(folder / "assets" / name, files("reports").joinpath("templates", name).read_bytes())
    if any(page.has_charts for page in pages):
        write_text_atomic(folder / "assets" / "vega.js", vega())
    for page in (*pages, PRINT):
        target = folder / page.path
        target.parent.mkdir(exist_ok=True)
        write_text_atomic(target, html(page, pages, stamp))


def html(page: Page, pages: Sequence[Page], stamp: str = "") -> str:
    """One page, or all of them as `PRINT`; it needs no network, and without scripts nothing on it is missing."""
    groups = {group: [one for one in (*pages, PRINT) if one.group == group] for group in GROUPS}
    template = _environment().get_template("print.html.j2" if page is PRINT else "page.html.j2")
    return template.render(page=page, pages=pages, groups=groups, names=GROUPS, stamp=stamp)


def _write_files(folder: Path, pictures: Iterable[Picture], tables: Iterable[Table]) -> None:
    for name in ("figures", "tables"):
        (folder / name).mkdir()
    for picture in pictures:
        for ending, data in picture.files.items():
            write_bytes_atomic(folder / "figures" / f"{picture.name}.{ending}", data)
    for table in tables:
        table.write(folder / "tables")


def drawn_size(picture: Picture) -> tuple[int, int]:
    """Width and height of a picture in pixels of a page, from its drawing; (0, 0) where the drawing states none."""
    opening = re.search(rb"<svg[^>]*>", picture.files["svg"])
    if opening is None:
        return 0, 0
    sizes = [re.search(rb'\s%s="([\d.]+)(pt|px)?"' % side, opening.group()) for side in (b"width", b"height")]
    scales = {b"pt": 96 / 72, b"px": 1.0, None: 1.0}
    width, height = (round(float(one[1]) * scales[one[2]]) if one else 0 for one in sizes)
    return width, height
