"""The page: one HTML file that needs no other file, no script and no network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.figures.plot import Plot
from reports.page.attempt import Failure
from reports.section import Finding, Headline
from reports.tables.table import Table


@dataclass(frozen=True)
class Chapter:
    """Chapter of the page.

    Attributes:
        name: anchor. title, intro: heading and sentence below it.
        figures: as `embedded` gives them. tables: in reading order.
        failures: figures and tables that raised.
    """

    name: str
    title: str
    intro: str
    figures: Sequence[Mapping[str, str]] = ()
    tables: Sequence[Table] = ()
    failures: Sequence[Failure] = ()


def embedded(plot: Plot, svg: bytes) -> dict[str, str]:
    """A figure as the template wants it, its drawing as a data address."""
    return {
        "name": plot.name,
        "title": plot.title,
        "caption": plot.caption,
        "alt": plot.alt,
        "source": f"data:image/svg+xml;base64,{base64.b64encode(svg).decode('ascii')}",
    }


def page(
    headline: Sequence[Headline], findings: Sequence[Finding | Failure], chapters: Sequence[Chapter], stamp: str
) -> str:
    """Text of the page.

    Args:
        headline: (label, value, what it is compared with) of the numbers at the top.
        findings: results in words.
        chapters: in reading order.
        stamp: versions and date, for the foot.
    """
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.j2")
    return template.render(headline=headline, findings=findings, chapters=chapters, stamp=stamp)
