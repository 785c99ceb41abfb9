"""The command `study surrogate`: a circuit's energies as functions of its parameters, fitted to simulated points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ipcircuit.cli import completion, console, options, values
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Output, Seed
from ipcircuit.units import si, words

if TYPE_CHECKING:
    from energy.break_even.surrogates.plan import Plan
    from energy.break_even.surrogates.surrogate import Surrogate

MOST_POINTS = 4096
_QUANTITIES = {  # in words; the others say it by their names
    "paper_J": "energy that the source counts",
    "others_J": "energy that it does not",
    "idle_W": "idle power",
    "pulse_energy_J": "energy of the pulse",
    "charge_C": "charge of the pulse",
    **{scope: f"energy per operation, {scope}" for scope in ("paper", "circuit", "system")},
}


def command(
    circuit: Annotated[
        str,
        typer.Argument(help="A name, or your own: path/to/file.py:NAME.", autocompletion=completion.circuits),
    ] = "differential",
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="NAME=LO:HI", help="Parameter and its box; default: the package's plan."),
    ] = None,
    points: Annotated[
        int | None, values.whole("--points", low=16, high=MOST_POINTS, help="Points that the fit sees.")
    ] = None,
    held_out: Annotated[
        int | None, values.whole("--held-out", low=8, high=MOST_POINTS, help="Points that it is checked on.")
    ] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """Fit a circuit's energies as functions of its parameters, and measure the error at points that are held out.

    The file in the output folder is what `ipcircuit break-even` takes. A surrogate refuses points outside its box.
    """
    from energy.break_even.surrogates.fitting import fitted_surrogate

    testbench = options.testbench_of(circuit).configured()
    plan = _plan(testbench.name, vary, points, held_out, seed)
    with console.progress_bar(f"points of {testbench.name}") as progress:
        surrogate = fitted_surrogate(plan, testbench, n_jobs=jobs, progress=progress)
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        surrogate.written(output)
    data = described(surrogate)
    console.print_json(data) if json else show(data, output)


def _plan(circuit: str, vary: Sequence[str] | None, points: int | None, held_out: int | None, seed: int) -> Plan:
    """The plan that the options state."""
    from dataclasses import replace

    from energy.break_even.surrogates.plan import Coordinate, Plan, plan_of
    from energy.variation.sizing.space import Variable
    from ipcircuit.errors import InputError

    if vary:
        varied = [Variable.read(text) for text in vary]
        if listed := [v.name for v in varied if v.choices]:
            raise InputError("a list, not a range", where=f"--vary {listed[0]}", allowed="NAME=LO:HI")
        boxes = {v.name: Coordinate((v.name,), v.low, v.high, "set by the user") for v in varied}
        if len(boxes) < len(varied):
            raise InputError("a parameter twice", where="--vary", found=", ".join(v.name for v in varied))
        plan = Plan(circuit, boxes)
    else:
        plan = plan_of(circuit)
    sizes = {"fitted": points or plan.fitted, "held_out": held_out or plan.held_out}
    return replace(plan, seed=seed, **sizes)


def described(surrogate: Surrogate) -> dict[str, Any]:
    """What ``--json`` prints: everything but the numbers of the regressions."""
    data = surrogate.to_json()
    plan = data["plan"]
    return {
        "circuit": surrogate.circuit,
        "simulator": surrogate.simulator,
        "fitted": len(surrogate.fitted),
        "fidelity": plan["fidelity"],
        "held_out": surrogate.held_out,
        "seed": plan["seed"],
        "left_out": data["left_out"],
        "coordinates": {
            name: {**coordinate, "nominal": surrogate.design[name]} for name, coordinate in plan["coordinates"].items()
        },
        "deviations": data["deviations"],
    }


def show(data: Mapping[str, Any], output: Path | None) -> None:
    """Coordinates with their boxes, then the deviation of every quantity and scope."""
    rows = [
        (name, _with_unit(c["nominal"], c["unit"]), _with_unit(c["low"], c["unit"]), _with_unit(c["high"], c["unit"]))
        for name, c in data["coordinates"].items()
    ]
    columns = ["parameter", "as designed", "low", "high"]
    console.print_table(f"surrogate of {data['circuit']}: box", columns, rows, right=columns[1:])
    rows = [
        (_QUANTITIES.get(name) or words(name), f"{100 * d['largest']:.3f}", f"{100 * d['rms']:.3f}")
        for name, d in data["deviations"].items()
    ]
    columns = ["quantity", "max error (%)", "RMS error (%)"]
    below = "\n".join(
        [
            f"deviation from {data['held_out']} points held out, simulated at reference ({data['simulator']})",
            f"fitted to {data['fitted']} points at {data['fidelity']} fidelity",
            *(f"left out, {count} points: {cause}" for cause, count in data["left_out"].items()),
            *console.file_lines(output),
        ]
    )
    console.print_table(f"surrogate of {data['circuit']}: error", columns, rows, right=columns[1:], below=below)


def _with_unit(value: float, unit: str) -> str:
    return si(value, unit) if unit not in ("", "°C") else f"{value:.4g} {unit}".rstrip()
