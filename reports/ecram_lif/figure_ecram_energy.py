"""Energy per spike against membrane capacitance and supply, with C V² and the published 2 pJ beside it (C2)."""

from __future__ import annotations

from matplotlib.axes import Axes

from reports.ecram_lif.ecram_runs import CAPACITANCES, SUPPLIES, Point
from reports.figures import style
from reports.figures.plot import Plot
from reports.ledger.record import published
from reports.page.context import RunContext


def _of_supply(points: list[Point], supply: float) -> list[Point]:
    return [p for p in points if p.testbench.conditions.v_dd == supply and p.energy_J is not None]


def _is_slower(context: RunContext, point: Point) -> bool:
    return point.testbench.design.delay_s > context.ecram.testbench.design.delay_s


def _panel(axes: Axes, context: RunContext, *, relative: bool) -> None:
    for index, supply in enumerate(SUPPLIES):
        points, colour = _of_supply(context.ecram.grid, supply), style.CYCLE[index]
        pico = [1e12 * p.testbench.design.membrane_F for p in points]
        plain = [c * supply**2 for c in pico]
        energy = [1e12 * (p.energy_J or 0.0) / (c if relative else 1) for p, c in zip(points, plain, strict=True)]
        axes.plot(pico, energy, "-", color=colour, lw=1.2)
        for p, x, y in zip(points, pico, energy, strict=True):
            face = "white" if _is_slower(context, p) else colour
            axes.plot(x, y, style.MARKERS[index], color=colour, mfc=face, mew=1.5)
        axes.plot([], [], style.MARKERS[index] + "-", color=colour, label=f"{supply:.1f} V")
        if not relative:
            axes.plot(pico, plain, ":", color=colour, lw=1.4)


def draw(context: RunContext) -> Plot:
    """Two panels: the energy, and the energy over C V²."""
    figure, axes = style.panels(2, 8.4, ratios=[1.35, 1])
    _panel(axes[0], context, relative=False)
    _panel(axes[1], context, relative=True)
    stated = 1e12 * published("C2")
    axes[0].axhline(stated, color=style.BLACK, ls="--", lw=1.5, label=f"published: {stated:g} pJ")
    axes[0].plot([], [], ":", color=style.GREY, label="C·V² of the membrane")
    axes[0].plot([], [], "o", color=style.GREY, mfc="white", mew=1.5, ls="none", label="longer delay")
    axes[0].set_yscale("log")
    axes[0].set_yticks([0.3, 0.5, 1, 2, 5], ["0.3", "0.5", "1", "2", "5"])
    axes[0].set(title="energy per output spike", ylabel="energy (pJ)")
    axes[1].set(title="over C·V² of the membrane", ylabel="ratio")
    for panel in axes:
        panel.set_xscale("log")
        panel.set_xticks([1e12 * c for c in CAPACITANCES], [f"{1e12 * c:g}" for c in CAPACITANCES])
        panel.minorticks_off()
        panel.set(xlabel="membrane capacitance (pF)")
    style.legend_below(axes[1], 3, handles=axes[0].get_legend_handles_labels()[0], anchor=(0.45, -0.28))
    grid = context.ecram.grid
    slower = [p for p in grid if p.energy_J is not None and _is_slower(context, p)]
    names = "; ".join(
        f"{1e12 * p.testbench.design.membrane_F:g} pF at {p.testbench.conditions.v_dd:g} V: "
        f"{1e9 * p.testbench.design.delay_s:g} ns"
        for p in slower
    )
    missing = sum(p.energy_J is None for p in grid)
    c = context.ecram.testbench.conditions
    simulator = next(p.result.run.simulator for p in grid if p.result is not None)
    near = min((p for p in grid if p.energy_J is not None), key=lambda p: abs(1e12 * (p.energy_J or 0.0) - stated))
    low, high = (f(p.energy_J for p in grid if p.energy_J is not None) for f in (min, max))
    return Plot(
        "ecram_energy",
        "Energy per spike against capacitance and supply",
        f"Supply energy from one output spike to the next, input spikes 200 ns apart; {simulator}, 28 nm card at "
        f"{c.corner.upper()}, {c.temperature_C:g} °C, delay set by a bias. All circuit, no compact model. Dotted: C·V² "
        "on paper, tuned to nothing. Delay 10 ns and refractory time 15 ns, but where the membrane does not complete "
        "its "
        f"swing within them (open markers) both are longer; delay there: {names or 'none'}."
        + (f" {missing} of {len(grid)} points gave no energy." if missing else ""),
        f"Energy per spike between {1e12 * low:.2f} and {1e12 * high:.1f} pJ over the grid; nearest to the "
        f"published {stated:g} pJ: {1e12 * near.testbench.design.membrane_F:g} pF at "
        f"{near.testbench.conditions.v_dd:g} V.",
        figure,
    )
