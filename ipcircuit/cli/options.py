"""Options that several commands share, and what they mean: a circuit's testbench and its overrides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ipcircuit.errors import InputError

if TYPE_CHECKING:
    from circuits.testbench import Testbench

Circuit = Annotated[str, typer.Argument(help="A name from `ipcircuit list`, or your own: path/to/file.py:NAME.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Worker processes; default: one per core.")]
Models = Annotated[
    Path | None, typer.Option(help="Your own CMOS card, a SPICE library.", exists=True, dir_okay=False, readable=True)
]
Corner = Annotated[str, typer.Option(help="Process corner of the CMOS card: tt, ff, ss, fs, sf.")]
Temperature = Annotated[float, typer.Option(help="Temperature in degrees Celsius.")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Override a parameter, SI units.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the random copies; the same seed gives the same numbers.")]


def testbench_of(name: str) -> Testbench:
    """The circuit of a name. The registry answers first: a misspelt name needs no simulator to be seen."""
    from ipcircuit.families import CIRCUITS

    CIRCUITS.get(name)
    from circuits.catalog import load

    return load(name)


def overrides(pairs: Sequence[str] | None) -> dict[str, float]:
    """``["r_parallel=230"]`` as ``{"r_parallel": 230.0}``.

    Raises:
        InputError: not NAME=VALUE, not a number, or a name given twice.
    """
    found: dict[str, float] = {}
    for pair in pairs or ():
        name, equals, text = pair.partition("=")
        if not equals or not name.isidentifier():
            raise InputError("not an override", where="--set", found=pair, allowed="NAME=VALUE")
        if name in found:
            raise InputError("given twice", where="--set", found=name)
        try:
            found[name] = float(text)
        except ValueError:
            raise InputError(
                "not a number", where=f"--set {name}", found=text, allowed="a number in SI units"
            ) from None
    return found
