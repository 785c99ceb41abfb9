"""Files of `ipcircuit study nodes`: table, numbers and figure of one neuron in several technologies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib.axes import Axes

from energy.variation.copies.outcome import Status
from energy.variation.nodes import NodeRun, Nodes
from reports.figures import style
from reports.figures.plot import Plot
from reports.study import write_study

_SERIES = (
    ("device_energy_J", "devices and dividers"),
    ("cmos_energy_J", "CMOS"),
    ("inverter_cycle_J", "one minimum inverter, per cycle"),
)
_RATIOS = (1.6, 1, 1, 1)  # heights of the panels: energy, area, margin and, of random copies, yield
_HEIGHT = 2.1  # inch, of a panel of ratio 1


def write_nodes(output: Path | str, nodes: Nodes) -> Path:
    """``nodes.csv``, ``nodes.json`` and the figure into a folder; returns it.

    Raises:
        InputError: the folder cannot be written; nothing is left behind then.
    """
    texts = {"nodes.csv": nodes.csv(), "nodes.json": nodes.to_json()}
    write_study(output, texts, (), lambda: [draw_nodes(nodes)])
    return Path(output)


def draw_nodes(nodes: Nodes) -> Plot:
    """Energy, area, margin and yield by technology and supply; a row that does not work is marked as such."""
    ratios = list(_RATIOS if nodes.copies else _RATIOS[:-1])
    figure, axes = style.panels(len(ratios), _HEIGHT * sum(ratios), ratios=ratios, sharex=True)
    _draw_energy(axes[0], nodes)
    _draw_area(axes[1], nodes)
    _draw_points(axes[2], nodes, "margin (mV)", lambda run: _scaled(run.values.get("margin_V"), 1e3))
    if nodes.copies:
        _draw_yield(axes[3], nodes)
    labels = [_label(run) for run in nodes.runs]
    axes[-1].set_xticks(range(len(labels)), labels)
    axes[-1].set_xlim(-0.6, len(labels) - 0.2)  # room for the values at the right
    for axis in axes[1:3]:
        axis.set_ylim(0, 1.15 * axis.get_ylim()[1])
    failing = [_label(run).replace("\n", " at ") for run in nodes.runs if run.status is not Status.WORKS]
    caption = (
        f"{nodes.circuit}, simulated in ngspice at the typical corner and 27 °C in each technology, at the supply that "
        "scales with its nominal one and at the circuit's own. Energies and area in the scope `circuit`; whiskers of "
        "the area: range of pitch and row height"
        + (f"; yield of {nodes.copies} random copies with its 95 % interval." if nodes.copies else ".")
        + (f" Does not work: {', '.join(failing)}." if failing else "")
    )
    alt = f"Energy, area, margin{' and yield' if nodes.copies else ''} of {nodes.circuit} by technology."
    return Plot("nodes", f"{nodes.circuit} in several technologies", caption, alt, figure)


def _label(run: NodeRun) -> str:
    return run.technology.name + ("" if run.v_dd_V is None else f"\n{run.v_dd_V:g} V")


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value


def _draw_energy(axes: Axes, nodes: Nodes) -> None:
    for index, (name, label) in enumerate(_SERIES):
        points = [(x, v) for x, run in enumerate(nodes.runs) if (v := run.values.get(name))]
        if points:
            x, values = zip(*points, strict=True)
            colour, marker = style.CYCLE[index], style.MARKERS[index]
            axes.plot(x, values, linestyle="none", label=label, color=colour, marker=marker)
            for at, value in points:
                style.label(axes, _joules(value), (at, value), (7, 0))
    axes.set_yscale("log")
    axes.margins(y=0.15)
    axes.set_ylabel("energy (J)")
    for x, run in enumerate(nodes.runs):
        if run.status is not Status.WORKS:
            at = {"transform": axes.get_xaxis_transform(), "rotation": 90, "ha": "center", "va": "center"}
            axes.text(x, 0.5, "does not work", None, **at)
    if any(run.values for run in nodes.runs):
        axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=2, frameon=False)


def _joules(value: float) -> str:
    from ipcircuit.units import si

    return si(value, "J", 3)


def _draw_area(axes: Axes, nodes: Nodes) -> None:
    for x, run in enumerate(nodes.runs):
        area, low, high = (run.values.get(name) for name in ("circuit_area_um2", "area_low_um2", "area_high_um2"))
        if area is not None and low is not None and high is not None:
            # An overhang counts in the area, not in the bounds of the logic: no whisker is negative.
            whiskers = [[max(0.0, area - low)], [max(0.0, high - area)]]
            axes.errorbar(x, area, whiskers, marker="o", color=style.BLUE, capsize=4)
            style.label(axes, f"{area:.3g}", (x, area), (7, 0))
    axes.set_ylabel("area (µm²)")


def _draw_points(axes: Axes, nodes: Nodes, label: str, value: Callable[[NodeRun], float | None]) -> None:
    for x, run in enumerate(nodes.runs):
        if (y := value(run)) is not None:
            axes.plot(x, y, marker="s", color=style.VERMILION)
            style.label(axes, f"{y:.3g}", (x, y), (7, 0))
    axes.set_ylabel(label)


def _draw_yield(axes: Axes, nodes: Nodes) -> None:
    for x, run in enumerate(nodes.runs):
        if run.yield_interval is not None and run.copies and run.working is not None:
            share = 100 * run.working / run.copies
            low, high = (100 * end for end in run.yield_interval)
            whiskers = [[share - low], [high - share]]
            axes.errorbar(x, share, whiskers, marker="^", color=style.GREEN, capsize=4)
            style.label(axes, f"{share:.0f}", (x, share), (7, 0))
    axes.set_ylabel("yield (%)")
    axes.set_ylim(0, 105)
