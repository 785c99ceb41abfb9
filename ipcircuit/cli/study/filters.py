"""The command `study filters`: ECRAM synapses as temporal filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, options
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Output, Seed
from ipcircuit.units import si


def command(
    quick: Annotated[bool, typer.Option("--quick", help="Few repetitions and samples, as in the report.")] = False,
    seed: Seed = 0,
    output: Output = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """ECRAM synapses as temporal filters: preferred rates against their prediction, and a task that needs them."""
    from energy.characterize import characterize
    from network.experiments.filters.comparison import CIRCUIT_SCALE, CIRCUIT_SPIKES, QUICK_SPIKES, compare_filters
    from network.experiments.filters.experiment import FilterOptions, run_filters

    plan = FilterOptions.quick(seed) if quick else FilterOptions(seed)
    with console.progress_bar("response against rate") as progress:
        scales = (CIRCUIT_SCALE,) if quick else (1.0, CIRCUIT_SCALE)
        spikes = QUICK_SPIKES if quick else CIRCUIT_SPIKES
        rows = compare_filters(circuit_scales=scales, circuit_spikes=spikes, n_jobs=jobs, progress=progress)
    with console.progress_bar("training and testing") as progress:
        testbench = options.testbench_of("delay_feedback_lif")
        study = run_filters(plan, characterize(testbench, n_jobs=jobs), progress)
    result = {"filters": [row.to_json() for row in rows], "task": study.to_json()}
    if output is not None:
        from reports.filters.files import write_filter_study

        write_filter_study(output, rows, study, result)
    console.print_json(result) if json else show_filters(result, output)


def show_filters(result: Mapping[str, Any], output: Path | None) -> None:
    """The preferred rates, then the scores of the task."""
    _show_rates(result["filters"])
    _show_models(result["task"], output)


def _show_rates(rows: Sequence[Mapping[str, Any]]) -> None:
    rates = [[r[f"{name}_rate_Hz"] for name in ("predicted", "measured", "circuit")] for r in rows]
    label, texts = console.scaled(rates, "Hz", missing="")
    cells = [
        (
            f"{si(r['tau_facilitating_s'], 's', 3)} / {si(r['tau_depressing_s'], 's', 3)}",
            *(predicted, events, console.percent(r["deviation"])),
            *(circuit, console.percent(r["circuit_deviation"]), console.percent(r["measured_contrast"])),
        )
        for r, (predicted, events, circuit) in zip(rows, texts, strict=True)
    ]
    columns = [
        "mean time constants",
        *(f"predicted{label}", f"by events{label}", "off events (%)"),
        *(f"ngspice{label}", "off ngspice (%)", "contrast (%)"),
    ]
    below = "off: prediction from the device's constants over the result, less one; flat with the volatile part off"
    console.print_table("preferred rates of the filters", columns, cells, right=columns[1:], below=below)


def _show_models(task: Mapping[str, Any], output: Path | None) -> None:
    rows = task["models"]
    label, energies = console.scaled([list(r["energy_J"].values()) for r in rows], "J", missing="")
    cells = []
    for r, texts in zip(rows, energies, strict=True):
        low, high = r["interval"] or (None, None)
        cells.append((r["model"], console.percent(r["accuracy"]), console.interval(low, high, console.percent), *texts))
    columns = ["model", "accuracy (%)", "95 % (%)", *(scope + label for scope in ("paper", "circuit", "system"))]
    below = [
        f"chance {console.percent(task['chance'])} %; 95 %: Student's interval of the mean; energy per sample by scope"
    ]
    below += [f"{r['model']}: {r['note']}" for r in rows]
    title = "interval patterns of equal spike count"
    console.print_table(
        title, columns, cells, right=columns[1:], below="\n".join([*below, *console.file_lines(output)])
    )
