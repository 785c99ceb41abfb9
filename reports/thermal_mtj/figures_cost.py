"""Energy and area of both circuits by component and scope, and memory energy beside GPU and digital accelerator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from circuits.measurement import Kind
from energy.characterize import Characterization
from energy.compare import IDLE_LEAKAGE, PUBLISHED_OPERATION, ComparisonRow, EventWorkload
from energy.cost import SCOPES, NeuronCost
from energy.intervals import LABELS
from energy.intervals import Kind as IntervalKind
from ipcircuit.units import si
from reports import simulated
from reports.figures import style
from reports.figures.plot import Plot
from reports.ledger.record import published
from reports.prose import Prose
from reports.section import Run
from reports.thermal_mtj.circuit import (
    COMPARATOR,
    DIFFERENTIAL,
    MANY,
    NEURONS,
    baseline_rows,
    device_energy,
    device_row,
    published_energy,
    setting,
)

PROSE = Prose(__file__)

_DRIVER = "write driver"  # what the system scope adds to the circuit's own components
_GROUPS = {
    Kind.DEVICE: "junctions",
    Kind.DIVIDER: "reference MTJs",
    Kind.CMOS: "comparators, logic, leakage",
}
_MARKS = (("o", style.BLUE), ("s", style.VERMILION))  # of the circuits
_LABEL_AT_LEFT = 1e-11  # J, above which a value is written left of its mark
_PUBLISHED: dict[str, Any] = {"color": style.VERMILION, "ms": 17, "mew": 2.2, "ls": "none", "zorder": 4}


def _characterizations(run: Run) -> list[Characterization]:
    return [simulated.characterization(circuit, run.jobs) for circuit in NEURONS]


def grouped(record: Characterization, scope: str) -> dict[str, float]:
    """Energy per operation (J) by group of components."""
    own = {component.name: _GROUPS[component.kind] for component in record.measurement.components}
    own[IDLE_LEAKAGE] = _GROUPS[Kind.CMOS]
    groups = dict.fromkeys(["junctions", "reference MTJs", _DRIVER, "comparators, logic, leakage"], 0.0)
    for component, energy in record.cost.scopes[scope].energy_breakdown_J.items():
        groups[own.get(component, _DRIVER)] += energy
    return groups


def _energy_by_scope(axes: Axes, records: list[Characterization]) -> None:
    rows = [(record, scope) for record in records for scope in SCOPES]
    looks = list(zip((style.BLUE, style.SKY, style.ORANGE, style.BLACK), ("", "//", "..", ""), strict=True))
    for y, (record, scope) in enumerate(rows):
        left = 0.0
        for (group, energy), (color, hatch) in zip(grouped(record, scope).items(), looks, strict=True):
            look = {"color": color, "hatch": hatch, "height": 0.68, "edgecolor": "white", "lw": 0.5}
            axes.barh(y, 1e9 * energy, left=left, label=group if y == 0 else None, **look)
            left += 1e9 * energy
        text = si(record.cost.scopes[scope].energy_per_operation_J, "J", 3)
        if (record.cost.circuit, scope) == (DIFFERENTIAL, "paper"):
            axes.plot(1e9 * PUBLISHED_OPERATION.value, y, "|", label="published", **_PUBLISHED)
            text += f" (published {si(PUBLISHED_OPERATION.value, 'J', 3)})"
        style.label(axes, text, (left, y), (7, 0), fontsize=10)
    handles, labels = axes.get_legend_handles_labels()
    axes.set_yticks(range(len(rows)), [f"{record.cost.circuit},\n{scope}" for record, scope in rows])
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    largest = max(1e9 * (r.cost.scopes[s].energy_per_operation_J or 0) for r, s in rows)
    axes.set(title="by scope", xlabel="energy per operation (nJ)", xlim=(0, 1.28 * largest))
    style.legend_below(axes, 2, handles=[*handles[1:], handles[0]], labels=[*labels[1:], labels[0]])


def _energy_by_component(axes: Axes, costs: list[NeuronCost]) -> None:
    """Every component of the system scope as a mark on a logarithmic axis, largest first, and the published figures."""
    stated = {
        (DIFFERENTIAL, "mtj temporal"): published("A3.protocol_200nm"),
        (COMPARATOR, "mtj"): published("A3.protocol_200nm"),
        (DIFFERENTIAL, "mtj reference"): published("A3.protocol_100nm"),
    }
    names: list[str] = []
    for cost, (marker, colour) in zip(costs, _MARKS, strict=True):
        parts = cost.scopes["system"].energy_breakdown_J.items()
        for i, (name, value) in enumerate(sorted(parts, key=lambda part: -part[1])):
            place, text = (value, len(names)), si(value, "J", 3)
            if (known := stated.get((cost.circuit, name))) is not None:
                axes.plot(known, len(names), "|", **_PUBLISHED)
                text += f" (published {si(known, 'J', 3)})"
            axes.plot(*place, marker, color=colour, label=cost.circuit if i == 0 else None, ms=7)
            at_left = value > _LABEL_AT_LEFT
            style.label(axes, text, place, (-9, 0) if at_left else (9, 0), ha="right" if at_left else "left")
            names.append(name.replace("_", " ").replace("mtj", "MTJ"))
        axes.axhline(len(names) - 0.5, color=style.GREY, lw=0.8)
    axes.plot([], [], "|", label="published", **_PUBLISHED)
    axes.set_yticks(range(len(names)), names)
    axes.set_xscale("log")
    axes.set(title="every component of the system scope", xlabel="energy per operation", xlim=(1e-15, 5e-9))
    style.prefixed(axes.xaxis, "J")
    axes.set_ylim(len(names) - 0.5, -0.6)
    style.legend_below(axes, 3)


def energy(run: Run) -> Plot:
    """Stacked bars by scope, and every component as a mark on a logarithmic axis."""
    records = _characterizations(run)
    costs = [record.cost for record in records]
    figure, axes = style.panels(2, 9.6, ratios=[1, 1.75])
    _energy_by_scope(axes[0], records)
    _energy_by_component(axes[1], costs)
    listed = [[f"{s} {si(c.scopes[s].energy_per_operation_J, 'J', 3)}" for s in SCOPES] for c in costs]
    energies = "; ".join(f"{c.circuit} {', '.join(texts)}" for c, texts in zip(costs, listed, strict=True))
    return PROSE.plot("energy", figure, costs=costs, setting=setting(COMPARATOR, run.jobs), energies=energies)


def _area_by_scope(axes: Axes, records: list[Characterization]) -> None:
    """A mark per circuit and scope with the range of layout pitches, and both published areas."""
    rows = [(record, scope) for record in records for scope in SCOPES]
    for y, (record, scope) in enumerate(rows):
        area, (marker, colour) = record.areas[scope], _MARKS[y // len(SCOPES)]
        text = f"{area.total_um2:.3g} µm²"
        if (record.cost.circuit, scope) == (DIFFERENTIAL, "paper"):
            axes.plot(published("A9.paper"), y, "|", **_PUBLISHED)
            text += f" (published {published('A9.paper'):g} µm²)"
        axes.plot([area.low_um2, area.high_um2], [y, y], "|-", color=style.BLACK, ms=9, lw=1.2)
        axes.plot(area.total_um2, y, marker, color=colour, ms=7)
        style.label(axes, text, (area.high_um2, y), (9, 0))
    core = published("A9.core")
    axes.plot(core, len(rows), "|", label="published", **_PUBLISHED)
    style.label(axes, f"{core:g} µm²", (core, len(rows)), (9, 0))
    axes.plot([], [], "|-", color=style.BLACK, ms=9, lw=1.2, label="range of layout pitches")
    names = [f"{record.cost.circuit}, {scope}" for record, scope in rows]
    axes.set_yticks(range(len(rows) + 1), [*names, "core device"])
    axes.set(title="by scope")


def _area_by_component(axes: Axes, records: list[Characterization]) -> None:
    """Marks of the system scope, largest first; the MTJs, which lie above the logic, are open."""
    names: list[str] = []
    for record, (marker, colour) in zip(records, _MARKS, strict=True):
        parts = {name: area for name, area in record.areas["system"].breakdown_um2.items() if area > 0}
        ordered = sorted(parts.items(), key=lambda part: -part[1])
        for name, area in [*ordered, ("MTJs", record.areas["circuit"].mtj_um2)]:
            fill = "white" if name == "MTJs" else colour
            label = record.cost.circuit if name == ordered[0][0] else None
            axes.plot(area, len(names), marker, color=colour, mfc=fill, mew=1.4, ms=7, label=label)
            style.label(axes, f"{area:.3g} µm²", (area, len(names)), (9, 0))
            names.append(name.replace("_", " ").replace("and2", "AND gate"))
        axes.axhline(len(names) - 0.5, color=style.GREY, lw=0.8)
    axes.plot([], [], "o", color=style.GREY, mfc="white", mew=1.4, ms=7, label="above the logic")
    axes.set_yticks(range(len(names)), names)
    axes.set(title="every component of the system scope", xlabel="area (µm²)")


def area(run: Run) -> Plot:
    """Totals by scope, and components, on logarithmic axes."""
    records = _characterizations(run)
    figure, axes = style.panels(2, 6.8, ratios=[1, 1.3], sharex=True)
    _area_by_scope(axes[0], records)
    _area_by_component(axes[1], records)
    for panel in axes:
        panel.set_xscale("log")
        panel.set_xlim(0.015, 900)
        panel.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
        panel.set_ylim(len(panel.get_yticks()) - 0.5, -0.6)
    handles, labels = (axes[1].get_legend_handles_labels()[i] + axes[0].get_legend_handles_labels()[i] for i in (0, 1))
    style.legend_below(axes[1], 3, handles=handles, labels=labels)
    last, driver = records[-1], records[-1].driver
    assert driver is not None  # an MTJ neuron is driven by pulses
    areas = ", ".join(f"{s} {last.areas[s].total_um2:.3g} µm²" for s in SCOPES)
    return PROSE.plot("area", figure, driver=driver, circuit=last.cost.circuit, areas=areas)


def _device(axes: Axes, y: int, energies: Sequence[float], colour: str) -> None:
    """A filled mark at N = 1 and a bar from the second N to the last."""
    axes.plot(energies[0], y, "o", color=colour, ms=8, mec=style.BLACK, mew=0.6)
    axes.plot([energies[1], energies[-1]], [y, y], "-", color=colour, lw=5, alpha=0.6, solid_capstyle="butt")
    axes.plot(energies[1:], [y] * (len(energies) - 1), "|", color=style.BLACK, ms=10, mew=1.4)
    style.label(axes, si(energies[0], "J", 3), (energies[0], y), (-7, 0), ha="right")


def _interval(axes: Axes, y: int, row: ComparisonRow) -> None:
    """One random copy's cost as a bar above the mark at N = 1, if its spread is known."""
    ends = (row.intervals or {}).get(IntervalKind.COPY, {})
    low, high = (ends.get(f"energy_{end}_J") for end in ("low", "high"))
    if low is not None and high is not None:
        axes.plot([low, high], [y - 0.28] * 2, "|-", color=style.BLACK, ms=7, lw=1.2)


