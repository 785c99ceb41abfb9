"""What `montecarlo` and `corners` share: their folder, and the runs that do not work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Folder for JSON, CSV and the decks of runs that do not work.")
]
_SHOWN = 10


def failure_lines(failures: Sequence[Mapping[str, Any]], output: Path | None) -> list[str]:
    """The first few runs that do not work, with cause and deck, and where the files are."""
    lines = [f"{f['run']}: {f['cause']}" + (f"; deck {f['deck']}" if f["deck"] else "") for f in failures[:_SHOWN]]
    more = [f"and {len(failures) - _SHOWN} more, in the JSON"] if len(failures) > _SHOWN else []
    return [*lines, *more, *([f"files in {output}"] if output else [])]
