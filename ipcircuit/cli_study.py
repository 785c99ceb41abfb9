"""``ipcircuit study …``: experiments that go beyond one circuit. One command each, heavy imports inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit import console
from ipcircuit.cli_memory import memory
from ipcircuit.units import si

app = typer.Typer(name="study", help="Experiments with networks of these neurons.", no_args_is_help=True)

Quick = Annotated[bool, typer.Option("--quick", help="Few repetitions and samples, as in the report.")]
Seed = Annotated[int, typer.Option(help="Of the first repetition; the same seed gives the same numbers.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Folder for JSON, tables, figures and a deck.")]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Worker processes; default: one per core.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@app.callback()
def _group() -> None:
    """Experiments with networks of these neurons."""  # a callback keeps `study` a group while it has one command


@app.command()
def filters(
    quick: Quick = False, seed: Seed = 0, output: Output = None, jobs: Jobs = None,
    json: Json = False,
) -> None:  # fmt: skip
    """ECRAM synapses as temporal filters: preferred rates against their prediction, and a task that needs them."""
    from circuits.catalog import load
    from energy.characterize import characterize
    from network.filters.comparison import CIRCUIT_SCALE, CIRCUIT_SPIKES, QUICK_SPIKES, compare_filters
    from network.filters.study import StudyOptions, run_study

    options = StudyOptions.quick(seed) if quick else StudyOptions(seed)
    with console.progress_bar("response against rate") as progress:
        scales = (CIRCUIT_SCALE,) if quick else (1.0, CIRCUIT_SCALE)
        spikes = QUICK_SPIKES if quick else CIRCUIT_SPIKES
        rows = compare_filters(circuit_scales=scales, circuit_spikes=spikes, n_jobs=jobs, progress=progress)
    with console.progress_bar("training and testing") as progress:
        study = run_study(options, characterize(load("delay_feedback_lif"), n_jobs=jobs), progress)
    result = {"filters": [row.to_json() for row in rows], "task": study.to_json()}
    if output is not None:
        from reports.filter_files import write_filter_study

        write_filter_study(output, rows, study, result)
    if json:
        console.print_json(result)
    else:
        _show_filters(result["filters"])
        _show_models(result["task"], output)


app.command()(memory)


def _show_filters(rows: Sequence[Mapping[str, Any]]) -> None:
    columns = ["mean time constants", "predicted", "by events", "off events", "ngspice", "off ngspice", "contrast"]
    cells = [
        (
            f"{si(r['tau_facilitating_s'], 's', 3)} / {si(r['tau_depressing_s'], 's', 3)}",
            *(_hertz(r["predicted_rate_Hz"]), _hertz(r["measured_rate_Hz"]), _percent(r["deviation"])),
            *(_hertz(r["circuit_rate_Hz"]), _percent(r["circuit_deviation"]), _percent(r["measured_contrast"])),
        )
        for r in rows
    ]
    below = "off: prediction from the device's constants over what was found, less one; flat with the volatile part off"
    console.print_table("preferred rates of the filters", columns, cells, right=columns[1:], below=below)


def _show_models(task: Mapping[str, Any], output: Path | None) -> None:
    cells = []
    for r in task["models"]:
        span = "…".join(f"{100 * end:.1f}" for end in r["interval"] or ())
        energies = [si(e, "J") if e is not None else "" for e in r["energy_J"].values()]
        cells.append((r["model"], _percent(r["accuracy"]), span, *energies))
    columns = ["model", "accuracy", "95 % (%)", "paper", "circuit", "system"]
    below = [f"chance {_percent(task['chance'])}; 95 %: Student's interval of the mean; energy per sample by scope"]
    below += [f"{r['model']}: {r['note']}" for r in task["models"]]
    below += [f"files in {output}"] if output else []
    console.print_table("interval patterns of equal spike count", columns, cells, right=columns[1:],
                        below="\n".join(below))  # fmt: skip


def _hertz(value: float | None) -> str:
    return "" if value is None else si(value, "Hz", 3)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"
