"""Chapters about all circuits, claims and parameters, whatever the families."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reports.attempt import Failure, attempt
from reports.figures.plot import Picture
from reports.ledger.evaluate import VERDICTS, Evaluation
from reports.ledger.record import Ledger
from reports.section import Finding, Headline
from reports.site import circuits as tables
from reports.site import claims, provenance, run
from reports.site.parts import CircuitParts, SectionParts, sound
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


def general_chapters(
    circuits: CircuitParts,
    sections: Sequence[SectionParts],
    results: Evaluation,
    papers: Sequence[Ledger],
    seconds: Mapping[str, float],
) -> list[Chapter]:
    """In reading order; a table that raises is a failure of its chapter."""
    costs = circuits.costs
    owned = [item for part in sections if not isinstance(part.parameters, Failure) for item in part.parameters]

    def parameters() -> list[provenance.Owned]:
        return [*owned, *provenance.variations(), *provenance.accounting(costs)]

    return [
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
        _chapter(
            "claims",
            "Published and reproduced",
            "The claims ledgers, and how open points of the papers were settled.",
            lambda: claims.ledger(results, papers),
            lambda: claims.decisions(papers),
        ),
        _chapter(
            "parameters",
            "Parameters and assumptions",
            "Where every number comes from; what is assumed stands first.",
            lambda: provenance.assumed(parameters()),
            lambda: provenance.sourced(parameters()),
            failures=[part.parameters for part in sections if isinstance(part.parameters, Failure)],
        ),
        _chapter(
            "run",
            "This run",
            "Conditions, versions, and time.",
            lambda: run.conditions(costs),
            lambda: run.versions(costs),
            lambda: run.timings(seconds, {part.section: part.seconds for part in sections}),
        ),
    ]


def _chapter(
    name: str, title: str, intro: str, *tables: Callable[[], Table], failures: Sequence[Failure] = ()
) -> Chapter:
    made = [attempt(f"table of {title.lower()}", table) for table in tables]
    failed = [table for table in made if isinstance(table, Failure)]
    return Chapter(name, title, intro, (), sound(made), [*failures, *failed])


def section_chapter(parts: SectionParts) -> Chapter:
    """A section as a chapter."""
    return Chapter(parts.section, parts.title, parts.intro, sound(parts.pictures), sound(parts.tables), parts.failures)


def ledger_finding(results: Evaluation) -> Finding:
    """Predictions that agree; all rows by verdict beside them."""
    predicted = results.with_evidence("predicted")
    agree, differ = predicted.counts["reproduced"], predicted.counts["differs"]
    differing = ", ".join(row.id for row in predicted if row.verdict == "differs")
    counts = ", ".join(f"{results.counts[v]} {v}" for v in VERDICTS if results.counts[v])
    return Finding(
        f"{agree} of {agree + differ} predictions agree with the published figure",
        "A prediction rests on nothing that was fitted to it; inputs, fits and arithmetic are not counted. "
        + (f"Different, each with its reason in the ledger: {differing}. " if differing else "")
        + f"All {len(results)} rows of the ledgers, whatever their evidence: {counts}.",
    )


def ledger_headline(results: Evaluation) -> Headline:
    """The same as one number."""
    predicted = results.with_evidence("predicted").counts
    beside = f"{predicted['differs']} differ; inputs, fits and arithmetic are not counted"
    return "Published figures predicted", f"{predicted['reproduced']} reproduced", beside
