"""Datasheets as pages of the report, one per circuit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from circuits.measurement import CurveCheck
from energy.cost import SCOPES
from ipcircuit.units import si
from reports.attempt import Failure, attempt
from reports.datasheet import tables
from reports.datasheet.grid import Grid
from reports.datasheet.sheet import Sheet
from reports.ledger.evaluate import Evaluation
from reports.ledger.record import Ledger
from reports.names import file_name
from reports.page import Chapter, Page
from reports.section import Headline
from reports.tables.table import Table

if TYPE_CHECKING:
    from reports.site.circuits import CircuitCost

ON_PAPER = ("schematic", "results")  # chapters on the page for print, which has few sheets for all circuits
Maker = Callable[[], Table | Sequence[Table]]


def datasheets(
    sheets: Mapping[str, Sheet],
    costs: Mapping[str, CircuitCost],
    curves: Mapping[str, Sequence[CurveCheck]],
    results: Evaluation,
    papers: Sequence[Ledger],
) -> list[Page]:
    """A page for each circuit that has a cost, in the order of the sheets."""
    return [
        _page(sheet, costs[name], curves.get(name, ()), results, papers)
        for name, sheet in sheets.items()
        if name in costs
    ]


def path_of(circuit: str) -> str:
    """Path of a circuit's datasheet in the report's folder."""
    return f"circuits/{file_name(circuit)}.html"


def _page(
    sheet: Sheet, cost: CircuitCost, curves: Sequence[CurveCheck], results: Evaluation, papers: Sequence[Ledger]
) -> Page:
    chapters = [
        _chapter(sheet, "schematic", "Schematic"),
        _chapter(sheet, "conditions", "Conditions", lambda: tables.conditions(sheet, cost)),
        _chapter(
            sheet,
            "results",
            "Results and limits",
            lambda: tables.results(sheet, cost),
            lambda: tables.checks(sheet, cost, curves),
            failures=[part for part in (sheet.spread,) if isinstance(part, Failure)],
        ),
        _chapter(
            sheet,
            "corners",
            "Corners",
            lambda: tables.corner_tables(sheet, sheet.grid) if isinstance(sheet.grid, Grid) else (),
            failures=[part for part in (sheet.grid,) if isinstance(part, Failure)],
        ),
        _chapter(sheet, "curves", "Transfer curves"),
        _chapter(sheet, "waveforms", "Waveforms"),
        _chapter(sheet, "breakdown", "Energy and area by component"),
        _chapter(sheet, "parameters", "Parameters", lambda: tables.parameters(sheet)),
        _chapter(sheet, "claims", "Claims", lambda: tables.claims(sheet, results, papers)),
    ]
    title = f"{sheet.circuit}: datasheet"
    return Page(
        path_of(sheet.circuit),
        title,
        f"{sheet.summary[:1].upper()}{sheet.summary[1:]}.",
        chapters,
        "circuits",
        sheet.circuit,
        headline=_headline(cost),
    )


def _headline(record: CircuitCost) -> list[Headline]:
    """Energy, area and latency."""
    scopes = record.cost.scopes
    beside = {s: scopes[s].energy_per_operation_J for s in SCOPES if s != "circuit"}
    others = ", ".join(f"{scope} scope {si(value, 'J', 3)}" for scope, value in beside.items() if value is not None)
    area = scopes["circuit"].area_um2
    return [
        ("Energy per operation", si(scopes["circuit"].energy_per_operation_J, "J", 3), f"circuit scope; {others}"),
        ("Energy per spike", si(scopes["circuit"].energy_per_spike_J, "J", 3), "circuit scope"),
        ("Area", "not obtained" if area is None else f"{area:.4g} µm²", "circuit scope, an estimate"),
        ("Latency", si(record.cost.latency_s, "s", 3), f"{record.cost.transistors} transistors"),
    ]


def _chapter(sheet: Sheet, name: str, title: str, *makers: Maker, failures: Sequence[Failure] = ()) -> Chapter:
    """A chapter with the sheet's pictures of its name, and tables; one that raises is a failure of the chapter."""
    drawn = sheet.pictures.get(name, ())
    pictures, failed = ((), [drawn]) if isinstance(drawn, Failure) else (drawn, list[Failure]())
    made: list[Table] = []
    for maker in makers:
        found = attempt(f"{title.lower()} of {sheet.circuit}", maker)
        if isinstance(found, Failure):
            failed.append(found)
        else:
            made += [found] if isinstance(found, Table) else found
    tables = [table for table in made if table.rows]
    return Chapter(name, title, "", pictures, tables, [*failed, *failures], on_paper=name in ON_PAPER)
