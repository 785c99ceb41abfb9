"""The command line. Thin: each command reads its options, calls one function of the floor that does the work, prints.

This is the composition root: the one module that imports upper floors, inside the commands, so that ``list`` starts at
once and a SPICE-only command never loads torch. Exit codes: 0, 1 = a check failed, 2 = bad input or something missing.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ipcircuit.cli import console
from ipcircuit.cli import eval as cli_eval
from ipcircuit.cli import study as cli_study
from ipcircuit.cli import variation as cli_variation
from ipcircuit.cli.options import Circuit, Corner, Jobs, Json, Models, Seed, Set, Temperature
from ipcircuit.cli.options import overrides as _overrides
from ipcircuit.cli.options import testbench_of as _testbench
from ipcircuit.errors import InputError, IpcircuitError, MissingDependencyError
from ipcircuit.siblings import SIBLINGS, check_siblings

if TYPE_CHECKING:
    from circuits.testbench import CurveCheck, Testbench
    from energy.cost import NeuronCost

app = typer.Typer(
    name="ipcircuit",
    help="Energy, area and time of neurons built from emerging devices and CMOS, simulated in ngspice.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(cli_study.app)

Runs = Annotated[
    Path | None,
    typer.Option(
        help="Folder of stored network runs; default: those that come with the package.", exists=True, file_okay=False
    ),
]
Stimulus = Annotated[
    Path | None, typer.Option(help="Input spike times: one per line in s, or a CSV with a column time_s.")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        import ipcircuit

        typer.echo(f"ipcircuit {ipcircuit.__version__}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    if context.invoked_subcommand != "doctor":  # which reports it among other things
        check_siblings()


@app.command()
def doctor(json: Json = False) -> None:
    """Versions of what is installed; what is missing and how to get it."""
    from ipcircuit.cli.doctor import diagnose

    findings = diagnose()
    console.print_json(findings) if json else console.show_findings(findings)
    missing = [finding["name"] for finding in findings if finding["status"] == "missing"]
    if missing:
        raise MissingDependencyError(f"missing or unusable: {', '.join(missing)}")


@app.command(name="list")
def list_(json: Json = False) -> None:
    """Circuits, devices and tasks, ours and those of plug-ins, a line each."""
    from ipcircuit.families import FAMILIES, REGISTRIES

    found = {registry.plural: [entry.to_json() for entry in registry.entries()] for registry in (*REGISTRIES, FAMILIES)}
    console.print_json(found) if json else console.show_registries(found)


@app.command()
def characterize(
    circuit: Circuit,
    set_: Set = None,
    corner: Corner = "tt",
    temperature: Temperature = 27.0,
    models: Models = None,
    stimulus: Stimulus = None,
    copies: Annotated[
        int | None, typer.Option("--montecarlo", min=1, help="Random copies, for the spread of the energies.")
    ] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Simulate a circuit and print its cost: energy, area and latency in three accounting scopes."""
    testbench = _testbench(circuit).configured(
        models=models, corner=corner, temperature_C=temperature, **_overrides(set_)
    )
    if stimulus is not None:
        testbench = _stimulated(testbench, stimulus)
    cost = (
        _cost(testbench, circuit, jobs) if copies is None else _spread_cost(testbench, circuit, copies, seed, jobs)
    ).to_json()
    console.print_json(cost) if json else console.show_cost(cost)


