"""The command `replay`: one random copy of a stored run, simulated again with its waveforms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, values
from ipcircuit.cli.options import Jobs, Json
from ipcircuit.units import split_unit, words

_SHOWN = 12  # files


def command(
    folder: Annotated[Path, typer.Argument(help="Folder that `ipcircuit montecarlo -o` wrote.", show_default=False)],
    sample: Annotated[int, values.whole_argument("SAMPLE", low=0, high=values.MOST_COPIES, help="Number of the copy.")],
    output: Annotated[
        Path | None, values.output_path("--output", "-o", help="Folder to write; default: FOLDER/replay/SAMPLE.")
    ] = None,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """One copy again, at reference: stored against replayed values, its decks, waveforms and plots."""
    from energy.variation.copies.replay import replay
    from ipcircuit.cli.recipe import Recipe
    from ipcircuit.files import staged_directory

    target = output or folder / "replay" / str(sample)
    with console.progress_bar(f"copy {sample}") as progress:
        copy = replay(
            folder, sample, lambda text: Recipe.read(text, str(folder)).testbench(), n_jobs=jobs, progress=progress
        )
        with staged_directory(target) as staging:
            names = [path.name for path in copy.write(staging)]
    result = copy.to_json() | {"folder": str(target), "files": names}
    console.print_json(result) if json else show(result)
    if copy.agrees is False:
        console.print_error(f"copy {sample} of {folder} is not what was stored: its values or status differ")
        raise typer.Exit(1)


def show(result: Mapping[str, Any]) -> None:
    """Stored and replayed values side by side, then what the copy did and where the files are."""
    stored = {name: record for name, record in result["stored"].items() if record is not None}
    replayed = result["replayed"]
    names = dict.fromkeys(name for record in (replayed, *stored.values()) for name in record["values"])
    rows = []
    for name in names:
        numbers = [record["values"].get(name) for record in (*stored.values(), replayed)]
        cells = console.scaled_row(words(name), numbers, split_unit(name)[1])
        rows.append((*cells, *(_difference(number, numbers[-1]) for number in numbers[:-1])))
    columns = ["quantity", *(f"stored, {name}" for name in stored), "replayed", *(f"Δ {name}" for name in stored)]
    verdict = {True: "the same to the last bit", False: "NOT the same", None: "was not stored at reference"}
    below = [
        f"{name}: {record['status']}" + (f", {record['cause']}" if record["cause"] else "")
        for name, record in [*((f"stored, {name}", record) for name, record in stored.items()), ("replayed", replayed)]
    ]
    below += [f"reference copy: {verdict[result['agrees']]}", f"files in {result['folder']}:"]
    below += [f"  {name}" for name in result["files"][:_SHOWN]]
    title = f"{result['circuit']}: {result['label']}, simulated again"
    console.print_table(title, columns, rows, right=columns[1:], below="\n".join(below))


def _difference(stored: float | None, replayed: float | None) -> str:
    """Relative difference of a stored value from the replayed one; empty where there is none to state."""
    if stored is None or replayed is None:
        return ""
    if stored == replayed:
        return "0"
    return f"{(stored - replayed) / abs(replayed):.1e}" if replayed else "!"
