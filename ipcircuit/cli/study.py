"""``ipcircuit study …``: experiments that go beyond one circuit. One command each, heavy imports inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console
from ipcircuit.cli.capacity import capacity
from ipcircuit.cli.memory import memory
from ipcircuit.errors import InputError
from ipcircuit.units import si

app = typer.Typer(name="study", help="Experiments with networks of these neurons.", no_args_is_help=True)

Quick = Annotated[bool, typer.Option("--quick", help="Few repetitions and samples, as in the report.")]
Seed = Annotated[int, typer.Option(help="Of the first repetition; the same seed gives the same numbers.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Folder for JSON, tables, figures and a deck.")]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Worker processes; default: one per core.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Few = Annotated[bool, typer.Option("--quick", help="Fewer points, and no fine-tuning in the sweeps.")]
Seeds = Annotated[int, typer.Option(min=1, help="Trainings; intervals are over them.")]


def _folder(path: Path | None) -> Path | None:
    if path is not None and path.exists() and not path.is_dir():
        raise InputError("not a folder", where=f"--data {path}", allowed="a folder; unpack an archive first")
    return path


Data = Annotated[
    Path | None,
    typer.Option(
        help="Folder with CIFAR-10, CIFAR10-DVS or DVS128 Gesture; default: the embedded sets.", callback=_folder
    ),
]
Circuit = Annotated[str | None, typer.Option(help="Neuron circuit whose energy per spike is counted; default: none.")]


@app.callback()
def _group() -> None:
    """Experiments with networks of these neurons."""  # a callback keeps `study` a group while it has one command


@app.command()
def filters(
    quick: Quick = False,
    seed: Seed = 0,
    output: Output = None,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """ECRAM synapses as temporal filters: preferred rates against their prediction, and a task that needs them."""
    from circuits.catalog import load
    from energy.characterize import characterize
    from network.experiments.filters.comparison import CIRCUIT_SCALE, CIRCUIT_SPIKES, QUICK_SPIKES, compare_filters
    from network.experiments.filters.study import StudyOptions, run_study

    options = StudyOptions.quick(seed) if quick else StudyOptions(seed)
    with console.progress_bar("response against rate") as progress:
        scales = (CIRCUIT_SCALE,) if quick else (1.0, CIRCUIT_SCALE)
        spikes = QUICK_SPIKES if quick else CIRCUIT_SPIKES
        rows = compare_filters(circuit_scales=scales, circuit_spikes=spikes, n_jobs=jobs, progress=progress)
    with console.progress_bar("training and testing") as progress:
        study = run_study(options, characterize(load("delay_feedback_lif"), n_jobs=jobs), progress)
    result = {"filters": [row.to_json() for row in rows], "task": study.to_json()}
    if output is not None:
        from reports.filters.filter_files import write_filter_study

        write_filter_study(output, rows, study, result)
    if json:
        console.print_json(result)
    else:
        _show_filters(result["filters"])
        _show_models(result["task"], output)


@app.command()
def signed(
    data: Data = None,
    quick: Few = False,
    seeds: Seeds = 5,
    circuit: Circuit = None,
    output: Output = None,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Ideal against device neurons in one network: accuracy, gap with interval, sweeps over fit error and noise."""
    from network.experiments.signed.plan import Plan, quick_plan
    from network.experiments.signed.study import run_signed_study
    from network.experiments.signed.tasks import tasks_for

    cost = None
    if circuit is not None:
        from circuits.catalog import load
        from energy.characterize import characterize

        cost = characterize(load(circuit), n_jobs=jobs).cost
    tasks, plan = tasks_for(data, quick=quick), quick_plan(seeds) if quick else Plan(seeds)
    with console.progress_bar("training and testing") as progress:
        result = run_signed_study(tasks, plan, cost, progress, n_jobs=jobs or (-1 if data is None else 1))
    if output is not None:
        from reports.signed_mtj.signed_files import write_signed_study

        write_signed_study(output, result)
    if json:
        console.print_json(result)
    else:
        _show_signed(result, output)


