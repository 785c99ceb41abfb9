"""The command `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ipcircuit.cli import console, values
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Runs

Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="CIRCUIT|SECTION",
        help="Only the pages of this circuit (also of a file) or section; several times for several.",
    ),
]


def command(
    output: Annotated[
        Path | None,
        values.output_path("--output", "-o", help="Folder to write; default report, or report-NAME with --only."),
    ] = None,
    only: Only = None,
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    runs: Runs = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """All of it: pages that open from disk, and CSV, JSON, SVG and PNG of every table and figure."""
    from reports.site.report import write_report

    names = only or []
    with console.progress_bar("writing the report") as progress:
        written = write_report(output or _folder(names), n_jobs=jobs, progress=progress, runs=runs, only=names)
    failures = [str(failure) for failure in written.failures]
    if json:
        console.print_json({"index": str(written.index), "failures": failures})
    else:
        console.print_line(str(written.index))
    for failure in failures:
        console.print_error(f"left out of the report: {failure}")
    if open_:
        _show(written.index.absolute().as_uri())
    if failures:
        raise typer.Exit(1)


def _folder(only: list[str]) -> Path:
    """Default folder: a part of a report does not take the place of the whole one."""
    return Path("-".join(["report", *(Path(name.partition(":")[0]).stem for name in only)]))


def _show(address: str) -> None:
    """Open an address in the user's browser; where there is none, say so."""
    import webbrowser

    if not webbrowser.open(address):
        console.print_note(f"no browser found (BROWSER names one); open {address}")
