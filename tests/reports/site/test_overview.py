"""The report's first page: what stands on it, from made-up costs and sections."""

import csv
import io

import pytest

from energy.cost import SCOPES, NeuronCost, ScopeCost
from ipcircuit.families import COSTINGS
from reports.attempt import Failure
from reports.figures import style
from reports.figures.plot import Picture
from reports.ledger.evaluate import judge
from reports.section import Finding
from reports.site.circuits import CircuitCost
from reports.site.overview.figure import all_circuits, rows_of
from reports.site.pages import Material, overview
from reports.site.parts import CircuitParts, SectionParts


def cost(energy_J: float, area_um2: float | None) -> CircuitCost:
    """Each scope counts ten times what the one before it does; nothing is known of the spikes."""
    area = {} if area_um2 is None else {"all": area_um2}
    energies = {str(scope): energy_J * 10**i for i, scope in enumerate(SCOPES)}
    scopes = {name: ScopeCost(joule, None, area_um2, {"all": joule}, area) for name, joule in energies.items()}
    return CircuitCost(NeuronCost("made up", "simulated", "by hand", {}, 1, {}, None, None, scopes), {}, ())


COSTS = {"first": cost(1e-12, 2.5), 'second <b>"x"</b>': cost(3e-10, None)}


def test_all_circuits_are_drawn_and_charted_from_the_same_numbers() -> None:
    rows = rows_of(COSTS)
    with style.style():
        plot = all_circuits(rows)
        files = Picture.of(plot).files
    operation, area = plot.figure.axes  # nothing is known of spikes
    marks = [{line.get_label(): [*map(float, line.get_xdata())] for line in axes.lines} for axes in (operation, area)]  # type: ignore[arg-type]
    assert marks[0]["system scope"] == pytest.approx([1e-10, 3e-8])
    assert marks[1]["system scope"] == [2.5]
    charted = [*csv.DictReader(io.StringIO(files["csv"].decode()))]
    assert [float(row["value"]) for row in charted] == pytest.approx([row["value"] for row in rows], rel=1e-5)
    assert {row["quantity"] for row in charted} == {"energy per operation", "area"}
    assert 'energy per operation from 10 pJ (first) to 3 nJ (second <b>"x"</b>)' in plot.alt


def test_overview_has_what_is_compared_then_pictures_and_findings() -> None:
    """Sections' own figures for the overview, all circuits, and findings under their section's title; gaps are said."""
    picture = Picture("fronts", "Fronts", "", "", {"svg": b"<svg/>"})
    section = SectionParts("one", "One", "", overview=[picture], findings=[Finding("It holds", "Because.")])
    broken = SectionParts("two", "Two", "", overview=[Failure("figure of two", "no data")], summary="In short.")
    page = overview(Material(CircuitParts(COSTS, {}, ()), [], judge([], {}), (), {}), [section, broken])
    assert [chapter.name for chapter in page.chapters] == ["compared", "accuracy", "all-circuits", "findings"]
    compared, accuracy, circuits, findings = page.chapters
    assert [row["comparison"] for row in compared.tables[0].rows] == COSTINGS.names()
    assert accuracy.pictures == [picture]
    assert [failure.cause for failure in page.failures] == ["no data"]
    assert [one.name for one in circuits.pictures] == ["all_circuits"]
    assert findings.findings == {"One": [Finding("It holds", "Because.")]}
    assert page.summaries == ["In short."]


def test_overview_of_no_circuit_has_no_empty_chapter() -> None:
    material = Material(CircuitParts({}, {}, ()), [], judge([], {}), (), {}, ("one",))
    page = overview(material, [])
    assert [chapter.name for chapter in page.chapters] == ["compared"]
    assert "This report is of one only" in str(page.summaries[0])
