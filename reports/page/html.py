"""The page: one HTML file that needs no other file, no script and no network."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.attempt import Failure
from reports.figures.plot import Picture
from reports.section import Finding, Headline
from reports.tables.table import Table


@dataclass(frozen=True)
class Chapter:
    """Chapter of the page; `failures` are the figures and tables that raised."""

    name: str
    title: str
    intro: str
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    failures: Sequence[Failure] = ()


def _data_address(picture: Picture) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.files['svg']).decode('ascii')}"


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
    environment.filters["data_address"] = _data_address
    template = environment.get_template("report.html.j2")
    return template.render(headline=headline, findings=findings, chapters=chapters, stamp=stamp)
