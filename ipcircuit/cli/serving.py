"""`ipcircuit report --serve`: the report in a browser, written again when something that it is made from changes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from ipcircuit.cli import console

if TYPE_CHECKING:
    from reports.live.server import Server

PORT = 8642
_PARTIAL = 1  # exit code of a report that lacks parts


@dataclass(frozen=True)
class Served:
    """Options of a report that is served; those of the same names of `ipcircuit report`."""

    output: Path
    only: Sequence[str]
    runs: Path | None
    jobs: int | None
    fresh: bool

    def words(self, first: bool) -> list[str]:
        """The command line that writes the report; simulations are done afresh the `first` time only."""
        named = {"--runs": self.runs, "--jobs": self.jobs}
        options = [word for name, value in named.items() if value is not None for word in (name, str(value))]
        only = [word for name in self.only for word in ("--only", name)]
        return ["-o", str(self.output), *only, *options, *(["--fresh"] if self.fresh and first else [])]


def serve(report: Served, port: int | None, *, show: bool, json: bool) -> NoReturn:
    """Serve a report until a signal ends it.

    Args:
        port: default `PORT`; 0: any that is free.
        show: open it in the browser, once it has been written.

    Raises:
        InputError: a port that cannot be used, an unknown name or a folder that holds something else.
        typer.Exit: the first report cannot be written.
    """
    from reports.live.files import inputs, wait_for_change
    from reports.live.server import Server
    from reports.site.folder import check_folder
    from reports.site.scope import scope_of

    scope_of(report.only)
    check_folder(report.output, report.only)
    watched = inputs(report.only, report.runs)
    with Server(report.output, PORT if port is None else port) as server:
        index = str(report.output / "index.html")
        if json:
            console.print_json({"url": server.address, "index": index})
        else:
            console.print_line(f"{server.address} (Ctrl-C ends it)")
        sys.stdout.flush()
        first = True
        while True:
            known = watched.stamps()
            _write(report, server, first)
            if first and show:
                show_address(server.address)
            first = False
            paths = wait_for_change(watched, known)
            console.print_note(f"{_named(paths)} changed")


def _write(report: Served, server: Server, first: bool) -> None:
    """Write the report and tell its pages how that went. Raises typer.Exit if the first one cannot be written."""
    from reports.live.build import build

    server.tell("The report is being written…")
    built = build(report.words(first), _say)
    if built.code not in (0, _PARTIAL):
        if first:
            raise typer.Exit(built.code)
        server.tell(f"The report could not be written again: {'; '.join(built.errors) or 'see the terminal'}")
        console.print_note("the report stays as it was")
    else:
        server.tell(f"{len(built.errors)} parts are left out" if built.errors else "", written=True)
        console.print_note(f"written: {server.address}")


def _say(line: str) -> None:
    """A line of the process that writes the report, which begins with the program's name."""
    sys.stderr.write(f"{console.printable(line)}\n")


def _named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0]}{more}"


def show_address(address: str) -> None:
    """Open an address in the user's browser; where there is none, say so."""
    import webbrowser

    if not webbrowser.open(address):
        console.print_note(f"no browser found (BROWSER names one); open {address}")