@app.command()
def window(
    quick: Quick = False,
    seed: Seed = 1,
    output: Output = None,
    json: Json = False,
    points: Annotated[int, typer.Option(min=2, help="Points per side of the map.")] = 40,
    shape: Annotated[str, typer.Option(help="Body of the free layer: prism, ellipsoid or cylinder.")] = "cylinder",
    current: Annotated[
        list[float] | None, typer.Option(help="A/m², once per map; default: 1e12, 1.5e12 and 2e12.")
    ] = None,
    ra: Annotated[
        float | None, typer.Option(help="Barrier's RA in ohm m²: a current beyond its breakdown is refused.")
    ] = None,
) -> None:
    """Free layers that make a signed neuron: map over two sides and current, edges, yield, 250 to 400 K."""
    from ipcircuit.devices.orthogonal_mtj.design_window_map import CURRENTS, Plane
    from reports.signed_mtj.window_study import TEMPERATURES, run_window_study, write_window_study

    currents = _currents(current or CURRENTS, ra)
    plane, kelvin = Plane(points=min(points, 16) if quick else points), TEMPERATURES[1:2] if quick else TEMPERATURES
    samples, devices = (2, 50) if quick else (6, 200)
    with console.progress_bar("design window") as progress:
        study = run_window_study(
            plane=plane,
            currents=currents,
            shape=shape,
            samples=samples,
            devices=devices,
            temperatures=kelvin,
            seed=seed,
            progress=progress,
        )
    if output is not None:
        write_window_study(output, study)
    result = study.to_json()
    if json:
        console.print_json(result)
    else:
        _show_window(result, output)


def _currents(currents: Sequence[float], ra: float | None) -> tuple[float, ...]:
    """The current densities (A/m²), checked; against a barrier's breakdown where its `ra` (ohm m²) is given."""
    from ipcircuit.devices.orthogonal_mtj.device import check_current, declare

    for density in currents:
        if not 1e9 <= density <= 1e14:  # also true of NaN
            raise InputError("current out of range", where="--current", found=density, allowed="1e9 … 1e14 A/m²")
        if ra is not None:
            check_current(declare().with_parameters(ra=ra), density, where="--ra")
    return tuple(currents)


def _show_window(study: Mapping[str, Any], output: Path | None) -> None:
    columns = ["current density (A/m²)", "edge", "slope", "intercept (nm)", "R²", "off the line (nm)"]
    cells = [
        (
            f"{e['current_density']:.3g}",
            e["kind"],
            f"{e['slope']:.3f}",
            f"{1e9 * e['intercept']:.1f}",
            f"{e['r2']:.4f}",
            f"{1e9 * e['rms']:.2f}",
        )
        for e in study["edges"]
    ]
    plane = study["plane"]
    below = f"{plane['y']} = slope · {plane['x']} + intercept; R² says nothing of a level edge (ceiling, relaxing)"
    console.print_table("edges of the window", columns, cells, right=columns[2:], below=below)
    columns = ["current density (A/m²)", "temperature (K)", "working", "95 % (%)"]
    cells = [
        (
            f"{y['current_density']:.3g}",
            f"{y['temperature_K']:g}" if y["temperature_K"] else "no agitation",
            f"{y['working']}/{y['samples']}",
            "…".join(f"{100 * end:.0f}" for end in y["interval"]),
        )
        for y in study["yields"]
    ]
    below = "sides vary by the same standard deviation (assumed)" + (f"\nfiles in {output}" if output else "")
    console.print_table("10 × 45 × 50 nm under variation", columns, cells, right=columns[1:], below=below)


app.command()(memory)
app.command()(capacity)


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
    console.print_table(
        "interval patterns of equal spike count", columns, cells, right=columns[1:], below="\n".join(below)
    )


def _show_signed(result: Mapping[str, Any], output: Path | None) -> None:
    columns = ["neurons", "swapped", "gap", "95 %", "tuned", "gap", "95 %"]
    for task in result["tasks"]:
        cells = [(row["variant"], *_accuracy(row, "swapped"), *_accuracy(row, "tuned")) for row in task["variants"]]
        below = ["gap: ideal less other of the same training, in percentage points; 95 %: Student's interval"]
        if task["energy"] is not None:
            found = [f"{r['scope']} {si(r['energy_by_spikes_J'], 'J')}" for r in task["energy"]]
            below += [f"energy of the neurons' spikes per sample: {', '.join(found)}"]
        below += [f"files in {output}"] if output else []
        console.print_table(
            f"{task['task']}: {task['what']}", columns, cells, right=columns[1:], below="\n".join(below)
        )


def _accuracy(row: Mapping[str, Any], kind: str) -> tuple[str, str, str]:
    accuracy, gap = f"{row[f'{kind}_accuracy']['mean']:.1f} %", row[f"{kind}_gap"]
    if gap is None:
        return accuracy, "", ""
    return accuracy, f"{gap['mean']:.1f}", "" if gap["low"] is None else f"{gap['low']:.1f}…{gap['high']:.1f}"


def _hertz(value: float | None) -> str:
    return "" if value is None else si(value, "Hz", 3)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"
