"""A page for each notebook of ``docs/notebooks/``, with the results of its last run by `make notebooks`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jupytext
import nbformat

ROOT = Path(__file__).parents[2]
SOURCES, RUNS = ROOT / "docs" / "notebooks", ROOT / "build" / "notebooks"
NOT_RUN = "*Results are not shown: `make notebooks` runs the notebooks, `make docs` after it shows them.*"


def pages() -> Iterator[tuple[str, str]]:
    for source in sorted(SOURCES.glob("*.py")):
        yield f"notebooks/{source.stem}.md", _page(source)


def _page(source: Path) -> str:
    run = RUNS / f"{source.stem}.ipynb"
    is_run = run.exists() and run.stat().st_mtime >= source.stat().st_mtime
    notebook = nbformat.read(run, as_version=4) if is_run else jupytext.read(source)
    title, *cells = notebook.cells
    origin = f"*A notebook: `docs/notebooks/{source.name}` opens in Jupyter with jupytext.*"
    return "\n\n".join([title.source, origin, *([] if is_run else [NOT_RUN]), *map(_cell, cells)]) + "\n"


def _cell(cell: Mapping[str, Any]) -> str:
    if cell["cell_type"] != "code":
        return cell["source"]
    return "\n\n".join([f"```py\n{cell['source']}\n```", *filter(None, map(_output, cell.get("outputs", ())))])


def _output(output: Mapping[str, Any]) -> str:
    """A cell's output as Markdown: picture or table if there is one, else its text."""
    if output["output_type"] == "stream":
        return f"```text\n{output['text'].rstrip()}\n```" if output["name"] == "stdout" else ""
    data = output.get("data", {})
    if "image/png" in data:
        return f'<img alt="Figure drawn by the cell above" src="data:image/png;base64,{data["image/png"].strip()}">'
    if "text/html" in data:
        return f'<div class="output">\n{_table(data["text/html"])}\n</div>'
    return f"```text\n{data['text/plain']}\n```" if "text/plain" in data else ""


def _table(html: str) -> str:
    """A table of pandas or ipcircuit in the style of the site, without blank lines: Markdown breaks it there."""
    before, _, rest = html.partition("<style")
    _, _, after = rest.partition("</style>")
    plain = f"{before}{after}".replace('<table border="1" class="dataframe">', "<table>")
    return "\n".join(line for line in plain.splitlines() if line.strip())
