"""Energy and area of both circuits by component and scope, and memory energy beside GPU and digital accelerator."""

from __future__ import annotations

from collections.abc import Sequence

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
_OUTLINE = {"edgecolor": style.BLACK, "lw": 0.6, "height": 0.66}
_LOOKS = {
    COMPARATOR: {"color": style.SKY, "hatch": "", **_OUTLINE},
    DIFFERENTIAL: {"color": style.ORANGE, "hatch": "//", **_OUTLINE},
}


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
        style.label(axes, si(record.cost.scopes[scope].energy_per_operation_J, "J", 3), (left, y), fontsize=10)
    axes.set_yticks(range(len(rows)), [f"{record.cost.circuit}\n{scope}" for record, scope in rows])
    stated = 1e9 * PUBLISHED_OPERATION.value
    axes.axvline(stated, color=style.VERMILION, ls="--", lw=1.5, label="published, differential")
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    largest = max(1e9 * (r.cost.scopes[s].energy_per_operation_J or 0) for r, s in rows)
    axes.set(title="by scope", xlabel="energy per operation (nJ)", xlim=(0, 1.28 * largest))
    style.legend_below(axes, 2, anchor=(0.33, -0.24))


def _energy_by_component(axes: Axes, costs: list[NeuronCost]) -> None:
    """Every component of the system scope on a logarithmic axis, with its value, and the published figures."""
    bars = [(c.circuit, name, value) for c in costs for name, value in c.scopes["system"].energy_breakdown_J.items()]
    marks = {
        (DIFFERENTIAL, "mtj temporal"): published("A3.protocol_200nm"),
        (COMPARATOR, "mtj"): published("A3.protocol_200nm"),
        (DIFFERENTIAL, "mtj reference"): published("A3.protocol_100nm"),
    }
    for y, (circuit, name, value) in enumerate(bars):
        first = y == [bar[0] for bar in bars].index(circuit)
        axes.barh(y, value, label=circuit if first else None, **_LOOKS[circuit])
        stated = marks.get((circuit, name))
        style.label(axes, si(value, "J", 3), (value, y), (11 if stated else 5, 0))
        if stated:
            star = {"color": style.VERMILION, "ms": 12, "mec": style.BLACK, "mew": 0.5}
            axes.plot(stated, y, "*", label="published" if circuit == COMPARATOR else None, **star)
    axes.set_yticks(range(len(bars)), [name.replace("_", " ") for _, name, _ in bars])
    axes.set_xscale("log")
    axes.grid(False, axis="y")
    axes.set(title="every component, logarithmic", xlabel="energy per operation (J)", xlim=(1e-16, 3e-7))
    axes.set_ylim(len(bars) - 0.4, -0.6)
    style.legend_below(axes, 3, anchor=(0.4, -0.12))


def energy(run: Run) -> Plot:
    """Stacked bars by scope, and every component on a logarithmic axis."""
    records = _characterizations(run)
    costs = [record.cost for record in records]
    figure, axes = style.panels(2, 10.6, ratios=[1, 1.75])
    _energy_by_scope(axes[0], records)
    _energy_by_component(axes[1], costs)
    listed = [[f"{s} {si(c.scopes[s].energy_per_operation_J, 'J', 3)}" for s in SCOPES] for c in costs]
    energies = "; ".join(f"{c.circuit} {', '.join(texts)}" for c, texts in zip(costs, listed, strict=True))
    return PROSE.plot("energy", figure, costs=costs, setting=setting(COMPARATOR, run.jobs), energies=energies)


def _area_by_scope(axes: Axes, records: list[Characterization]) -> None:
    rows = [(record, scope) for record in records for scope in SCOPES]
    for y, (record, scope) in enumerate(rows):
        area = record.areas[scope]
        error = [[area.total_um2 - area.low_um2], [area.high_um2 - area.total_um2]]
        whisker = error if area.high_um2 > area.low_um2 else None
        axes.barh(y, area.total_um2, xerr=whisker, capsize=3, **_LOOKS[record.cost.circuit])
        style.label(axes, f"{area.total_um2:.3g} µm²", (area.high_um2, y), (6, 0))
    neuron, core = published("A9.paper"), published("A9.core")
    axes.axvline(neuron, color=style.VERMILION, ls="--", lw=1.5, label="published: 24 transistors, 1.5 µm²")
    axes.axvline(core, color=style.PURPLE, ls=":", lw=2, label="published: core device, 0.03 µm²")
    axes.set_yticks(range(len(rows)), [f"{record.cost.circuit}\n{scope}" for record, scope in rows])
    axes.set(title="by scope", xlabel="area (µm²)")
    style.legend_below(axes, 1)


def _area_by_component(axes: Axes, records: list[Characterization]) -> None:
    """Bars of the system scope; the MTJs, which lie above the logic, are open."""
    names = []
    for record in records:
        circuit = record.cost.circuit
        parts = {name: area for name, area in record.areas["system"].breakdown_um2.items() if area > 0}
        for i, (name, area) in enumerate([*parts.items(), ("MTJs, above the logic", record.areas["circuit"].mtj_um2)]):
            fill = {} if i < len(parts) else {"color": "white"}
            axes.barh(len(names), area, label=circuit if i == 0 else None, **{**_LOOKS[circuit], **fill})
            style.label(axes, f"{area:.3g} µm²", (area, len(names)), (6, 0))
            names.append(name.replace("_", " "))
    axes.set_yticks(range(len(names)), names)
    axes.set(title="every component of the system scope", xlabel="area (µm²)")
    style.legend_below(axes, 2)


def area(run: Run) -> Plot:
    """Totals by scope, and components, on logarithmic axes."""
    records = _characterizations(run)
    figure, axes = style.panels(2, 9.6, ratios=[1, 1.25])
    _area_by_scope(axes[0], records)
    _area_by_component(axes[1], records)
    for panel in axes:
        panel.set_xscale("log")
        panel.set_xlim(0.015, 900)
        panel.set_ylim(len(panel.get_yticks()) - 0.4, -0.6)
        panel.grid(False, axis="y")
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
    axes.plot([], [], "o", color=style.GREY, mec=style.BLACK, label="device, N = 1")
    axes.plot([], [], "-", color=style.GREY, lw=5, alpha=0.6, label=f"device, N = {', '.join(map(str, MANY))}")
    axes.plot([], [], "|-", color=style.BLACK, ms=7, lw=1.2, label=f"device, N = 1, {LABELS[IntervalKind.COPY]}")
    axes.plot([], [], "s", color=style.ORANGE, mec=style.BLACK, label="digital, estimated")
    axes.plot([], [], "D", color=style.VERMILION, mec=style.BLACK, label="GPU, published")
    axes.set_yticks(range(len(names)), names)
    axes.set_xscale("log")
    axes.set(xlabel="memory energy per sample (J)", xlim=(1.2e-6, 30), ylim=(len(names) - 0.4, -0.6))
    axes.grid(False, axis="y")
    style.legend_below(axes, 2, anchor=(0.35, -0.12))
    work, gpu = EventWorkload(), baseline_rows(run)[0].conditions["gpu"]
    values = {scope: device_energy(run, scope, 1) for scope in ("paper", "system")}
    where = {"circuit": DIFFERENTIAL, "setting": setting(DIFFERENTIAL, run.jobs)}
    copies = simulated.copies_text(DIFFERENTIAL, run.jobs)
    return PROSE.plot("memory_energy", figure, work=work, gpu=gpu, copies=copies, **where, **values)
