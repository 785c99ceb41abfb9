"""Files of an experiment that a command runs by itself (``ipcircuit study … -o DIR``)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ipcircuit.files import staged_directory, write_text_atomic
from reports.figures import style
from reports.figures.plot import Plot
from reports.tables.table import Table


def write_study(
    output: Path | str, texts: Mapping[str, object], tables: Iterable[Table], draw: Callable[[], Iterable[Plot]]
) -> list[Path]:
    """Write texts by file name (what is no text as JSON), tables (CSV, JSON) and figures (SVG, PNG); returns the paths.

    Raises:
        InputError: the folder cannot be written; nothing is left behind then, and what else is in it stays.
    """
    with staged_directory(output) as folder:
        for name, value in texts.items():
            text = value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
            write_text_atomic(folder / name, text.rstrip("\n") + "\n")
        for table in tables:
            table.write(folder)
        with style.style():
            for plot in draw():
                style.write(plot.figure, folder / plot.name)
        names = sorted(path.name for path in folder.iterdir())
    return [Path(output) / name for name in names]
