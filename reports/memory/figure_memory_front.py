"""Accuracy against energy of the memory over N, decay and pulse amplitude, in the three accounting scopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from energy.cost import SCOPES
from network.experiments.memory.capacity import FRONT_N
from reports.figures import style
from reports.figures.plot import Plot
from reports.memory.memory_capacity import capacity
from reports.page.context import RunContext

_TICKS = (2, 5, 10, 20, 50, 100, 200)  # µJ

Rows = Sequence[Mapping[str, Any]]


def _scope(axes: Axes, rows: Rows, scope: str) -> None:
    """Colour by decay, marker by amplitude; the best ones in a line, with their N."""
    decays, volts = (sorted({row[name] for row in rows}) for name in ("gamma", "item_V"))
    for row in rows:
        i, j = decays.index(row["gamma"]), volts.index(row["item_V"])
        best = row[f"{scope}_best"]
        error = None if row["high"] is None else 100 * (row["high"] - row["PR"])
        axes.errorbar(
            1e6 * row[f"{scope}_J"],
            100 * row["PR"],
            yerr=error,
            fmt=style.MARKERS[j],
            color=style.CYCLE[i],
            ms=7,
            mfc=style.CYCLE[i] if best else "white",
            mew=1.4,
            lw=1.0,
            zorder=3,
        )
    front = sorted((row for row in rows if row[f"{scope}_best"]), key=lambda row: row[f"{scope}_J"])
    axes.step(
        [1e6 * row[f"{scope}_J"] for row in front],
        [100 * row["PR"] for row in front],
        where="post",
        color=style.GREY,
        lw=1.0,
    )
    axes.set_xscale("log")
    axes.set(title=f"{scope} scope", ylabel="PR (%)")


def _number(axes: Axes, rows: Rows, scope: str) -> None:
    """N above the best network of each N."""
    for neurons in sorted({row["neurons"] for row in rows}):
        same = [row for row in rows if row["neurons"] == neurons]
        top = max(row["PR"] for row in same)
        middle = (min(row[f"{scope}_J"] for row in same) * max(row[f"{scope}_J"] for row in same)) ** 0.5
        axes.annotate(
            f"N = {neurons:.0f}",
            (1e6 * middle, 100 * top),
            (0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=9.5,
        )


def _words(row: Mapping[str, Any]) -> str:
    return f"N = {row['neurons']:.0f}, γ = {row['gamma']:.2f}, {row['item_V']:.2f} V ({100 * row['PR']:.0f} %)"


def draw(context: RunContext) -> Plot:
    """One panel per scope."""
    found = capacity(context)
    rows = found.front()
    figure, axes = style.panels(len(SCOPES), 8.6, sharex=True, sharey=True)
    for panel, scope in zip(axes, SCOPES, strict=True):
        _scope(panel, rows, scope)
        _number(panel, rows, scope)
        panel.margins(x=0.08, y=0.16)
    axes[-1].set_xlabel("memory energy per trial (µJ)")
    axes[-1].set_xticks(_TICKS, [f"{x:g}" for x in _TICKS])
    axes[-1].xaxis.set_minor_formatter(NullFormatter())
    for i, gamma in enumerate(sorted({row["gamma"] for row in rows})):
        own = any(row["gamma"] == gamma and row["own"] for row in rows)
        axes[-1].plot([], [], "s", color=style.CYCLE[i], label=f"γ = {gamma:.2f}{', own' if own else ''}")
    for j, volts in enumerate(sorted({row["item_V"] for row in rows})):
        axes[-1].plot([], [], style.MARKERS[j], color=style.BLACK, mfc="white", label=f"{volts:.2f} V")
    style.legend_below(axes[-1], 3, anchor=(0.45, -0.28))
    best = [row for row in rows if row["circuit_best"]]
    names = ", ".join(_words(row) for row in best)
    return Plot(
        "memory_front",
        "Accuracy against energy",
        f"PR on n-back, n = {FRONT_N}, against the energy of the memory per trial: pulses of the input layer, counted "
        "while the network ran, times the differential neuron simulated in ngspice at that amplitude. Filled, on the "
        "line: no other network is as cheap and as good. Colour is the decay per step (one pole), the marker the "
        f"amplitude. {found.origin}.",
        f"In the circuit scope the networks that no other beats are {names}.",
        figure,
    )
