"""Area by component and accounting scope, both circuits."""

from __future__ import annotations

from matplotlib.axes import Axes

from energy.characterize import Characterization
from energy.cost import SCOPES
from reports.figures import style
from reports.figures.plot import Plot
from reports.ledger.record import published
from reports.page.context import RunContext

CIRCUITS = ("comparator", "differential")


def _value(axes: Axes, area: float, y: float, edge: float | None = None) -> None:
    axes.annotate(
        f"{area:.3g} µm²",
        (edge or area, y),
        (6, 0),
        textcoords="offset points",
        va="center",
        fontsize=9.5,
        bbox=style.LABEL_BOX,
        zorder=5,
    )


def _scopes(axes: Axes, found: list[Characterization]) -> None:
    rows = [(c, scope) for c in found for scope in SCOPES]
    for y, (c, scope) in enumerate(rows):
        area, index = c.areas[scope], CIRCUITS.index(c.cost.circuit)
        error = [[area.total_um2 - area.low_um2], [area.high_um2 - area.total_um2]]
        axes.barh(
            y,
            area.total_um2,
            xerr=error if area.high_um2 > area.low_um2 else None,
            height=0.66,
            lw=0.6,
            color=(style.SKY, style.ORANGE)[index],
            edgecolor=style.BLACK,
            hatch=("", "//")[index],
            capsize=3,
        )
        _value(axes, area.total_um2, y, area.high_um2)
    axes.axvline(
        published("A9.paper"), color=style.VERMILION, ls="--", lw=1.5, label="published: 24 transistors, 1.5 µm²"
    )
    axes.axvline(published("A9.core"), color=style.PURPLE, ls=":", lw=2, label="published: core device, 0.03 µm²")
    axes.set_yticks(range(len(rows)), [f"{c.cost.circuit}\n{scope}" for c, scope in rows])
    axes.set(title="by scope", xlabel="area (µm²)")
    style.legend_below(axes, 1)


def _components(axes: Axes, found: list[Characterization]) -> None:
    rows = [
        (c.cost.circuit, name, area)
        for c in found
        for name, area in c.areas["system"].breakdown_um2.items()
        if area > 0
    ]
    rows += [(c.cost.circuit, "MTJs, above the logic", c.areas["circuit"].mtj_um2) for c in found]
    rows.sort(key=lambda row: CIRCUITS.index(row[0]))
    labelled: set[str] = set()
    for y, (circuit, name, area) in enumerate(rows):
        index, above = CIRCUITS.index(circuit), name.startswith("MTJs")
        axes.barh(
            y,
            area,
            height=0.66,
            color="white" if above else (style.SKY, style.ORANGE)[index],
            edgecolor=style.BLACK,
            lw=0.6,
            hatch=("", "//")[index],
            label=None if circuit in labelled else circuit,
        )
        labelled.add(circuit)
        _value(axes, area, y)
    axes.set_yticks(range(len(rows)), [name.replace("_", " ") for _, name, _ in rows])
    axes.set(title="every component of the system scope", xlabel="area (µm²)")
    style.legend_below(axes, 2)


def draw(context: RunContext) -> Plot:
    """Totals by scope, and components, on logarithmic axes."""
    found = [context.characterization(circuit) for circuit in CIRCUITS]
    figure, axes = style.panels(2, 9.6, ratios=[1, 1.25])
    _scopes(axes[0], found)
    _components(axes[1], found)
    for panel in axes:
        panel.set_xscale("log")
        panel.set_xlim(0.015, 900)
        panel.set_ylim(len(panel.get_yticks()) - 0.4, -0.6)
        panel.grid(False, axis="y")
    last = found[-1]
    driver = last.driver
    assert driver is not None  # an MTJ neuron is driven by pulses
    return Plot(
        "area",
        "Area by component and scope",
        "Area from the transistors and cells counted in the simulated netlists; not laid out. Scopes: paper = "
        "transistors times 80 F² at F = 28 nm, circuit = standard cells, system = also one write driver per "
        f"neuron, sized for the simulated peak current ({1e3 * driver.peak_current_A:.2f} mA at "
        f"{driver.peak_voltage_V:.2f} V for the {last.cost.circuit} neuron). Whiskers: range of layout pitches. "
        "Cell pitches and the driver's devices are assumed within published ranges. MTJs lie above the logic and "
        "add nothing where they do not overhang (open bars).",
        f"{last.cost.circuit}: {', '.join(f'{s} {last.areas[s].total_um2:.3g} µm²' for s in SCOPES)}. The write "
        "driver is far larger than everything else.",
        figure,
    )
