"""The report: one run of everything, as pages, figures and tables in one folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ipcircuit.files import staged_directory
from ipcircuit.spice.jobs import Progress
from reports.attempt import Failure
from reports.ledger.evaluate import judge, select
from reports.ledger.record import Ledger, ledgers
from reports.page import Page
from reports.section import Run
from reports.site.circuits import curve_points
from reports.site.folder import check_folder, clear, mark
from reports.site.pages import Material, pages
from reports.site.parts import compute
from reports.site.render import write_site
from reports.site.scope import Scope, scope_of
from reports.site.scripts import vega


@dataclass(frozen=True)
class Report:
    """A written report.

    Attributes:
        index: path of the first page; beside it the others, ``figures/*.svg, *.png`` and ``tables/*.csv, *.json``.
        failures: parts that raised; the pages name each in its place.
    """

    index: Path
    failures: tuple[Failure, ...]


def write_report(
    output: Path,
    *,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    runs: Path | None = None,
    only: Sequence[str] = (),
) -> Report:
    """Simulate everything, or what `only` names, and write the report.

    Args:
        output: folder, new, empty, or a report's; files of an earlier report in it are replaced, others stay.
        n_jobs: simulations at a time.
        progress: called with (done, total) parts; the pages are one, the last.
        runs: folder of stored network runs; default the ones that come with the package.
        only: circuits (also from a user's file) and sections, by name; default all.

    Raises:
        InputError: the folder cannot be written or holds something else, an unknown name, or a ledger is bad (before
            anything is simulated).
    """
    scope, papers = scope_of(only), ledgers()
    check_folder(Path(output), only)
    with staged_directory(output) as folder:
        failures = _write(folder, Run(n_jobs, runs), papers, progress, scope)
        mark(folder, only)
        written = [entry.name for entry in folder.iterdir()]
    clear(Path(output), written)
    return Report(Path(output) / "index.html", tuple(failures))


def _write(folder: Path, run: Run, papers: Sequence[Ledger], progress: Progress | None, scope: Scope) -> list[Failure]:
    def show(done: int, of: int) -> None:
        if progress is not None:
            progress(done, of + 1)  # the pages themselves are the last

    show(0, 0)
    start = time.perf_counter()
    rows = [(ledger, claim) for ledger, claim in select(papers) if scope.whole or scope.evaluates(claim.function)]
    functions = [claim.function for _, claim in rows if claim.function]
    with ThreadPoolExecutor(1) as beside:
        beside.submit(vega)  # needed at the end; this process only waits meanwhile
        circuits, sections, answers = compute(run, functions, show, scope.circuits, scope.sections)
    seconds = time.perf_counter() - start
    cited = [paper for paper in papers if any(paper is ledger for ledger, _ in rows)]
    made = pages(Material(circuits, sections, judge(rows, answers), cited, seconds, scope.names))
    write_site(folder, made, [curve_points(circuits.curves)], _stamp(made))
    return [failure for page in made for failure in page.failures]


def _stamp(made: Sequence[Page]) -> str:
    """Versions and date in one line."""
    tables = [table for page in made for chapter in page.chapters for table in chapter.tables]
    versions = next((table.rows for table in tables if table.name == "versions"), [])
    return ", ".join(f"{row['what']} {row['version']}" for row in versions)
