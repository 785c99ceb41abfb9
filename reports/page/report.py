"""The report: one run of everything, as a page, figures and tables in one folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from joblib import Parallel, delayed

from energy.characterize import Characterization
from ipcircuit.families import CIRCUITS, SECTIONS
from ipcircuit.files import staged_directory, write_bytes_atomic, write_text_atomic
from ipcircuit.spice.jobs import Progress
from reports.figures import style
from reports.figures.plot import Plot
from reports.ledger.evaluate import VERDICTS, Evaluation, evaluate
from reports.ledger.record import ledgers
from reports.page.attempt import Failure, attempt
from reports.page.context import RunContext
from reports.page.html import Chapter, embedded, page
from reports.section import Finding, Headline, Section
from reports.tables import claims, comparison, cost, curves, provenance, run
from reports.tables.table import Table


@dataclass(frozen=True)
class Report:
    """A written report.

    Attributes:
        index: path of the page; beside it ``figures/*.svg, *.png`` and ``tables/*.csv, *.json``.
        failures: parts that raised; the page names each in its place.
    """

    index: Path
    failures: tuple[Failure, ...]


def write_report(
    output: Path, *, n_jobs: int | None = None, progress: Progress | None = None, runs: Path | None = None
) -> Report:
    """Simulate everything and write the report.

    Args:
        output: folder, new or existing; files of an earlier report in it are replaced, others stay.
        n_jobs: simulations at a time.
        progress: called with (done, total), in hundredths of a stage.
        runs: folder of stored network runs; default the ones that come with the package.

    Raises:
        InputError: the folder cannot be written, or a ledger is bad (before anything is simulated).
    """
    ledgers()
    with staged_directory(output) as folder:
        stages = _Stages(progress)
        failures = _write(folder, RunContext(n_jobs, stages.within, runs), stages)
    return Report(Path(output) / "index.html", failures)


@dataclass
class _Stages:
    """Runs the stages one after the other, timing each; what they find is in the context."""

    progress: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)
    total: int = 1
    shown: int = 0

    def run(self, stages: dict[str, Callable[[], object]]) -> None:
        """Run and time every stage."""
        self.total = len(stages) + 1  # the page itself is the last one
        for name, work in stages.items():
            self.within(0, 1)
            start = time.perf_counter()
            attempt(name, work)
            self.seconds[name] = time.perf_counter() - start

    def within(self, done: int, of: int) -> None:
        """Report progress within the running stage; the bar never goes back, although a stage has several batches."""
        self.shown = max(self.shown, round(100 * (len(self.seconds) + done / max(of, 1))))
        if self.progress is not None:
            self.progress(self.shown, 100 * self.total)


@dataclass
class _Parts:
    """Everything a section has computed."""

    section: Section
    plots: list[Plot | Failure] = field(default_factory=list)
    tables: list[Table | Failure] = field(default_factory=list)
    findings: list[Finding | Failure] = field(default_factory=list)
    headline: list[Headline | Failure] = field(default_factory=list)
    parameters: list[provenance.Owned] | Failure = field(default_factory=list)


def _write(folder: Path, context: RunContext, stages: _Stages) -> tuple[Failure, ...]:
    circuits, files, parts = CIRCUITS.names(), dict[str, bytes](), list[_Parts]()
    stages.run(
        {
            **{f"operation of {c}": lambda c=c: context.characterization(c) for c in circuits},
            "curves of all circuits": lambda: context.check_all(circuits),
            "bare junction": lambda: context.device,
            "figures and tables": lambda: _compute(context, parts, files),
        }
    )
    results = evaluate(cast(Any, context))
    costs = {c: context.characterization(c) for c in circuits}
    general = _general_chapters(costs, {c: context.checks(c) for c in circuits}, parts, results, stages.seconds)
    chapters = [_chapter(part, files) for part in parts] + general
    points = curves.curve_points({c: context.checks(c) for c in circuits})
    _write_files(folder, files, [*(table for chapter in chapters for table in chapter.tables), points])
    versions = run.versions(costs)
    stamp = ", ".join(f"{row['what']} {row['version']}" for row in versions.rows)
    numbers = [number for part in parts for number in part.headline]
    said = [ledger_finding(results), *(finding for part in parts for finding in part.findings)]
    shown = [n for n in numbers if not isinstance(n, Failure)]
    text = page([*shown, ledger_headline(results)], said, chapters, stamp)
    write_text_atomic(folder / "index.html", text)
    failed = [item for item in [*numbers, *said] if isinstance(item, Failure)]
    return (*failed, *(failure for chapter in chapters for failure in chapter.failures))


def ledger_finding(results: Evaluation) -> Finding:
    """Counts of the ledger by verdict."""
    predicted = results.with_evidence("predicted")
    counts = ", ".join(f"{results.counts[v]} {v}" for v in VERDICTS if results.counts[v])
    differing = ", ".join(row.id for row in predicted if row.verdict == "differs")
    judged = predicted.counts["reproduced"] + predicted.counts["differs"]
    return Finding(
        f"{predicted.counts['reproduced']} of {judged} predictions agree with the published figure",
        "A prediction is a figure that nothing was fitted to, that is no input read back and no arithmetic. "
        + (f"Different, each with its reason in the ledger: {differing}. " if differing else "")
        + f"All {len(results)} rows of the ledger, whatever their evidence: {counts}.",
    )


def ledger_headline(results: Evaluation) -> Headline:
    """Predictions that agree, beside all rows."""
    predicted = results.with_evidence("predicted").counts
    beside = f"{predicted['differs']} differ; fits, inputs and arithmetic are not counted"
    return "Published figures predicted", f"{predicted['reproduced']} reproduced", beside


def _general_chapters(
    costs: cost.Costs,
    compared: curves.Curves,
    parts: Sequence[_Parts],
    results: Evaluation,
    seconds: dict[str, float],
) -> list[Chapter]:
    """Chapters about all circuits, claims and parameters."""
    papers = ledgers()
    owned = [item for part in parts if not isinstance(part.parameters, Failure) for item in part.parameters]
    owned += [*provenance.variations(), *provenance.accounting(list[Characterization](costs.values()))]
    return [
        Chapter(
            "curves",
            "Circuits and compact models",
            "The compact model is what a network trains with; here it stands beside the circuit that it replaces.",
            tables=[curves.checks(compared)],
        ),
        Chapter(
            "cost",
            "Energy and area",
            "Three accounting scopes: what the source counts, all of the circuit, and the system around it.",
            tables=[cost.by_scope(costs), cost.energy_breakdown(costs), cost.area_breakdown(costs)],
        ),
        Chapter(
            "comparison",
            "Memory energy beside GPU and digital",
            "The energy of one neuron carried up to a network's sample.",
            tables=[comparison.systems(costs)],
        ),
        Chapter(
            "claims",
            "Published and reproduced",
            "The claims ledgers, and how open points of the papers were settled.",
            tables=[claims.ledger(results, papers), claims.decisions(papers)],
        ),
        Chapter(
            "parameters",
            "Parameters and assumptions",
            "Where every number comes from; what is assumed stands first.",
            tables=[provenance.assumed(owned), provenance.sourced(owned)],
            failures=[part.parameters for part in parts if isinstance(part.parameters, Failure)],
        ),
        Chapter(
            "run",
            "This run",
            "Conditions, versions, and time.",
            tables=[run.conditions(costs), run.versions(costs), run.timings(seconds)],
        ),
    ]


def _compute(context: RunContext, parts: list[_Parts], files: dict[str, bytes]) -> None:
    """Every part of every section; figures are rendered side by side into `files`."""

    def each(kind: str, section: Section, makers: Sequence[Callable[[Any], Any]]) -> list[Any]:
        names = [f"{kind} {getattr(make, '__name__', '')} of {section.name}" for make in makers]
        return [attempt(name, lambda m=make: m(context)) for name, make in zip(names, makers, strict=True)]

    for section in map(SECTIONS.load, SECTIONS.names()):
        part = _Parts(section)
        with style.style():
            part.plots = each("figure", section, section.figures)
        part.tables = each("table", section, section.tables)
        part.findings = each("finding", section, section.findings)
        part.headline = each("number", section, section.headline)
        owned = section.parameters
        if owned is not None:
            part.parameters = attempt(f"parameters of {section.name}", lambda o=owned: list(o(cast(Any, context))))
        parts.append(part)
    drawn = [plot for part in parts for plot in part.plots if isinstance(plot, Plot)]
    rendered = Parallel(n_jobs=context.processes)(delayed(style.render)(plot.figure) for plot in drawn)
    for plot, kinds in zip(drawn, cast("list[dict[str, bytes]]", rendered), strict=True):
        files.update({f"{plot.name}.{kind}": data for kind, data in kinds.items()})


def _chapter(part: _Parts, files: dict[str, bytes]) -> Chapter:
    plots = [plot for plot in part.plots if isinstance(plot, Plot)]
    return Chapter(
        part.section.name,
        part.section.title,
        part.section.intro,
        [embedded(plot, files[f"{plot.name}.svg"]) for plot in plots],
        [table for table in part.tables if isinstance(table, Table)],
        [item for item in (*part.plots, *part.tables) if isinstance(item, Failure)],
    )


def _write_files(folder: Path, figures: dict[str, bytes], tables: list[Table]) -> None:
    for name in ("figures", "tables"):
        (folder / name).mkdir()
    for name, data in figures.items():
        write_bytes_atomic(folder / "figures" / name, data)
    for table in tables:
        table.write(folder / "tables")
