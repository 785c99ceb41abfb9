"""A page of the report and its chapters: what is on it, not how it looks (`reports.site` writes it)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reports.attempt import Failure
from reports.section import Finding, Headline

if TYPE_CHECKING:
    from reports.figures.plot import Picture
    from reports.tables.table import Table

Group = Literal["overview", "circuits", "experiments", "evidence"]
"""Part of the navigation that a page stands in."""


@dataclass(frozen=True)
class Chapter:
    """Chapter of a page.

    Attributes:
        name: identifier, also the anchor on the page.
        title, intro: heading and the text below it.
        pictures, tables: in reading order.
        failures: parts of the chapter that raised.
        findings: sentences under a heading each; under "" they have none of their own.
        links: pages that the chapter points to, by path, in words.
        on_paper: whether the page for print repeats it.
    """

    name: str
    title: str
    intro: str
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    failures: Sequence[Failure] = ()
    findings: Mapping[str, Sequence[Finding | Failure]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    on_paper: bool = True


@dataclass(frozen=True)
class Page:
    """Page of the report.

    Attributes:
        path: relative to the report's folder, with ``/``.
        title, intro: heading and the text below it.
        group: part of the navigation.
        label: its entry there; empty: the title.
        summaries, headline: a few sentences, and a few numbers, before the chapters.
    """

    path: str
    title: str
    intro: str
    chapters: Sequence[Chapter] = ()
    group: Group = "experiments"
    label: str = ""
    summaries: Sequence[str | Failure] = ()
    headline: Sequence[Headline] = ()

    @property
    def failures(self) -> list[Failure]:
        """Every part of the page that raised, in its place there."""
        said = [one for c in self.chapters for group in c.findings.values() for one in group]
        named = [one for one in (*self.summaries, *said) if isinstance(one, Failure)]
        return [*named, *(failure for chapter in self.chapters for failure in chapter.failures)]

    @property
    def root(self) -> str:
        """Path of the report's folder as seen from the page."""
        return "../" * self.path.count("/")

    @property
    def has_charts(self) -> bool:
        """Whether a figure of the page is a chart too."""
        return any(picture.chart is not None for chapter in self.chapters for picture in chapter.pictures)
