"""The overview: what is compared, accuracy against energy, all circuits, and what the run says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ipcircuit.families import COSTINGS
from ipcircuit.kept import kept
from reports.attempt import Failure, attempt
from reports.datasheet.overview import circuits_table
from reports.datasheet.pages import path_of
from reports.figures.plot import Picture, Plot, pictures
from reports.ledger.evaluate import VERDICTS, Evaluation
from reports.page import Chapter, Page
from reports.prose import Prose
from reports.section import Finding, Headline
from reports.site.overview import breakdown, figure
from reports.site.parts import CircuitParts, SectionParts, drawn_by, sound

if TYPE_CHECKING:
    from reports.site.pages import Material

PROSE = Prose(__file__)


def overview(material: Material, sections: Sequence[SectionParts]) -> Page:
    """Summary and headline numbers on top, then chapters."""
    headline = [number for part in sections for number in part.headline]
    results = [material.results] if material.results else []
    chapters = [_compared(), _accuracy(sections), _circuits(material.circuits), _findings(results, sections, headline)]
    return Page(
        "index.html",
        "From netlist to memory energy",
        "Neurons of emerging devices, simulated in ngspice: what one operation costs, whether the compact model that a "
        "network uses follows the circuit, and what a network then costs beside a GPU.",
        [c for c in chapters if c.pictures or c.tables or c.findings or c.failures],
        "overview",
        "Overview",
        [*_limits(material.only), *(part.summary for part in sections if part.summary is not None)],
        [*sound(headline), *map(_ledger_headline, results)],
    )


def _limits(only: Sequence[str]) -> list[str]:
    """What a report of a part says first."""
    said = f"This report is of {', '.join(only)} only; without --only it has all circuits and experiments."
    return [said] if only else []


def _compared() -> Chapter:
    """Scopes in words, and every comparison that the families bring."""
    rows = [{"comparison": entry.name, "what": entry.summary} for entry in COSTINGS.entries()]
    said = PROSE.finding("compared")
    return Chapter("compared", said.title, said.text, tables=[PROSE.table("comparisons", rows)] if rows else ())


def _accuracy(sections: Sequence[SectionParts]) -> Chapter:
    """Figures that sections have for the overview."""
    pictures = [picture for part in sections for picture in part.overview]
    return Chapter(
        "accuracy",
        "Accuracy against energy",
        "What each family of networks reaches at which energy per sample. Higher and further left is better.",
        sound(pictures),
        failures=[one for one in pictures if isinstance(one, Failure)],
    )


def _circuits(circuits: CircuitParts) -> Chapter:
    """All circuits in two figures and one table."""
    costs = circuits.costs
    if not figure.rows_of(costs):
        return Chapter("all-circuits", "All circuits", "")
    made = [
        _drawn("figure of all circuits", figure.rows_of(costs), figure.all_circuits),
        _drawn("figure of all circuits' parts", breakdown.rows_of(costs), breakdown.breakdown),
    ]
    drawn = [one for one in made if one is not None]
    table = attempt("table of all circuits", lambda: circuits_table(circuits.sheets, costs, circuits.curves))
    return Chapter(
        "all-circuits",
        "All circuits",
        "One row per circuit, under its default conditions; each has a page of its own.",
        sound(drawn),
        sound([table]),
        failures=[one for one in (*drawn, table) if isinstance(one, Failure)],
        links={path_of(name): f"{name}: datasheet" for name in circuits.sheets if name in costs},
    )


def _drawn(title: str, rows: Sequence[Mapping[str, Any]], draw: Callable[..., Plot]) -> Picture | Failure | None:
    """A figure of rows, from the cache where it holds that of the same rows; None of no rows."""

    def picture() -> Picture:
        [drawn] = pictures(lambda: [draw(rows)])
        return drawn

    return attempt(title, lambda: kept(title, picture, rows, drawn_by())) if rows else None


def _findings(
    results: Sequence[Evaluation], sections: Sequence[SectionParts], headline: Sequence[Headline | Failure]
) -> Chapter:
    findings: dict[str, Sequence[Finding | Failure]] = {
        "Published and reproduced": [_ledger_finding(one) for one in results],
        **{part.title: part.findings for part in sections},
    }
    return Chapter(
        "findings",
        "Findings",
        "What this run says, in sentences written from its numbers; each experiment has a page.",
        failures=[number for number in headline if isinstance(number, Failure)],
        findings={title: said for title, said in findings.items() if said},
    )


def _ledger_finding(results: Evaluation) -> Finding:
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


def _ledger_headline(results: Evaluation) -> Headline:
    """The same as one number."""
    predicted = results.with_evidence("predicted").counts
    beside = f"{predicted['differs']} differ; inputs, fits and arithmetic are not counted"
    return "Published figures predicted", f"{predicted['reproduced']} reproduced", beside
