"""The command `study drift`: ambient drift against the memory of the thermal MTJ neurons."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from ipcircuit.cli import console, options, values
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Output, Set

LARGEST_SPAN_K = 80.0


def command(
    span: Annotated[
        float,
        values.number("--span", low=0.1, high=LARGEST_SPAN_K, unit="K", help="Largest offset from 27 °C, in kelvin."),
    ] = 10.0,
    set_: Set = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """How many kelvin of ambient drift erase the memory of a thermal MTJ neuron, alone and in a differential pair.

    Comparator and differential neuron are simulated at temperatures around 27 °C, with the drive of 27 °C.
    """
    from energy.variation.drift import drift
    from reports.drift import write_drift

    with console.progress_bar("ambient drift") as progress:
        result = drift(span, options.overrides(set_), n_jobs=jobs, progress=progress)
    if output is not None:
        write_drift(output, result)
    data = result.to_json()
    console.print_json(data) if json else show(data, output)


def show(result: Mapping[str, Any], output: Path | None) -> None:
    """The kelvins of each reading, then midpoint and output over the offsets."""
    first, last = result["signals"][0], result["signals"][-1]
    predicted, readings = result["predicted"], result["readings"]
    rows = [
        (
            r["reading"],
            f"{1e3 * r['fall_V_per_K']:.3f}",
            f"{1e3 * r['fall_of_compact_model_V_per_K']:.3f}",
            *(f"{r[name]:.3g}" for name in ("kelvin_erasing_first", "kelvin_erasing_last", "kelvin_tolerated")),
            f"{100 * r['signal_change_per_K']:+.1f}",
        )
        for r in readings
    ]
    columns = ["reading", "fall (mV/K)", "model (mV/K)", "erased (K)", "faded (K)", "tenth (K)", "signal (%/K)"]
    below = "\n".join(
        [
            f"fall of the midpoint in ngspice and in the compact model, set amplitude {result['amplitude_V']:g} V",
            f"erased: drift worth the memory of an operation, {1e3 * first['V']:.1f} mV one cycle later; faded: after "
            f"{last['idle_cycles']} idle cycles, {1e3 * last['V']:.1f} mV; tenth: worth a tenth of the former",
            "pair: the reference's midpoint falls with the room as the other's (assumed); insensitive: not at all",
            f"switching by agitation predicts {1e3 * predicted['fall_V_per_K']:.2f} mV/K (Δ = "
            f"{predicted['stability']:.0f}), fitted are {1e3 * predicted['fitted_V_per_K']:.2f} for an assumed "
            f"{1e-3 * predicted['thermal_resistance_K_per_W']:g} kK/W",
            *console.file_lines(output),
        ]
    )
    console.print_table("memory against ambient drift", columns, rows, right=columns[1:], below=below)
    rows = [
        (f"{kelvin:+g}", *(cell for r in readings for cell in _point(r, i)))
        for i, kelvin in enumerate(result["offsets_K"])
    ]
    columns = ["K", *(name for r in ("single", "pair", "insens.") for name in (f"{r} (mV)", f"{r} out"))]
    console.print_table("midpoint and mean output over the offset from 27 °C", columns, rows, right=columns)


def _point(reading: Mapping[str, Any], index: int) -> tuple[str, str]:
    return f"{1e3 * reading['midpoint_V'][index]:.2f}", f"{reading['output'][index]:.4f}"
