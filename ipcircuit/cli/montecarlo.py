"""The command `montecarlo`: how far a circuit's cost spreads over random copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, values
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
    TechnologyName,
    Temperature,
)
from ipcircuit.units import split_unit, words

_SHOWN = 10  # runs that do not work


def command(
    circuit: Circuit,
    runs: Annotated[int, values.whole("--runs", "-n", low=1, high=values.MOST_COPIES, help="Random copies.")] = 100,
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
    """Random copies of a circuit: spread of its energy by scope, yield, and the copies that do not work."""
    from energy.variation.montecarlo import monte_carlo, write_monte_carlo
    from ipcircuit.cli.recipe import Recipe

    recipe = Recipe.of(circuit, set_, corner, temperature, technology, models, device)
    testbench, text = recipe.testbench(), recipe.write()
    with console.progress_bar(f"copies of {circuit}") as progress:
        copies = monte_carlo(testbench, runs, seed, n_jobs=jobs, progress=progress, folder=output, recipe=text)
    result = copies.to_json()
    if output is not None:
        write_monte_carlo(output, copies, console.json_text(result))
    console.print_json(result) if json else show_copies(result, output)
    complain_of([o["cause"] for o in result["not_simulated"]], runs)


def show_copies(result: Mapping[str, Any], output: Path | None) -> None:
    """Range, mean and spread of each quantity, then yield, what was varied and what failed."""
    keys = ("minimum", "typical", "maximum", "mean", "sigma")
    rows = []
    for name, s in result["quantities"].items():
        values = console.scaled_row(words(name), [*(s[key] for key in keys), s["low"], s["high"]], split_unit(name)[1])
        low, high = values[-2:]
        rows.append((*values[:-2], "" if s["low"] is None else f"{low}\u00a0to\u00a0{high}"))
    copies, runs = result["yield"], result["runs"]
    share, low, high = (100 * copies[key] for key in ("share", "low", "high"))
    below = [
        f"yield {share:.1f} % ({copies['working']} of {runs}; 95 %: {low:.1f} to {high:.1f}), seed {result['seed']}",
        "over the copies that work; typical: as designed; 95 %: Student's interval of the mean",
        *(f"{v['what']}: σ {v['sigma']:.3g} {v['unit']}, {v['basis']}" for v in result["variations"]),
        *failure_lines(result["failures"], output),
    ]
    columns = ["quantity", "min", "typical", "max", "mean", "σ", "95 %"]
    title = f"{result['circuit']}: {runs} random copies"
    console.print_table(title, columns, rows, right=columns[1:], below="\n".join(below))


def complain_of(causes: Sequence[str], runs: int) -> None:
    """Exit code 1 and a message if some of the runs were not simulated, and so are in no statistic."""
    if causes:
        console.print_error(
            f"{len(causes)} of {runs} were not simulated and count nowhere ({causes[0]}); "
            "with a folder (-o), the same command simulates what is missing"
        )
        raise typer.Exit(1)


def failure_lines(failures: Sequence[Mapping[str, Any]], output: Path | None) -> list[str]:
    """The first few runs that do not work, with cause and deck, and where the files are."""
    lines = [f"{f['run']}: {f['cause']}" + (f"; deck {f['deck']}" if f["deck"] else "") for f in failures[:_SHOWN]]
    more = [f"and {len(failures) - _SHOWN} more, in the JSON"] if len(failures) > _SHOWN else []
    return [*lines, *more, *console.file_lines(output)]
