"""The report's pages, from what circuits and sections computed; no family is known by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reports.attempt import Failure, attempt
from reports.datasheet.pages import datasheets
from reports.ledger.evaluate import Evaluation
from reports.ledger.record import Ledger
from reports.names import file_name, named
from reports.page import Chapter, Page
from reports.site import circuits as tables
from reports.site import claims, provenance, run
from reports.site.overview.page import overview
from reports.site.parts import CircuitParts, SectionParts, sound
from reports.tables.table import Table


@dataclass(frozen=True)
class Material:
    """Everything that pages are made of.

    Attributes:
        results, papers: of the claims' ledgers.
        seconds: wall time of circuits and sections.
        only: names that the report is limited to.
    """

    circuits: CircuitParts
    sections: Sequence[SectionParts]
    results: Evaluation
    papers: Sequence[Ledger]
    seconds: float
    only: Sequence[str] = ()


def pages(material: Material) -> list[Page]:
    """All of them, in reading order: overview, circuits, experiments, evidence."""
    sections = sorted(material.sections, key=lambda part: part.summary is None)  # those that open the report first
    first, *others = [
        overview(material, sections),
        comparison(material),
        *_datasheets(material),
        *(_experiment(part) for part in sections),
        _claims(material),
        _parameters(material),
        _run(material),
    ]
    known = [_without_gaps(first), *(page for page in map(_without_gaps, others) if page.chapters or page.summaries)]
    return named(known, taken=[tables.curve_points({}).name])


def _without_gaps(page: Page) -> Page:
    """Without chapters that have nothing to show, as in a report of a part."""
    known = [c for c in page.chapters if c.failures or c.pictures or c.findings or any(t.rows for t in c.tables)]
    return replace(page, chapters=known)


def _datasheets(material: Material) -> list[Page]:
    circuits = material.circuits
    return datasheets(circuits.sheets, circuits.costs, circuits.curves, material.results, material.papers)


def comparison(material: Material) -> Page:
    """All circuits side by side."""
    circuits, costs = material.circuits, material.circuits.costs
    return Page(
        "circuits/index.html",
        "All circuits side by side",
        "Cost in three accounting scopes, agreement with the compact models, and memory energy beside other systems.",
        [
            _chapter(
                "curves",
                "Circuits and compact models",
                "The compact model is what a network trains with; here it stands beside the circuit that it replaces.",
                lambda: tables.checks(circuits.curves),
                failures=circuits.failures,
            ),
            _chapter(
                "cost",
                "Energy and area",
                "Three accounting scopes: what the source counts, all of the circuit, and the system around it.",
                lambda: tables.by_scope(costs),
                lambda: tables.energy_breakdown(costs),
                lambda: tables.area_breakdown(costs),
            ),
            _chapter(
                "comparison",
                "Memory energy beside GPU and digital",
                "The energy of one neuron carried up to a network's sample.",
                lambda: tables.comparison(costs),
                tables.crossover,
            ),
        ],
        "circuits",
        "Side by side",
    )


def _experiment(parts: SectionParts) -> Page:
    """A section as a page: its findings, then figures and tables."""
    chapters: list[Chapter] = []
    if parts.findings:
        chapters.append(Chapter("findings", "Findings", "", findings={"": parts.findings}))
    if parts.pictures:
        failed = [one for one in parts.pictures if isinstance(one, Failure)]
        chapters.append(Chapter("figures", "Figures", "", sound(parts.pictures), failures=failed))
    if parts.tables:
        failed = [one for one in parts.tables if isinstance(one, Failure)]
        chapters.append(Chapter("tables", "Tables", "", (), sound(parts.tables), failures=failed))
    return Page(
        f"experiments/{file_name(parts.section)}.html",
        parts.title,
        parts.intro,
        chapters,
        "experiments",
        summaries=() if parts.summary is None else [parts.summary],
        headline=sound(parts.headline),
    )


def _claims(material: Material) -> Page:
    tables = [table for part in material.sections for table in sound(part.tables)]
    return Page(
        "claims.html",
        "Published and reproduced",
        "The claims ledgers: every published figure beside ours, and how open points of the papers were settled.",
        [
            _chapter("claims", "Claims", "", lambda: claims.ledger(material.results, material.papers, tables)),
            _chapter("decisions", "Decisions", "", lambda: claims.decisions(material.papers)),
        ],
        "evidence",
        "Claims",
    )


def _parameters(material: Material) -> Page:
    owned = [part.parameters for part in material.sections]

    def parameters() -> list[provenance.Owned]:
        known = [item for part in owned if not isinstance(part, Failure) for item in part]
        return [*known, *provenance.variations(), *provenance.accounting(material.circuits.costs)]

    return Page(
        "parameters.html",
        "Parameters and assumptions",
        "Where every number comes from; what is assumed stands first.",
        [
            _chapter(
                "assumed",
                "Assumed",
                "",
                lambda: provenance.assumed(parameters()),
                failures=[part for part in owned if isinstance(part, Failure)],
            ),
            _chapter("sourced", "With a source", "", lambda: provenance.sourced(parameters())),
        ],
        "evidence",
    )


def _run(material: Material) -> Page:
    costs, sections = material.circuits.costs, material.sections
    return Page(
        "run.html",
        "This run",
        "Conditions, versions, and time.",
        [
            _chapter("conditions", "Conditions", "", lambda: run.conditions(costs)),
            _chapter("versions", "Versions", "", lambda: run.versions(costs)),
            _chapter(
                "time",
                "Time",
                "",
                lambda: run.timings(material.seconds, {part.section: part.seconds for part in sections}),
            ),
        ],
        "evidence",
    )


def _chapter(
    name: str, title: str, intro: str, *tables: Callable[[], Table], failures: Sequence[Failure] = ()
) -> Chapter:
    """A chapter of tables; one that raises is a failure of the chapter."""
    made = [attempt(f"table of {title.lower()}", table) for table in tables]
    failed = [table for table in made if isinstance(table, Failure)]
    return Chapter(name, title, intro, (), sound(made), [*failures, *failed])
