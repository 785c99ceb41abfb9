"""The report's first page: what stands on it, from made-up costs and sections."""

import csv
import io

import pytest

from circuits.measurement import Kind
from energy.cost import SCOPES, NeuronCost, ScopeCost
from ipcircuit.families import COSTINGS
from reports.attempt import Failure
from reports.figures import style
from reports.figures.plot import Picture
from reports.ledger.evaluate import judge
from reports.section import Finding
from reports.site.circuits import CircuitCost
from reports.site.overview import breakdown
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


def parts_of(energies: dict[str, float], areas: dict[str, float], kinds: dict[str, Kind]) -> CircuitCost:
    """Paper and circuit scope count what has a kind, the system scope all."""
    own = {name: joule for name, joule in energies.items() if name in kinds}
    counted = {"paper": own, "circuit": own, "system": energies}
    scopes = {
        name: ScopeCost(sum(parts.values()), None, sum(areas.values()), parts, areas) for name, parts in counted.items()
    }
    record = NeuronCost("made up", "simulated", "by hand", {}, 1, {}, None, None, scopes)
    return CircuitCost(record, {}, (), {name: kind.value for name, kind in kinds.items()})


def test_parts_are_shares_of_what_each_scope_counts() -> None:
    """Every circuit has a bar; parts that a scope does not count are not in it, and what is returned is negative."""
    kinds = {"mtj": Kind.DEVICE, "logic": Kind.CMOS, "returned": Kind.CMOS}
    energies = {"logic": 3e-12, "mtj": 2e-12, "returned": -1e-12, "driver gate_switching": 4e-12, "idle_leakage": 2e-12}
    costs = {
        "first": parts_of(energies, {"nand2": 1.0, "write_driver": 3.0, "overhang of ECRAM": 4.0}, kinds),
        "second": parts_of({"mtj": 1e-9}, {}, {"mtj": Kind.DEVICE}),
        "without": parts_of({"mtj": 0.0}, {}, {"mtj": Kind.DEVICE}),
    }
    rows = breakdown.rows_of(costs)
    system = [row for row in rows if (row["counted"], row["circuit"]) == ("system", "first")]
    assert [(row["part"], row["group"], row["share"], row["value"]) for row in system] == [
        ("mtj", "emerging device", pytest.approx(20), "2 pJ"),
        ("logic", "CMOS", pytest.approx(30), "3 pJ"),
        ("returned", "CMOS", pytest.approx(-10), "-1 pJ"),
        ("driver gate switching", "write driver", pytest.approx(40), "4 pJ"),
        ("idle leakage", "idle leakage", pytest.approx(20), "2 pJ"),
        ("nand2", "CMOS", pytest.approx(12.5), "1 µm²"),
        ("write driver", "write driver", pytest.approx(37.5), "3 µm²"),
        ("overhang of ECRAM", breakdown.BEYOND, pytest.approx(50), "4 µm²"),
    ]
    paper = [
        row for row in rows if (row["counted"], row["circuit"], row["show"]) == ("paper", "first", system[0]["show"])
    ]
    assert [(row["part"], row["share"]) for row in paper] == [
        ("mtj", pytest.approx(50)),
        ("logic", pytest.approx(75)),
        ("returned", pytest.approx(-25)),
    ]
    with style.style():
        plot = breakdown.breakdown(rows)
    energy, area = plot.figure.axes
    assert [label.get_text() for label in energy.get_yticklabels()] == ["first", "second"]
    assert [label.get_text() for label in area.get_yticklabels()] == ["first"]
    assert "first: driver gate switching 40 % of 10 pJ; second: mtj 100 % of 1 nJ" in plot.alt
    assert plot.chart is not None
    assert len(plot.chart.csv.splitlines()) == 1 + len(rows)


def test_names_of_parts_stand_within_their_bars() -> None:
    """However long they are: those that do not fit are left to the table."""
    fits, two = "inverter", "membrane pull-up"
    shares = {"a part with several words in its name": 0.2, fits: 0.35, two: 0.22, "synapse": 0.05, "wide" * 4: 0.18}
    costs = {f"circuit_{i}": parts_of(shares, shares, dict.fromkeys(shares, Kind.CMOS)) for i in range(3)}
    with style.style():
        plot = breakdown.breakdown(breakdown.rows_of(costs))
        style.render(plot.figure)
        plot.figure.draw_without_rendering()
    for axes in plot.figure.axes:
        bars = [bar.get_window_extent() for bar in axes.patches]
        names = [text for text in axes.texts if text.get_text() not in ("1 J", "1 µm²")]  # totals stand on the right
        assert {name.get_text() for name in names} == {fits, two.replace(" ", "\n")}
        for box in (name.get_window_extent() for name in names):
            assert any(bar.x0 <= box.x0 <= box.x1 <= bar.x1 and bar.y0 <= box.y0 <= box.y1 <= bar.y1 for bar in bars)


def test_overview_has_what_is_compared_then_pictures_and_findings() -> None:
    """Sections' own figures for the overview, all circuits, and findings under their section's title; gaps are said."""
    picture = Picture("fronts", "Fronts", "", "", {"svg": b"<svg/>"})
    section = SectionParts("one", "One", "", overview=[picture], findings=[Finding("It holds", "Because.")])
    broken = SectionParts("two", "Two", "", overview=[Failure("figure of two", "no data")], summary="In short.")
    page = overview(Material(CircuitParts(COSTS, {}, ()), [], judge([], {}), (), 0.0), [section, broken])
    assert [chapter.name for chapter in page.chapters] == ["compared", "accuracy", "all-circuits", "findings"]
    compared, accuracy, circuits, findings = page.chapters
    assert [row["comparison"] for row in compared.tables[0].rows] == COSTINGS.names()
    assert accuracy.pictures == [picture]
    assert [failure.cause for failure in page.failures] == ["no data"]
    assert [one.name for one in circuits.pictures] == ["all_circuits", "breakdown"]
    assert findings.findings == {"One": [Finding("It holds", "Because.")]}
    assert page.summaries == ["In short."]


def test_overview_of_no_circuit_has_no_empty_chapter() -> None:
    material = Material(CircuitParts({}, {}, ()), [], judge([], {}), (), 0.0, ("one",))
    page = overview(material, [])
    assert [chapter.name for chapter in page.chapters] == ["compared"]
    assert "This report is of one only" in str(page.summaries[0])
