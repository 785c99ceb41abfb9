"""Memory energy beside GPU and digital accelerator."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from energy.compare import ComparisonRow, EventWorkload
from energy.cost import SCOPES
from energy.intervals import LABELS
from energy.intervals import Kind as IntervalKind
from ipcircuit.units import si
from reports import simulated
from reports.figures import style
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.section import Run
from reports.thermal_mtj.circuit import (
    DIFFERENTIAL,
    MANY,
    baseline_rows,
    device_energy,
    device_row,
    published_energy,
    setting,
)

PROSE = Prose(__file__)


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
