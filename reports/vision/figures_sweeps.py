"""Accuracy in both orders by position of the memory, N and time between frames (Liu et al., Figs. 4f, S11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from ipcircuit.compact.thermal_mtj.neuron import pulse_heat
from ipcircuit.units import si
from network.experiments.runs import Cell, Estimate
from network.experiments.vision.cells import FRAME_WISE, IPNET
from network.models.vision.layers import EVENT_AMPLITUDE
from network.neurons.thermal_mtj.device import NeuronDevice, load_device
from reports.figures import style
from reports.figures.plot import Plot
from reports.ledger.record import published
from reports.prose import Prose
from reports.section import Run
from reports.vision.marks import HOLLOW, draw_share
from reports.vision.results import PUBLISHED_SET, VisionSet, origins, vision_sets

PROSE = Prose(__file__)

PUBLISHED_AT = {"input": "A16.input", "stem": "A16.first_conv", "output": "A16.output"}
PUBLISHED_N = {1: "A17.n1", 32: "A17.n32"}
PLACES = {"input": "input", "stem": "first\nlayer", "output": "before\noutput"}  # of positions, for an axis


def positions(run: Run) -> Plot:
    """Fig. 4f: accuracy in both orders by the position of the layer with the memory."""
    sets = vision_sets(run)
    names = ["input", *dict.fromkeys(p for chosen in sets for p in chosen.preset.positions)]
    figure, (axes,) = style.panels(1, 4.3)
    for i, chosen in enumerate(sets):
        points = [(x, chosen.accuracy(chosen.at(name))) for x, name in enumerate(names)]
        _series(axes, [(x, v) for x, v in points if v is not None], i, chosen)
    for x, name in enumerate(names):
        if name in PUBLISHED_AT:
            axes.plot(x, published(PUBLISHED_AT[name]), "D", **HOLLOW)
    _published_label(axes, "D")
    axes.set_xticks(range(len(names)), [PLACES.get(n, n.replace("stage", "stage ")) for n in names])
    axes.set(ylabel="accuracy in both orders (%)", xlabel="position of the layer with the memory", ylim=(38, 103))
    style.legend_below(axes, 2, points=55)
    return PROSE.plot("vision_positions", figure, origins=origins(sets), reading=_points(sets, "positions"))


def _sets_with(run: Run, cells: Callable[[VisionSet], Sequence[Cell]]) -> list[VisionSet]:
    """Sets of which at least one of a figure's cells was run: no line, label or origin of the others."""
    return [chosen for chosen in vision_sets(run) if any(chosen.accuracy(cell) for cell in cells(chosen))]


def _series(axes: Axes, points: Sequence[tuple[float, Estimate]], index: int, chosen: VisionSet) -> None:
    """Estimates of a set as a line with intervals, and half of what its frame-wise network has forwards."""
    colour, half = style.CYCLE[index], chosen.accuracy(chosen.forwards(FRAME_WISE))
    axes.plot([x for x, _ in points], [100 * v.mean for _, v in points], style.LINES[0], color=colour)
    for x, value in points:
        draw_share(axes, x, 0, value, fmt=style.MARKERS[index], color=colour)
    label = f"{chosen.title}, N = {chosen.neurons}"
    axes.plot([], [], style.MARKERS[index] + "-", color=colour, label=label)
    if half is not None:
        words = f"half of ResNet18, {chosen.title}"
        axes.axhline(50 * half.mean, color=colour, ls=style.LINES[1 + index % 3], lw=1.1, label=words)


def _published_label(axes: Axes, marker: str) -> None:
    axes.plot([], [], marker, label=f"published, {PUBLISHED_SET}", **HOLLOW)


