"""Gallery: every figure of a report that was built before (`make report`), with its title and its place there."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
REPORT = ROOT / os.environ.get("OUT", "report")
_FIGURE = re.compile(
    r'<figure id="figure-(?P<name>[\w-]+)">.*?<img src="[^"]*" alt="(?P<alt>[^"]*)"'
    r".*?<strong>(?P<title>.*?)\.?</strong>",
    re.S,
)
_HEAD = (
    "# Gallery\n\nEvery figure of the report. `ipcircuit report -o DIR` writes each as SVG and PNG for papers, with "
    "its caption on the page named here and, where it has one, a chart to explore.\n"
)
_NONE = "\n*There was no report when these pages were built: `make report`, then `make docs`.*\n"


def pages() -> Iterator[tuple[str, str | Path]]:
    groups = {page: figures for page in _report_pages() if (figures := _figures(page))}
    shown: set[str] = set()
    text = [_HEAD]
    for page, figures in groups.items():
        new = [figure for figure in figures if figure["name"] not in shown and _drawing(figure["name"]).exists()]
        shown |= {figure["name"] for figure in new}
        if new:
            text.append(f"\n## {_title(page)}\n\n`{page.relative_to(REPORT)}`\n\n" + _grid(new))
    yield "gallery.md", "".join(text) if shown else _HEAD + _NONE
    for name in sorted(shown):
        yield f"gallery/{name}.png", _drawing(name)


def _drawing(name: str) -> Path:
    return REPORT / "figures" / f"{name}.png"


def _report_pages() -> list[Path]:
    pages = [REPORT / "index.html", *sorted(REPORT.glob("experiments/*.html")), *sorted(REPORT.glob("circuits/*.html"))]
    return [page for page in pages if page.is_file()]


def _figures(page: Path) -> list[dict[str, str]]:
    return [match.groupdict() for match in _FIGURE.finditer(page.read_text(encoding="utf-8"))]


def _title(page: Path) -> str:
    titles = re.findall(r"<h1[^>]*>(.*?)</h1>", page.read_text(encoding="utf-8"), flags=re.S)
    return html.unescape(re.sub(r"<[^>]*>", "", titles[0])).strip() if titles else page.stem


def _grid(figures: list[dict[str, str]]) -> str:
    """Escaped as in the report, whose text it is."""
    cards = [
        f'<figure><a href="gallery/{one["name"]}.png">'
        f'<img src="gallery/{one["name"]}.png" alt="{one["alt"]}" loading="lazy"></a>'
        f"<figcaption>{one['title']}<br><code>{one['name']}</code></figcaption></figure>"
        for one in figures
    ]
    return '<div class="gallery">\n' + "\n".join(cards) + "\n</div>\n"
