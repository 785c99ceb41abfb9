"""The command `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ipcircuit.cli import console, values
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Runs


def command(
    output: Annotated[Path, values.output_path("--output", "-o", help="Folder to write.")] = Path("report"),
    runs: Runs = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """All of it: a self-contained index.html, and CSV, JSON, SVG and PNG of every table and figure."""
    from reports.site.report import write_report

    with console.progress_bar("writing the report") as progress:
        written = write_report(output, n_jobs=jobs, progress=progress, runs=runs)
    failures = [str(failure) for failure in written.failures]
    if json:
        console.print_json({"index": str(written.index), "failures": failures})
    else:
        console.print_line(str(written.index))
    for failure in failures:
        console.print_error(f"left out of the report: {failure}")
    if failures:
        raise typer.Exit(1)