def ensembles(run: Run) -> Plot:
    """Fig. S11: accuracy against N, trained with the first part of the frames."""
    sets = _sets_with(run, lambda chosen: [chosen.part(IPNET, {"neurons": n}) for n in chosen.preset.neurons])
    figure, (axes,) = style.panels(1, 4.1)
    for i, chosen in enumerate(sets):
        points = [(n, chosen.accuracy(chosen.part(IPNET, {"neurons": n}))) for n in chosen.preset.neurons]
        known = [(n, value) for n, value in points if value is not None]
        axes.plot([n for n, _ in known], [100 * v.mean for _, v in known], "-", color=style.CYCLE[i])
        for n, value in known:
            draw_share(axes, n, 0, value, fmt=style.MARKERS[i], color=style.CYCLE[i])
        label = f"{chosen.title}, first {100 * chosen.preset.first:.0f} %"
        axes.plot([], [], style.MARKERS[i] + "-", color=style.CYCLE[i], label=label)
    for n, name in PUBLISHED_N.items():
        axes.plot(n, published(name), "D", **HOLLOW)
    axes.plot([], [], "D", label=f"published, {PUBLISHED_SET}, first 20 %", **HOLLOW)
    ticks = sorted({*PUBLISHED_N, *(n for chosen in sets for n in chosen.preset.neurons)})
    axes.set_xscale("log", base=2)
    axes.set_xticks(ticks, [str(n) for n in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(ylabel="accuracy in both orders (%)", xlabel="neurons per input, N")
    style.legend_below(axes, 2)
    return PROSE.plot("vision_ensembles", figure, origins=origins(sets), reading=_points(sets, "ensembles"))


def time_base(run: Run) -> Plot:
    """Accuracy against the time between two frames; below, the heat of a pulse that the next frame finds."""
    sets = _sets_with(run, lambda chosen: [chosen.every(period) for period in chosen.preset.periods_s])
    figure, (axes, below) = style.panels(2, 5.6, ratios=[1.5, 1.0], sharex=True)
    for i, chosen in enumerate(sets):
        periods = [(1e6 * p, chosen.accuracy(chosen.every(p))) for p in chosen.preset.periods_s]
        _series(axes, [(x, v) for x, v in periods if v is not None], i, chosen)
    spans = sorted({p for chosen in sets for p in chosen.preset.periods_s}) or [load_device().temporal.period]
    grid = [spans[0] * (spans[-1] / spans[0]) ** (k / 80) for k in range(81)]
    below.plot([1e6 * t for t in grid], [100 * heat_left(t) for t in grid], color=style.BLACK)
    below.set(xscale="log", xlabel="time between two frames (µs)", ylabel="heat found\nby the next (%)", ylim=(-4, 104))
    axes.set(ylabel="accuracy in\nboth orders (%)", ylim=(38, 103))
    style.legend_below(below, 2, handles=axes.get_legend_handles_labels()[0])
    burst, real = (heat_left(p) for p in (spans[0], spans[-1]))
    values = {"burst": spans[0], "slowest": spans[-1], "left": burst, "gone": 100 * real}
    return PROSE.plot("vision_time_base", figure, origins=origins(sets), reading=_points(sets, "time_base"), **values)


def heat_left(period_s: float) -> float:
    """Share of a pulse's midpoint shift that the next frame finds: 1 where it follows within one cycle."""
    device = load_device()
    burst, later = (_shift(each) for each in (device, device.with_period(period_s)))
    return later / burst


def _shift(device: NeuronDevice) -> float:
    t = device.temporal
    return sum(pulse_heat(*pole, EVENT_AMPLITUDE) for pole in zip(t.alpha, t.beta, t.delta, strict=True))


def _points(sets: Sequence[VisionSet], kind: str) -> str:
    """A curve in words: first and last value of each set."""
    parts = []
    for chosen in sets:
        if kind == "positions":
            values = [(name, chosen.at(name)) for name in ("input", *chosen.preset.positions)]
        elif kind == "ensembles":
            values = [(f"N = {n}", chosen.part(IPNET, {"neurons": n})) for n in chosen.preset.neurons]
        else:
            values = [(si(p, "s"), chosen.every(p)) for p in chosen.preset.periods_s]
        known = [(name, chosen.accuracy(cell)) for name, cell in values]
        if texts := [f"{name} {100 * value.mean:.1f} %" for name, value in known if value is not None]:
            parts.append(f"{chosen.title}: {', '.join(texts)}")
    return "; ".join(parts) or "No stored run"