def _system_name(system: str) -> str:
    """The system's name, short enough for an axis."""
    model, _, gpu = system.partition(" on ")
    parts = [part for part in model.split("-") if part != "ResNet18"]
    return f"GPU, {'-'.join(parts)}" if gpu else system.replace(" as tabled", "")


def memory_energy(run: Run) -> Plot:
    """Memory energy per sample, one row per system: device in all scopes and at several N, GPU, digital."""
    figure, (axes,) = style.panels(1, 7.8)
    names: list[str] = []
    for scope, colour in zip(("published", *SCOPES), (style.GREY, style.SKY, style.BLUE, style.GREEN), strict=True):
        energies = [published_energy(n) if scope == "published" else device_energy(run, scope, n) for n in (1, *MANY)]
        if all(e is not None for e in energies):
            _device(axes, len(names), [e for e in energies if e is not None], colour)
            if scope != "published":
                _interval(axes, len(names), device_row(run, scope, 1))
            names.append("device, published" if scope == "published" else f"device, {scope}")
    for row in baseline_rows(run):
        assert row.energy_per_sample_J is not None  # baselines are read from tables
        digital, place = "digital" in row.system, (row.energy_per_sample_J, len(names))
        marker, colour, side = ("s", style.ORANGE, 7) if digital else ("D", style.VERMILION, -7)
        fill = "white" if "45 nm" in row.system else colour
        axes.plot(*place, marker, color=fill, ms=8, mec=style.BLACK, mew=1)
        style.label(axes, si(row.energy_per_sample_J, "J", 3), place, (side, 0), ha="left" if digital else "right")
        names.append(_system_name(row.system))
    axes.plot([], [], "o", color=style.GREY, mec=style.BLACK, label="device, N = 1 per input")
    axes.plot(
        [], [], "-", color=style.GREY, lw=5, alpha=0.6, label=f"N = {', '.join(map(str, MANY))} neurons per input"
    )
    axes.plot([], [], "|-", color=style.BLACK, ms=7, lw=1.2, label=f"N = 1, {LABELS[IntervalKind.COPY]}")
    axes.plot([], [], "s", color=style.ORANGE, mec=style.BLACK, label="digital, estimated at 28 nm")
    axes.plot([], [], "s", color="white", mec=style.BLACK, label="digital, 45 nm, unscaled")
    axes.plot([], [], "D", color=style.VERMILION, mec=style.BLACK, label="GPU, published")
    axes.set_yticks(range(len(names)), names)
    axes.set_xscale("log")
    axes.set(xlabel="memory energy per sample", xlim=(1.2e-6, 30), ylim=(len(names) - 0.4, -0.6))
    style.prefixed(axes.xaxis, "J")
    axes.grid(False, axis="y")
    style.legend_below(axes, 2)
    work, gpu = EventWorkload(), baseline_rows(run)[0].conditions["gpu"]
    values = {scope: device_energy(run, scope, 1) for scope in ("paper", "system")}
    where = {"circuit": DIFFERENTIAL, "setting": setting(DIFFERENTIAL, run.jobs)}
    copies = simulated.copies_text(DIFFERENTIAL, run.jobs)
    return PROSE.plot("memory_energy", figure, work=work, gpu=gpu, copies=copies, **where, **values)
