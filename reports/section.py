"""Section of the report: what it says about one neuron family or experiment.

A section imports the floors below and `reports.ledger`, `reports.tables`, `reports.figures` and `reports.prose`, never
another section.
The page iterates over the sections of all families and knows none by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from joblib import cpu_count

from ipcircuit.parameters import Parameter

if TYPE_CHECKING:
    from reports.figures.plot import Plot
    from reports.tables.table import Table

Headline = tuple[str, str, str]
"""Label, value and what to compare it with."""


@dataclass(frozen=True)
class Run:
    """Options under which figures, tables, findings and claims are computed.

    Attributes:
        jobs: simulations at a time; None: one per core.
        runs: folder of stored network runs; None: those that come with the package.
    """

    jobs: int | None = None
    runs: Path | None = None

    @property
    def processes(self) -> int:
        """Processes for work that is Python's own, not ngspice's."""
        return cpu_count() if self.jobs is None else self.jobs

    def shared(self, parts: int) -> Run:
        """The same for each of several parts that run side by side, so that together they have `jobs` simulations."""
        return replace(self, jobs=max(1, self.processes // max(1, parts)))


@dataclass(frozen=True)
class Finding:
    """A result in words; `title` says it, `text` gives the numbers behind it."""

    title: str
    text: str


@dataclass(frozen=True)
class Section:
    """One chapter of the report; every part is a module's function of the `Run`, called in a worker process.

    All parts of a section are computed in one process, one after the other, so that a pure function with
    `functools.cache` may hold what several of them need. A part that raises is replaced by its error on the page.

    Attributes:
        name: identifier, also the anchor on the page.
        title, intro: heading and one sentence below it.
        figures, tables: in reading order.
        findings: results in words, collected at the top of the page.
        headline: the few numbers at the top of the page.
        parameters: (owner, parameter) of everything the section's numbers rest on, for the provenance tables.
        summary: a few sentences written from the run, which the page begins with. A section that has one is an opening
            chapter: it stands before the findings.
        overview: figures that compare all families, for the overview; the section's own page has the others.
    """

    name: str
    title: str
    intro: str
    figures: Sequence[Callable[[Run], Plot]] = ()
    tables: Sequence[Callable[[Run], Table]] = ()
    findings: Sequence[Callable[[Run], Finding]] = ()
    headline: Sequence[Callable[[Run], Headline]] = ()
    parameters: Callable[[Run], Iterable[tuple[str, Parameter]]] | None = None
    summary: Callable[[Run], str] | None = None
    overview: Sequence[Callable[[Run], Plot]] = ()
