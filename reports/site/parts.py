"""Everything that the report is made of, computed in worker processes: costs and curves of circuits, then sections."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import metadata
from operator import call
from typing import Any, TypeVar

from ipcircuit.families import BUILT_IN, CIRCUITS, SECTIONS, Entry
from ipcircuit.kept import kept
from ipcircuit.spice.jobs import Progress, simulator_build
from reports import simulated
from reports.attempt import Failure, attempt
from reports.datasheet.sheet import Sheet, sheet_of
from reports.figures.plot import Picture, Plot, pictures
from reports.ledger.evaluate import Answer, answers, by_package
from reports.section import Finding, Headline, Run, Section
from reports.site.circuits import CircuitCost, Costs, Curves
from reports.site.keeping import keep, of_circuit, of_sections, recalled
from reports.site.provenance import Owned
from reports.tables.table import Table
from reports.workers import side_by_side

_T = TypeVar("_T")


@dataclass(frozen=True)
class CircuitParts:
    """Cost record, transfer curves and datasheet of every circuit, by name; what failed is in `failures` instead."""

    costs: Costs
    curves: Curves
    failures: Sequence[Failure]
    sheets: Mapping[str, Sheet] = field(default_factory=dict)


@dataclass(frozen=True)
class SectionParts:
    """What a section has computed; a part that raised is its failure.

    Attributes:
        summary: of an opening chapter; None of the others.
        overview: figures for the overview, which are not on the section's own page.
        seconds: that it took in its process.
    """

    section: str
    title: str
    intro: str
    pictures: Sequence[Picture | Failure] = ()
    tables: Sequence[Table | Failure] = ()
    findings: Sequence[Finding | Failure] = ()
    headline: Sequence[Headline | Failure] = ()
    parameters: Sequence[Owned] | Failure = ()
    summary: str | Failure | None = None
    overview: Sequence[Picture | Failure] = ()
    seconds: float = 0.0

    @property
    def failures(self) -> list[Failure]:
        """Figures and tables that raised."""
        return _failed((*self.pictures, *self.tables))

    def is_whole(self) -> bool:
        """Whether nothing of it raised."""
        others = (*self.findings, *self.headline, *self.overview, self.parameters, self.summary)
        return not self.failures and not _failed(others)


def sound(parts: Iterable[_T | Failure]) -> list[_T]:
    """Those that did not fail."""
    return [part for part in parts if not isinstance(part, Failure)]


def compute(
    run: Run,
    functions: Iterable[str] = (),
    progress: Progress | None = None,
    circuits: Sequence[str] | None = None,
    sections: Sequence[str] | None = None,
) -> tuple[CircuitParts, list[SectionParts], dict[str, Answer | Failure]]:
    """All circuits and sections, or those named, and the answers of the claims' functions, in worker processes.

    Curves and costs come first, as the rest is made of them; nothing else waits. The sections and functions of one
    package are computed in one process, for they share what they compute.
    """
    names = CIRCUITS.names() if circuits is None else circuits
    entries = [entry for entry in SECTIONS.entries() if sections is None or entry.name in sections]
    single = [(kind, name) for kind in ("curves", "cost", "sheet") for name in names]
    packages = _packages(entries, functions)
    tasks = [partial(_circuit_part, *task, run.shared(len(single))) for task in single]
    tasks += [partial(_package_parts, *task, run.shared(len(packages))) for task in packages]
    known = [recalled(_title(*task), of_circuit(task[1])) for task in single]
    known += [_recalled_package(*task, run) for task in packages]
    found = _side_by_side(tasks, known, run.processes, progress)
    by_section = {part.section: part for parts, _ in found[len(single) :] for part in parts}
    answered = {function: answer for _, answers in found[len(single) :] for function, answer in answers.items()}
    return (
        _circuit_parts(names, dict(zip(single, found, strict=False))),
        [by_section[entry.name] for entry in entries],
        answered,
    )


def _circuit_parts(names: Sequence[str], found: Mapping[tuple[str, str], Any]) -> CircuitParts:
    def sound_ones(kind: str) -> dict[str, Any]:
        return {name: found[kind, name] for name in names if not isinstance(found[kind, name], Failure)}

    return CircuitParts(sound_ones("cost"), sound_ones("curves"), _failed(found.values()), sound_ones("sheet"))


def _packages(entries: Iterable[Entry], functions: Iterable[str]) -> list[tuple[list[str], list[str]]]:
    """Sections and claims' functions of each package."""
    claimed = by_package(functions)
    named: dict[str, list[str]] = {package: [] for package in claimed}
    for entry in entries:
        named.setdefault(entry.target.partition(":")[0].rpartition(".")[0], []).append(entry.name)
    return [(names, claimed.get(package, [])) for package, names in named.items()]


