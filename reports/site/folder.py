"""Folder of a report: ``report.json`` marks it, so that no other folder's files are ever replaced."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

import ipcircuit
from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from ipcircuit.records import parse, read_json, record

MARKER = "report.json"
_FIRST = {"index.html", "figures", "tables"}  # what a report of version 0.1 was, before reports were marked
ENTRIES = _FIRST | {
    *("assets", "circuits", "experiments"),
    *("claims.html", "parameters.html", "run.html", "print.html"),
}
"""Names that entries of a report's folder may have, beside the marker's."""


@record
class Marker:
    """What a folder's report is.

    Attributes:
        ipcircuit: version that wrote it.
        only: names that it was limited to; empty for a whole report.
    """

    ipcircuit: Annotated[str, Field(max_length=200)]
    only: tuple[str, ...] = ()


def check_folder(output: Path, only: Sequence[str] = ()) -> None:
    """Refuse a folder that holds something else than a report, and for a part of a report one that holds the whole.

    Args:
        output: folder, new or existing.
        only: names that the report to be written is limited to.

    Raises:
        InputError: files of something else, a marker that is none, or a whole report that a part would replace.
    """
    entries = {entry.name for entry in output.iterdir()} if output.is_dir() else set()
    if not entries:
        return
    if MARKER not in entries:
        if entries == _FIRST and not only:
            return
        allowed = f"a new or empty folder, or a report's, which has {MARKER}"
        raise InputError("holds something else than a report", where=str(output), allowed=allowed)
    marker = parse(Marker, read_json(output / MARKER), str(output / MARKER))
    if only and not marker.only:
        raise InputError(
            "holds a whole report, which a part would replace", where=str(output), allowed="another folder"
        )


def clear(output: Path, written: Collection[str]) -> None:
    """Remove what an earlier report left in its folder and the one just written does not have.

    Args:
        written: names of the entries that were written now.
    """
    for name in ENTRIES - set(written):
        path = output / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def mark(folder: Path, only: Sequence[str] = ()) -> None:
    """Write the marker of a report into its folder."""
    write_text_atomic(
        folder / MARKER, json.dumps({"ipcircuit": ipcircuit.__version__, "only": list(only)}, indent=1) + "\n"
    )
