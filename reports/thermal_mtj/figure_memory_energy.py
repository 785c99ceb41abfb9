"""Memory energy per sample: GPU, digital accelerator and device, all scopes and several N, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from energy.compare import EventWorkload
from energy.cost import SCOPES
from ipcircuit.units import si
from reports.figures import style
from reports.figures.plot import Plot, setting
from reports.page.context import RunContext
from reports.thermal_mtj.sample_energy import CIRCUIT, NEURONS, baseline_rows, device_energy, published_energy

_LABEL = {"bbox": style.LABEL_BOX, "va": "center", "fontsize": 9.5}


def _device(axes: Axes, y: int, energies: Sequence[float], colour: str) -> None:
    """A filled mark at N = 1 and a bar from the second N to the last."""
    axes.plot(energies[0], y, "o", color=colour, ms=8, mec=style.BLACK, mew=0.6)
    axes.plot([energies[1], energies[-1]], [y, y], "-", color=colour, lw=5, alpha=0.6, solid_capstyle="butt")
    axes.plot(energies[1:], [y] * (len(energies) - 1), "|", color=style.BLACK, ms=10, mew=1.4)
    axes.annotate(si(energies[0], "J", 3), (energies[0], y), (-7, 0), textcoords="offset points", ha="right", **_LABEL)


def _name(system: str) -> str:
    """The system's name, short enough for an axis."""
    model, _, gpu = system.partition(" on ")
    parts = [part for part in model.split("-") if part != "ResNet18"]
    return f"GPU, {'-'.join(parts)}" if gpu else system.replace(" as tabled", "")


def draw(context: RunContext) -> Plot:
    """One row per system."""
    figure, (axes,) = style.panels(1, 6.6)
    names: list[str] = []
    for scope, colour in zip(("published", *SCOPES), (style.GREY, style.SKY, style.BLUE, style.GREEN), strict=True):
        energies = [published_energy(n) if scope == "published" else device_energy(context, scope, n) for n in NEURONS]
        if all(e is not None for e in energies):
            _device(axes, len(names), [e for e in energies if e is not None], colour)
            names.append("device, published" if scope == "published" else f"device, {scope}")
    for row in baseline_rows(context):
        assert row.energy_per_sample_J is not None  # baselines are read from tables
        digital = "digital" in row.system
        marker, colour = ("s", style.ORANGE) if digital else ("D", style.VERMILION)
        axes.plot(
            row.energy_per_sample_J,
            len(names),
            marker,
            color="white" if "45 nm" in row.system else colour,
            ms=8,
            mec=style.BLACK,
            mew=1,
        )
        side = {"xytext": (7, 0), "ha": "left"} if digital else {"xytext": (-7, 0), "ha": "right"}
        axes.annotate(
            si(row.energy_per_sample_J, "J", 3),
            (row.energy_per_sample_J, len(names)),
            textcoords="offset points",
            **side,
            **_LABEL,
        )
        names.append(_name(row.system))
    axes.plot([], [], "o", color=style.GREY, mec=style.BLACK, label="device, N = 1")
    axes.plot([], [], "-", color=style.GREY, lw=5, alpha=0.6, label=f"device, N = {', '.join(map(str, NEURONS[1:]))}")
    axes.plot([], [], "s", color=style.ORANGE, mec=style.BLACK, label="digital, estimated")
    axes.plot([], [], "D", color=style.VERMILION, mec=style.BLACK, label="GPU, published")
    axes.set_yticks(range(len(names)), names)
    axes.set_xscale("log")
    axes.set(xlabel="memory energy per sample (J)", xlim=(1.2e-6, 30), ylim=(len(names) - 0.4, -0.6))
    axes.grid(False, axis="y")
    style.legend_below(axes, 2, anchor=(0.35, -0.12))
    work, gpu = EventWorkload(), baseline_rows(context)[0].conditions["gpu"]
    return Plot(
        "memory_energy",
        "Memory energy per sample: GPU, digital and device",
        f"Energy of the memory function per DVS Gesture sample: {work.width} × {work.height} × {work.channels} "
        f"inputs, {100 * work.density:g} % active, {work.frames} frames, N neurons per input. Device: {CIRCUIT} "
        f"neuron, circuit simulated in {setting(context, [CIRCUIT])}, times the number of operations, in each "
        "accounting scope, beside the source's own figure. GPU: published increments over the memoryless backbone "
        f"on an {gpu}. Digital: the same recurrent layer on an accelerator, operation counts times published 45 nm "
        "energies (open), and scaled to 28 nm with an assumed factor (filled). Event transport is not counted in "
        "any of them.",
        "On a logarithmic axis from 1 µJ to 10 J: the device takes "
        f"{si(device_energy(context, 'paper', 1), 'J', 3)} (paper) to "
        f"{si(device_energy(context, 'system', 1), 'J', 3)} (system) at N = 1; GPU increments are 0.2 to 8 J.",
        figure,
    )
