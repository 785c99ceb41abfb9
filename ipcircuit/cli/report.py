"""The command `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ipcircuit.cli import console, serving, values
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Runs
from ipcircuit.errors import InputError

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
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve it on this machine; written again when an input changes.")
    ] = False,
    port: Annotated[
        int | None,
        values.whole("--port", low=0, high=65535, help=f"Of --serve; default {serving.PORT}, 0: any that is free."),
    ] = None,
    runs: Runs = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """All of it: pages that open from disk, and CSV, JSON, SVG and PNG of every table and figure."""
    names, folder = only or [], output or _folder(only or [])
    if serve:
        if cluster is not None:
            raise InputError("not with --serve", where="--cluster", found=cluster)
        serving.serve(serving.Served(folder, names, runs, jobs, fresh), port, show=open_, json=json)
    if port is not None:
        raise InputError("needs --serve", where="--port", found=port)
    from reports.site.report import write_report

    with console.progress_bar("writing the report") as progress:
        written = write_report(folder, n_jobs=jobs, progress=progress, runs=runs, only=names)
    failures = [str(failure) for failure in written.failures]
    if json:
        console.print_json({"index": str(written.index), "failures": failures})
    else:
        console.print_line(str(written.index))
    for failure in failures:
        console.print_error(f"left out of the report: {failure}")
    if open_:
        serving.show_address(written.index.absolute().as_uri())
    if failures:
        raise typer.Exit(1)


def _folder(only: list[str]) -> Path:
    """Default folder: a part of a report does not take the place of the whole one."""
    return Path("-".join(["report", *(Path(name.partition(":")[0]).stem for name in only)]))
