"""The command `size`: the cheapest sizes of a circuit with which its copies work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, options, values
from ipcircuit.cli.options import (
    Circuit,
    Cluster,
    Corner,
    DeviceFile,
    Fresh,
    Jobs,
    Json,
    Models,
    Output,
    Seed,
    Set,
    Sigma,
    TechnologyName,
    Temperature,
    Variation,
)
from ipcircuit.errors import InputError
from ipcircuit.units import split_unit, with_unit, words

MOST_EVALUATIONS = 10_000
MOST_CONFIRMED = 100
MODELS = ("gp", "tpe")
SCOPES = ("circuit", "paper", "system")
_ORIGINS = {"margins": "from their margins", "count": "counted"}  # of a yield
_COSTS = {"energy": ("energy_per_operation_J", "J"), "area": ("area_um2", "µm²"), "latency": ("latency_s", "s")}


def command(
    circuit: Circuit,
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="NAME=LO:HI", help="A parameter and its range, or its values: NAME=A,B,C."),
    ] = None,
    target: Annotated[
        str, typer.Option("--target", metavar="yield=SHARE", help="Yield that is wanted.")
    ] = "yield=0.999",
    objective: Annotated[
        str, typer.Option("--objective", metavar="NAMES", help="What is made small: energy, area, latency.")
    ] = "energy,area",
    scope: Annotated[
        str, values.word("--scope", allowed=SCOPES, help="Whose energy and area: circuit, paper, system.")
    ] = ("circuit"),
    evaluations: Annotated[
        int, values.whole("--evaluations", low=1, high=MOST_EVALUATIONS, help="Designs that are tried.")
    ] = 64,
    copies: Annotated[
        int, values.whole("--copies", "-n", low=1, high=values.MOST_COPIES, help="Random copies of each design.")
    ] = 128,
    front_copies: Annotated[
        int,
        values.whole(
            "--front-copies", low=1, high=values.MOST_COPIES, help="Other copies of each design of the front."
        ),
    ] = 512,
    confirm: Annotated[
        int,
        values.whole(
            "--confirm", low=0, high=MOST_CONFIRMED, help="Best designs that are simulated at reference, too."
        ),
    ] = 0,
    confirm_copies: Annotated[
        int,
        values.whole("--confirm-copies", low=1, high=values.MOST_COPIES, help="Copies of each at reference, others."),
    ] = 256,
    search: Annotated[
        str, values.word("--search", allowed=MODELS, help="Model of the search: gp (fewer designs), tpe (faster).")
    ] = "gp",
    variation: Variation = None,
    sigma: Sigma = None,
    seed: Seed = 0,
    set_: Set = None,
    corner: Corner = "tt",
    temperature: Temperature = 27.0,
    technology: TechnologyName = None,
    models: Models = None,
    device: DeviceFile = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """Sizes with which a circuit's random copies work, and what they cost: the Pareto front of a search."""
    from energy.variation.sizing.sizing import Effort, size
    from energy.variation.sizing.space import Aim, Variable

    variables = [Variable.read(text) for text in vary or ()]
    aim = Aim(Aim.target(target), tuple(objective.split(",")), scope)
    testbench = options.chosen(circuit, set_, corner, temperature, technology, models, device, variation, sigma)
    effort = Effort(
        evaluations=evaluations,
        copies=copies,
        front_copies=front_copies,
        confirm=confirm,
        confirm_copies=confirm_copies,
        model=search,
    )
    with console.progress_bar(f"designs of {circuit}") as progress:
        sizing = size(
            testbench, variables, aim, effort=effort, seed=seed, n_jobs=jobs, progress=progress, folder=output
        )
    if output is not None:
        from reports.sizing import write_sizing

        write_sizing(output, sizing)
    if not sizing.front:
        raise InputError(sizing.unreached(), where=f"--target {target}")
    result = sizing.to_json()
    console.print_json(result) if json else show_sizing(result, output)


def show_sizing(result: Mapping[str, Any], output: Path | None) -> None:
    """A row for the circuit as it is and for each design of the front."""
    names = list(result["front"][0])[: len(result["vary"])]
    shown = ["energy", "area", *(["latency"] if "latency" in result["objectives"] else [])]
    designs = [("today", result["today"]), *((f"{i}", row) for i, row in enumerate(result["front"], 1))]
    labels, columns = [], []
    for objective in shown:
        key, unit = _COSTS[objective]
        label, cells = console.scaled([[row.get(key) for _, row in designs]], unit)
        labels.append(objective + label)
        columns.append(cells[0])
    rows = [
        (
            name,
            *(_setting(row.get(v)) for v in names),
            *(column[i] for column in columns),
            *_share(row),
        )
        for i, (name, row) in enumerate(designs)
    ]
    headings = ["design", *names, *labels, "yield (%)", "95 %"]
    below = [
        f"yield of {result['confirmed_by']} screening copies that the search has not seen, "
        f"{_origin([row for _, row in designs])}; target {100 * result['target']['yield']:g} %, seed {result['seed']}",
        *_published(result),
        f"{result['scope']} scope; {result['evaluations']} designs of {result['copies']} copies were searched "
        f"({result['model']})",
        *console.file_lines(output),
    ]
    *others, last = result["objectives"]
    title = f"{result['circuit']}: designs that none beats in {', '.join(others)}{' and ' if others else ''}{last}"
    console.print_table(title, headings, rows, right=headings[1:], below="\n".join(below))
    if result["at_reference"]:
        show_confirmed(result)


def show_confirmed(result: Mapping[str, Any]) -> None:
    """A row for each design of the front that was simulated at reference."""
    headings = ["design", "fidelity", "work", "yield (%)", "95 %"]
    judged = [(row, at) for row in result["at_reference"] for at in ("screening", "reference")]
    rows = [
        (str(row["design"]), at, f"{row[at]['working']} of {row[at]['copies']}", *_share(row[at])) for row, at in judged
    ]
    target = 100 * result["target"]["yield"]
    missed = [str(row["design"]) for row in result["at_reference"] if not row["reaches"]]
    below = [
        "the best of the front (smallest product of objectives) as the same further copies at both fidelities; yields "
        f"{_origin([row[at] for row, at in judged])}",
        f"below the target of {target:g} % at reference: design {', '.join(missed)}"
        if missed
        else f"all of them reach the target of {target:g} % at reference",
    ]
    console.print_table("at reference", headings, rows, right=headings[2:], below="\n".join(below))


def _setting(value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return console.number(value, 3)


def _published(result: Mapping[str, Any]) -> list[str]:
    """Costs that the circuit's source states."""
    texts = [f"{words(key)} {with_unit(value, split_unit(key)[1])}" for key, value in result["published"].items()]
    return [f"published: {', '.join(texts)}"] if texts else []


def _origin(rows: Sequence[Mapping[str, Any]]) -> str:
    """What the yields of some rows are from."""
    kinds = {row["yield_from"] for row in rows if row["yield"] is not None}
    return " or ".join(text for kind, text in _ORIGINS.items() if kind in kinds)


def _share(row: Mapping[str, Any]) -> tuple[str, str]:
    """Yield and its interval, in per cent."""
    if row["yield"] is None:
        return console.NOT_OBTAINED, ""
    return console.shares(row["yield"], row["yield_low"], row["yield_high"])
