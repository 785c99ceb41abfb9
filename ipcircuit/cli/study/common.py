"""What several experiments share: options, and how shares and folders are printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Seed = Annotated[int, typer.Option(help="Of the first repetition; the same seed gives the same numbers.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Folder for JSON, tables, figures and a deck.")]


def file_lines(output: Path | None) -> list[str]:
    """A line that says where the files are."""
    return [f"files in {output}"] if output else []


def percent(value: float | None) -> str:
    """A share in per cent, without the sign."""
    return "" if value is None else f"{100 * value:.1f}"
