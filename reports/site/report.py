"""The report: one run of everything, as a page, figures and tables in one folder."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from ipcircuit.files import staged_directory, write_bytes_atomic, write_text_atomic
from ipcircuit.spice.jobs import Progress
from reports.attempt import Failure
from reports.figures.explorable import RULES
from reports.figures.plot import Picture
from reports.ledger.evaluate import judge, select
from reports.ledger.record import Ledger, ledgers
from reports.section import Finding, Headline, Run
from reports.site.chapters import Chapter, general_chapters, ledger_finding, ledger_headline, section_chapter
from reports.site.circuits import curve_points
from reports.site.folder import check_folder, mark
from reports.site.parts import circuit_parts, section_parts, sound
from reports.site.scope import Scope, scope_of
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
        progress: called with (done, total), in hundredths of a stage.
        runs: folder of stored network runs; default the ones that come with the package.
        only: circuits (also from a user's file) and sections, by name; default all.

    Raises:
        InputError: the folder cannot be written or holds something else, an unknown name, or a ledger is bad (before
            anything is simulated).
    """
    scope, papers = scope_of(only), ledgers()
    check_folder(Path(output), only)
    with staged_directory(output) as folder:
        failures = _write(folder, Run(n_jobs, runs), papers, _Stages(progress), scope)
        mark(folder, only)
    return Report(Path(output) / "index.html", tuple(failures))


@dataclass
class _Stages:
    """Wall time of each stage, and progress over all of them."""

    progress: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)
    total: int = 3  # the page itself is the last one

    @contextmanager
    def stage(self, name: str):
        """Time a stage; gives its own progress callback."""
        start = time.perf_counter()
        self._show(0, 1)
        yield self._show
        self.seconds[name] = time.perf_counter() - start

    def _show(self, done: int, of: int) -> None:
        if self.progress is not None:
            self.progress(round(100 * (len(self.seconds) + 0.99 * done / of)), 100 * self.total)


def _write(folder: Path, run: Run, papers: Sequence[Ledger], stages: _Stages, scope: Scope) -> list[Failure]:
    rows = [(ledger, claim) for ledger, claim in select(papers) if scope.whole or scope.evaluates(claim.function)]
    with stages.stage("circuits") as show:
        circuits = circuit_parts(run, show, scope.circuits)
    with stages.stage("sections") as show:
        functions = [claim.function for _, claim in rows if claim.function]
        sections, answers = section_parts(run, functions, show, scope.sections)
    results = judge(rows, answers)
    counted = [results] if results else []
    cited = [paper for paper in papers if any(paper is ledger for ledger, _ in rows)]
    general = general_chapters(circuits, sections, results, cited, stages.seconds)
    general = [part for part in general if part.failures or any(table.rows for table in part.tables)]
    summaries = [part.summary for part in sections if part.summary is not None]
    opening = [section_chapter(part) for part in sections if part.summary is not None]
    others = [*(section_chapter(part) for part in sections if part.summary is None), *general]
    chapters = [*opening, *others]
    headline = [*(number for part in sections for number in part.headline), *map(ledger_headline, counted)]
    findings = [*map(ledger_finding, counted), *(finding for part in sections for finding in part.findings)]
    tables = [table for chapter in chapters for table in chapter.tables]
    _write_files(folder, sound(p for part in sections for p in part.pictures), [*tables, curve_points(circuits.curves)])
    versions = next((table.rows for table in tables if table.name == "versions"), [])
    stamp = ", ".join(f"{row['what']} {row['version']}" for row in versions)
    top = Top(summaries, sound(headline), opening, findings)
    write_text_atomic(folder / "index.html", page(top, others, stamp))
    failed = [item for item in (*summaries, *headline, *findings) if isinstance(item, Failure)]
    return [*failed, *(failure for chapter in chapters for failure in chapter.failures)]


def _write_files(folder: Path, pictures: Sequence[Picture], tables: Sequence[Table]) -> None:
    for name in ("figures", "tables"):
        (folder / name).mkdir()
    for picture in pictures:
        for ending, data in picture.files.items():
            write_bytes_atomic(folder / "figures" / f"{picture.name}.{ending}", data)
    for table in tables:
        table.write(folder / "tables")


@dataclass(frozen=True)
class Top:
    """What stands before the other chapters, in this order."""

    summaries: Sequence[str | Failure]
    headline: Sequence[Headline]
    opening: Sequence[Chapter]
    findings: Sequence[Finding | Failure]


def page(top: Top, chapters: Sequence[Chapter], stamp: str) -> str:
    """The page: one HTML file that needs no other file, no script and no network; versions and date at its foot."""
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_address"] = _data_address
    template = environment.get_template("report.html.j2")
    return template.render(top=top, chapters=chapters, stamp=stamp, explore_rules=_explore_rules(top, chapters))


def _explore_rules(top: Top, chapters: Sequence[Chapter]) -> str:
    """Style rules of the figures that can be explored."""
    pictures = [picture for chapter in (*top.opening, *chapters) for picture in chapter.pictures]
    rules = [picture.explorable.rules(picture.name) for picture in pictures if picture.explorable]
    return "\n".join([RULES, *rules] if rules else ())


def _data_address(picture: Picture) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.files['svg']).decode('ascii')}"
