"""The command `study fronts`: accuracy against energy of every family of networks, and the ratio at equal accuracy."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, values
from ipcircuit.cli.options import Compute, Json, RunFolder, Seeds, Trainings


def command(
    task: Annotated[
        list[str] | None, typer.Option("--task", help="nback2, steering …; may be given again. Default: all.")
    ] = None,
    family: Annotated[
        list[str] | None, typer.Option("--family", help="device, LSTM …; may be given again. Default: all.")
    ] = None,
    account: Annotated[
        str, values.word("--account", allowed=("memory", "network"), help="Energy of the memory, or of everything.")
    ] = "network",
    scope: Annotated[
        str, values.word("--scope", allowed=("paper", "circuit", "system"), help="Of simulated circuits.")
    ] = "circuit",
    precision: Annotated[
        str, values.word("--precision", allowed=("fp32", "int8"), help="Of weights and digital networks.")
    ] = "int8",
    stored: Annotated[
        bool, typer.Option("--stored", help="Train nothing: the runs that come with the package.")
    ] = False,
    train_only: Annotated[bool, typer.Option("--train-only", help="Train, simulate nothing.")] = False,
    seeds: Seeds = 5,
    quick: Annotated[bool, typer.Option("--quick", help="Few sizes, short runs.")] = False,
    output: RunFolder = Path("runs/fronts"),
    jobs: Trainings = 1,
    compute: Compute = "cpu",
    json: Json = False,
) -> None:
    """Accuracy and energy of devices, LIF neurons, LSTM, GRU and digital circuits; their ratio at equal accuracy."""
    from network.experiments.fronts.experiment import check_choice, run_fronts
    from network.experiments.fronts.results import from_folder, load_fronts
    from network.experiments.fronts.view import View
    from network.training.store import RunStore

    check_choice(task, family)
    if not stored:
        with console.progress_bar("fronts: training") as progress:
            problems = run_fronts(
                RunStore(output),
                seeds=range(seeds),
                tasks=task,
                families=family,
                quick=quick,
                simulated=not train_only,
                command=" ".join(sys.argv[1:]),
                device=compute,
                n_jobs=jobs,
                progress=progress,
            )
        for problem in problems:
            console.print_note(problem)
        if train_only:
            if json:
                console.print_json({"problems": problems})
            return
    with console.progress_bar("fronts: simulating circuits") as progress:
        results = load_fronts() if stored else from_folder(output, progress=progress)
    keys = [key for key in results.tasks() if not task or key in task]
    chosen: Any = {"account": account, "scope": scope, "precision": precision}
    result = results.to_json(keys, View(**chosen), family)
    console.print_json(result) if json else show_fronts(result)


def show_fronts(result: Mapping[str, Any]) -> None:
    """Two tables for each task: points of all families, and ratios at equal accuracy."""
    view = result["view"]
    words = f"energy of the {view['account']} per sample, scope {view['scope']}, {view['precision']}"
    for one in result["tasks"].values():
        _show_points(one, words)
        _show_ratios(one["title"], one["equal_accuracy"])
    console.print_line(result["origin"])


def _show_points(task: Mapping[str, Any], words: str) -> None:
    rows = [(front["family"], point) for front in task["fronts"] for point in front["points"]]
    label, energies = console.scaled([[p["energy_J"][end] for end in ("mean", "low", "high")] for _, p in rows], "J")
    cells, groups = [], dict[int, str]()
    for (family, point), (mean, low, high) in zip(rows, energies, strict=True):
        if family not in groups.values():
            groups[len(cells)] = family
        score, ends = point["score"], "" if point["energy_J"]["low"] is None else _ends(low, high)
        span = console.interval(score["low"], score["high"], lambda value: f"{value:.3f}")
        marked = f"{score['mean']:.3f}" + (" *" if point["on_front"] else "")
        cells.append((f"  {point['network']}", marked, span, mean, ends, str(point["seeds"])))
    columns = ["network", task["score"], "95 %", f"energy{label}", "95 %", "seeds"]
    below = f"{words}; *: on the family's front"
    console.print_table(task["title"], columns, cells, right=columns[1:], below=below, groups=groups)


def _ends(low: str, high: str) -> str:
    """``133.8 to 146.5 µJ``: the unit once where both have the same."""
    number, _, unit = low.partition(" ")
    return f"{number if unit == high.partition(' ')[2] else low} to {high}".replace(" ", "\u00a0")


def _show_ratios(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    cells = []
    for row in rows:
        span = console.interval(row["low"], row["high"], lambda value: f"{value:.3g}")
        bound_of = row["bound"]
        bound = "" if bound_of is None else f"at least {bound_of:.3g}" if bound_of > 1 else f"at most {bound_of:.3g}"
        ratio = bound if row["ratio"] is None else f"{row['ratio']:.3g}"
        score = "" if row["score"] is None else f"{row['score']:.3f}"
        cells.append((row["other"], score, ratio, span, row["reason"]))
    columns = ["against", "at", "ratio", "95 %", "why not"]
    below = f"energy of the other over that of the {rows[0]['first']} at equal accuracy" if rows else ""
    console.print_table(f"{title}: equal accuracy", columns, cells, right=columns[1:4], below=below)