@app.command()
def check(
    circuit: Annotated[str | None, typer.Argument(help="One circuit; default: all.")] = None,
    set_: Set = None,
    corner: Corner = "tt",
    temperature: Temperature = 27.0,
    models: Models = None,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Transfer curves, circuit against compact model, with pass or fail against the stated tolerance (exit code 1).

    --set and the conditions reach both, circuit and compact model; the tolerances are those set for the defaults.
    """
    from ipcircuit.families import CIRCUITS

    overrides = _overrides(set_)
    if overrides and circuit is None:
        raise InputError("a parameter belongs to one circuit", where="--set", allowed="ipcircuit check CIRCUIT --set …")
    names = CIRCUITS.names() if circuit is None else [circuit]
    curves: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        testbench = _testbench(name).configured(models=models, corner=corner, temperature_C=temperature, **overrides)
        with console.progress_bar(f"checking {name}") as progress:
            found = testbench.check(n_jobs=jobs, progress=progress)
        curves[name] = [_curve_json(curve) for curve in found]
    result = {"pass": all(c["pass"] for found in curves.values() for c in found), "circuits": curves}
    console.print_json(result) if json else console.show_checks(result)
    if not result["pass"]:
        raise typer.Exit(1)


@app.command()
def netlist(
    circuit: Circuit,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; default: print it.")] = None,
    set_: Set = None,
    corner: Corner = "tt",
    temperature: Temperature = 27.0,
    models: Models = None,
    json: Json = False,
) -> None:
    """A complete deck that `ngspice -b` runs as it is, from any folder."""
    from ipcircuit.files import write_text_atomic

    testbench = _testbench(circuit).configured(
        models=models, corner=corner, temperature_C=temperature, **_overrides(set_)
    )
    deck = testbench.netlist()
    written = None if output is None else str(write_text_atomic(output, deck))
    if json:
        console.print_json({"circuit": circuit, "file": written, "deck": deck})
    elif written is None:
        sys.stdout.write(deck)
    else:
        typer.echo(f"{written}: run it with  ngspice -b {written}")


app.command()(cli_variation.montecarlo)
app.command()(cli_variation.corners)


@app.command()
def claims(runs: Runs = None, jobs: Jobs = None, json: Json = False) -> None:
    """Published figures against what this project reproduces, row by row."""
    from reports.ledger.evaluate import evaluate
    from reports.page.context import build_context

    with console.progress_bar("evaluating claims") as progress:
        context: Any = build_context(n_jobs=jobs, progress=progress, runs=runs)
        rows = [row.to_json() for row in evaluate(context)]
    console.print_json(rows) if json else console.show_claims(rows)


@app.command()
def compare(
    circuit: Annotated[str, typer.Option(help="The neuron: a name, or path/to/file.py:NAME.")] = "differential",
    width: Annotated[int, typer.Option(help="Pixels of a frame, across.")] = 128,
    height: Annotated[int, typer.Option(help="Pixels of a frame, down.")] = 128,
    channels: Annotated[int, typer.Option(help="Polarities or colours.")] = 2,
    density: Annotated[float, typer.Option(help="Share of inputs that are active in a frame.")] = 0.089,
    frames: Annotated[int, typer.Option(help="Frames per sample.")] = 50,
    neurons: Annotated[int, typer.Option("--neurons", "-N", help="Parallel neurons per input.")] = 1,
    gpu: Annotated[Path | None, typer.Option(help="GPU baselines (TOML); default: the published ones.")] = None,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Memory energy per sample: the simulated device beside GPU and digital baselines, in each scope."""
    from energy.compare import EventWorkload
    from energy.compare import compare as compare_energy
    from energy.digital import digital_energy, seed_cell
    from energy.gpu import load_gpu_baselines

    workload = EventWorkload(width, height, channels, density, frames, neurons)
    baselines = load_gpu_baselines(gpu)
    digital = [digital_energy(seed_cell(kind, frames)) for kind in ("RNN", "LSTM")]
    cost = _cost(_testbench(circuit), circuit, jobs, density)
    rows = [row.to_json() for row in compare_energy(cost, workload, baselines, digital=digital)]
    console.print_json(rows) if json else console.show_comparison(rows)


@app.command()
def report(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")] = Path("report"),
    runs: Runs = None,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """All of it: a self-contained index.html, and CSV, JSON, SVG and PNG of every table and figure."""
    from reports.page.report import write_report

    with console.progress_bar("writing the report") as progress:
        written = write_report(output, n_jobs=jobs, progress=progress, runs=runs)
    failures = [str(failure) for failure in written.failures]
    if json:
        console.print_json({"index": str(written.index), "failures": failures})
    else:
        typer.echo(str(written.index))
    for failure in failures:
        console.print_error(f"left out of the report: {failure}")
    if failures:
        raise typer.Exit(1)


@app.command()
def train(
    task: Annotated[str, typer.Argument(help="A task from `ipcircuit list`, or your own: path/to/file.py:NAME.")],
    model: Annotated[str, typer.Option(help="ipnet, ablated, lstm or lif.")] = "ipnet",
    n: Annotated[int | None, typer.Option("--n", help="n of the n-back task.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="Option of the task or the model; JSON.")
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds, such as 0,1,2: one run each.")] = "0",
    quick: Annotated[bool, typer.Option("--quick", help="A short run: minutes instead of hours.")] = False,
    steps: Annotated[int | None, typer.Option(min=1, help="Batches to train; default: by model and --quick.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of runs; goes on with what it holds.")] = Path(
        "runs"
    ),
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Trainings at a time, a core each.")] = 1,
    json: Json = False,
) -> None:
    """Train a network on a task, with several seeds; the runs and their checkpoints are kept in a folder."""
    from network.training.experiment import Run, perform_all, settings_for, split_options, summary
    from network.training.store import RunStore

    chosen = _json_options(option) | ({} if n is None else {"n": n})
    for_task, for_model = split_options(task, model, chosen)
    settings, numbers = settings_for(model, task, quick=quick, steps=steps), _seeds(seeds)
    runs = [Run(task, model, settings, seed, for_task, for_model) for seed in numbers]
    with console.progress_bar(f"training {model} on {task}") as progress:
        records = perform_all(
            runs, RunStore(output), command=" ".join(sys.argv[1:]), device=device, n_jobs=jobs, progress=progress
        )
    found = {"task": task, "model": model, "seeds": numbers, "scores": summary(records), "runs": records}
    console.print_json(found) if json else console.show_training(found)


app.command(name="eval")(cli_eval.evaluate)


def _stimulated(testbench: Testbench, path: Path) -> Testbench:
    """The testbench under a user's spike train.

    Raises:
        InputError: a circuit that has no spike input, or a bad file.
    """
    with_stimulus = getattr(testbench, "with_stimulus", None)
    if with_stimulus is None:
        raise InputError(
            "this circuit takes no spike train",
            where="--stimulus",
            found=testbench.name,
            allowed="a circuit with a spike input, such as delay_feedback_lif",
        )
    return with_stimulus(path)


def _cost(testbench: Testbench, name: str, jobs: int | None, density: float | None = None) -> NeuronCost:
    """Simulate a circuit and account for it; `density` as in `energy.characterize.characterize`."""
    from energy.characterize import characterize as characterize_testbench

    with console.progress_bar(f"characterizing {name}") as progress:
        return characterize_testbench(testbench, n_jobs=jobs, progress=progress, density=density).cost


def _spread_cost(testbench: Testbench, name: str, runs: int, seed: int, jobs: int | None) -> NeuronCost:
    """The cost of a circuit as designed, with the spread of random copies."""
    from energy.variation.montecarlo import monte_carlo

    with console.progress_bar(f"copies of {name}") as progress:
        return monte_carlo(testbench, runs, seed, n_jobs=jobs, progress=progress).cost


def _seeds(text: str) -> list[int]:
    """``"0,1,2"`` as numbers. Raises InputError."""
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError("not seeds", where="--seeds", found=text, allowed="whole numbers, such as 0,1,2") from None
    if len(set(found)) != len(found) or min(found) < 0:
        raise InputError("negative or given twice", where="--seeds", found=text, allowed="such as 0,1,2")
    return found


def _json_options(pairs: Sequence[str] | None) -> dict[str, Any]:
    """``["similarity=high", "neurons=8"]`` as values: JSON where it is, else the word. Raises InputError."""
    from json import loads

    found: dict[str, Any] = {}
    for pair in pairs or ():
        name, equals, text = pair.partition("=")
        if not equals or not name.isidentifier() or name in found:
            raise InputError("not an option, or given twice", where="--option", found=pair, allowed="NAME=VALUE")
        try:
            found[name] = loads(text)
        except ValueError:
            found[name] = text
    return found


def _curve_json(curve: CurveCheck) -> dict[str, Any]:
    """One row of ``check --json``; an error that is not a number was not obtained."""
    errors = {"max_error": curve.max_error, "rms_error": curve.rms_error}
    return {
        "curve": curve.curve,
        **{name: value if math.isfinite(value) else None for name, value in errors.items()},
        "unit": curve.unit,
        "tolerance": curve.tolerance,
        "pass": curve.passed,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code. An error that a user can act on is one message, without traceback."""
    try:
        with console.warnings_as_messages():
            app(args=None if arguments is None else list(arguments), prog_name="ipcircuit")
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    except IpcircuitError as error:
        console.print_error(str(error))
        return error.exit_code
    except ModuleNotFoundError as error:
        if not error.name or error.name.partition(".")[0] in ("ipcircuit", *SIBLINGS):
            raise  # a mistake of ours, not of the installation
        console.print_error(
            f"Python package {error.name!r} is not installed: pip install {error.name.partition('.')[0]}"
        )
        return MissingDependencyError.exit_code
    except BrokenPipeError:  # the reader (head, less) has left: nothing to say, and nothing to flush at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0