def _side_by_side(
    tasks: Sequence[Callable[[], Any]], known: Sequence[Any | None], processes: int, progress: Progress | None
) -> list[Any]:
    """Results of tasks in their order; those that are known are not worked on."""
    open_tasks = [(task,) for task, result in zip(tasks, known, strict=True) if result is None]
    made = iter(side_by_side(call, open_tasks, processes, progress))
    return [next(made) if one is None else one for one in known]


def _title(kind: str, name: str) -> str:
    return f"{'datasheet' if kind == 'sheet' else kind} of {name}"


def _circuit_part(kind: str, name: str, run: Run) -> Any:
    def compute() -> Any:
        if kind == "curves":
            return simulated.curves(name, run.jobs)
        if kind == "sheet":
            return sheet_of(name, run)
        return CircuitCost.of(simulated.characterization(name, run.jobs))

    title = _title(kind, name)
    return attempt(
        title, lambda: keep(title, of_circuit(name), compute, lambda found: kind != "sheet" or found.is_whole())
    )


def _package_parts(
    names: Sequence[str], functions: Sequence[str], run: Run
) -> tuple[list[SectionParts], dict[str, Answer | Failure]]:
    may = of_sections(run)
    whole = SectionParts.is_whole
    parts = [keep(f"section {name}", may, lambda n=name: _section_parts(n, run), whole) for name in names]
    answered = keep(_claims(functions), may, lambda: answers(functions, run), lambda known: not _failed(known.values()))
    return parts, answered


def _recalled_package(
    names: Sequence[str], functions: Sequence[str], run: Run
) -> tuple[list[SectionParts], dict[str, Answer | Failure]] | None:
    """What `_package_parts` returns, where all of it is kept."""
    start, may = time.perf_counter(), of_sections(run)
    parts = [part for name in names if (part := recalled(f"section {name}", may)) is not None]
    answered = recalled(_claims(functions), may)
    if answered is None or len(parts) < len(names):
        return None
    seconds = (time.perf_counter() - start) / max(1, len(parts))
    return [replace(part, seconds=seconds) for part in parts], answered


def _claims(functions: Sequence[str]) -> str:
    return f"answers of {', '.join(functions)}"


def _failed(parts: Iterable[Any]) -> list[Failure]:
    return [part for part in parts if isinstance(part, Failure)]


def _section_parts(name: str, run: Run) -> SectionParts:
    start, section = time.perf_counter(), attempt(f"section {name}", lambda: SECTIONS.load(name))
    if isinstance(section, Failure):
        return SectionParts(name, name, "This section could not be loaded.", pictures=[section])

    def each(kind: str, makers: Sequence[Callable[[Run], Any]]) -> list[Any]:
        titles = [f"{kind} {getattr(make, '__name__', '')} of {name}" for make in makers]
        return [attempt(title, lambda m=make: m(run)) for title, make in zip(titles, makers, strict=True)]

    owned, summary = section.parameters, section.summary
    parts = SectionParts(
        name,
        section.title,
        section.intro,
        _pictures(section, section.figures, run),
        each("table", section.tables),
        each("finding", section.findings),
        each("number", section.headline),
        attempt(f"parameters of {name}", lambda: list(owned(run))) if owned else (),
        attempt(f"summary of {name}", lambda: summary(run)) if summary else None,
        _pictures(section, section.overview, run),
    )
    return replace(parts, seconds=time.perf_counter() - start)


def drawn_by() -> list[str]:
    """Versions of the packages that draw."""
    return [metadata.version(package) for package in ("matplotlib", "altair")]


def _pictures(section: Section, figures: Sequence[Callable[[Run], Plot]], run: Run) -> list[Picture | Failure]:
    """Figures as files; those of our own sections are kept, for their code is known and simulates by decks.

    A figure from a folder of runs (``--runs``) is drawn every time, as the folder may change.
    """

    def picture(draw: Callable[[Run], Plot]) -> Picture:
        [drawn] = pictures(lambda: [draw(run)])
        return drawn

    def picture_of(draw: Callable[[Run], Plot]) -> Picture:
        if run.runs is not None or SECTIONS.get(section.name).source != BUILT_IN:
            return picture(draw)
        name = f"figure {draw.__module__}:{draw.__qualname__}"
        return kept(name, lambda: picture(draw), *drawn_by(), simulator_build())

    titles = [f"figure {getattr(draw, '__name__', '')} of {section.name}" for draw in figures]
    return [attempt(t, lambda d=draw: picture_of(d)) for t, draw in zip(titles, figures, strict=True)]
