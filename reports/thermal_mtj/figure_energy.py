"""Energy per operation by component and accounting scope, both circuits."""

from __future__ import annotations

from matplotlib.axes import Axes

from energy.compare import PUBLISHED_OPERATION
from energy.cost import SCOPES, NeuronCost
from ipcircuit.units import si
from reports.figures import style
from reports.figures.plot import Plot, setting
from reports.ledger.record import published
from reports.page.context import RunContext

CIRCUITS = ("comparator", "differential")
_SHORT = {"mtj": "junctions", "divider": "reference MTJs", "driver": "write driver"}
_SMALL = "comparators, logic, leakage"


def _group(component: str) -> str:
    """Coarse name of a component, for the stacked bars."""
    return _SHORT.get(component.partition(" ")[0], _SMALL)


def _grouped(cost: NeuronCost, scope: str) -> dict[str, float]:
    groups: dict[str, float] = {}
    for component, energy in cost.scopes[scope].energy_breakdown_J.items():
        groups[_group(component)] = groups.get(_group(component), 0.0) + energy
    return groups


def _stacked(axes: Axes, costs: list[NeuronCost]) -> None:
    rows = [(cost, scope) for cost in costs for scope in SCOPES]
    groups = [*_SHORT.values(), _SMALL]
    for y, (cost, scope) in enumerate(rows):
        left = 0.0
        for index, group in enumerate(groups):
            energy = 1e9 * _grouped(cost, scope).get(group, 0.0)
            axes.barh(
                y,
                energy,
                left=left,
                color=(style.BLUE, style.SKY, style.ORANGE, style.BLACK)[index],
                height=0.68,
                hatch=("", "//", "..", "")[index],
                edgecolor="white",
                lw=0.5,
                label=group if y == len(rows) - 1 else None,
            )
            left += energy
        axes.annotate(
            si(cost.scopes[scope].energy_per_operation_J, "J", 3),
            (left, y),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=10,
            bbox=style.LABEL_BOX,
            zorder=5,
        )
    axes.set_yticks(range(len(rows)), [f"{cost.circuit}\n{scope}" for cost, scope in rows])
    axes.axvline(
        1e9 * PUBLISHED_OPERATION.value, color=style.VERMILION, ls="--", lw=1.5, label="published, differential"
    )
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    largest = max(1e9 * (c.scopes[s].energy_per_operation_J or 0) for c, s in rows)
    axes.set(title="by scope", xlabel="energy per operation (nJ)", xlim=(0, 1.28 * largest))
    style.legend_below(axes, 2, anchor=(0.33, -0.24))


def _components(axes: Axes, costs: list[NeuronCost]) -> None:
    """Every component of the system scope on a logarithmic axis, with its value, and the published figures."""
    names: list[tuple[str, str, float]] = []
    for cost in costs:
        names += [(cost.circuit, name, value) for name, value in cost.scopes["system"].energy_breakdown_J.items()]
    marks = {
        ("differential", "mtj temporal"): published("A3.protocol_200nm"),
        ("comparator", "mtj"): published("A3.protocol_200nm"),
        ("differential", "mtj reference"): published("A3.protocol_100nm"),
    }
    labelled: set[str] = set()
    for y, (circuit, name, value) in enumerate(names):
        index = CIRCUITS.index(circuit)
        axes.barh(
            y,
            value,
            color=(style.SKY, style.ORANGE)[index],
            edgecolor=style.BLACK,
            lw=0.6,
            height=0.66,
            hatch=("", "//")[index],
            label=None if circuit in labelled else circuit,
        )
        axes.annotate(
            si(value, "J", 3),
            (value, y),
            (11 if (circuit, name) in marks else 5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            bbox=style.LABEL_BOX,
        )
        labelled.add(circuit)
        if (circuit, name) in marks:
            axes.plot(
                marks[circuit, name],
                y,
                "*",
                color=style.VERMILION,
                ms=12,
                mec=style.BLACK,
                mew=0.5,
                label="published" if circuit == "comparator" else None,
            )
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for _, name, _ in names])
    axes.set_xscale("log")
    axes.grid(False, axis="y")
    axes.set(
        title="every component, logarithmic",
        ylim=(len(names) - 0.4, -0.6),
        xlabel="energy per operation (J)",
        xlim=(1e-16, 3e-7),
    )
    style.legend_below(axes, 3, anchor=(0.4, -0.12))


def draw(context: RunContext) -> Plot:
    """Stacked bars by scope, and every component on a logarithmic axis."""
    costs = [context.cost(circuit) for circuit in CIRCUITS]
    figure, axes = style.panels(2, 10.6, ratios=[1, 1.75])
    _stacked(axes[0], costs)
    _components(axes[1], costs)
    texts = [
        f"{c.circuit} {', '.join(f'{s} {si(c.scopes[s].energy_per_operation_J, chr(74), 3)}' for s in SCOPES)}"
        for c in costs
    ]
    return Plot(
        "energy",
        "Energy per operation by component and scope",
        f"Expected energy of one operation (set, read, reset; {costs[0].conditions['amplitude_V']:g} V set), "
        f"circuit simulated in {setting(context, CIRCUITS)}; write driver and idle leakage are estimates sized from "
        "the simulated current and supply. Scopes: paper = what the source counts (the junctions), circuit = all "
        "that the simulated circuit draws, system = also write driver and leakage of idle neurons. Published: 0.6 "
        "nJ per differential operation, 450 pJ and 82 pJ per cycle of the 200 nm and 100 nm junction (stars).",
        f"Energy per operation: {'; '.join(texts)}. Junctions and the reference MTJs in series with them dominate; "
        f"comparators and logic are in the femtojoule range.",
        figure,
    )
