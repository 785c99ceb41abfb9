"""Section of the report: what it says about one neuron family or experiment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ipcircuit.parameters import Parameter

if TYPE_CHECKING:
    from reports.figures.plot import Plot
    from reports.ledger.finding import Finding
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


@dataclass(frozen=True)
class Section:
    """One chapter of the report; every part is a function of the `Run`.

    Attributes:
        name: identifier, also the anchor on the page.
        title, intro: heading and one sentence below it.
        figures, tables: in reading order.
        findings: results in words, collected at the top of the page.
        headline: the few numbers at the top of the page.
        parameters: (owner, parameter) of everything the section's numbers rest on, for the provenance tables.
    """

    name: str
    title: str
    intro: str
    figures: Sequence[Callable[[Run], Plot]] = ()
    tables: Sequence[Callable[[Run], Table]] = ()
    findings: Sequence[Callable[[Run], Finding]] = ()
    headline: Sequence[Callable[[Run], Headline]] = ()
    parameters: Callable[[Run], Iterable[tuple[str, Parameter]]] | None = None
