"""Values of options, checked as they are read: whole numbers and numbers in a range, words of a list, files.

Every error names the option, what it got and what it takes. Bounds are far beyond any use, and what can still be
computed: beyond them is a slip of the keyboard, or someone who tries what happens.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from ipcircuit.bounds import LARGEST_SEED as LARGEST_SEED
from ipcircuit.errors import InputError
from ipcircuit.files import check_input_file
from ipcircuit.units import COLDEST_C as COLDEST_C
from ipcircuit.units import HOTTEST_C as HOTTEST_C

MOST_JOBS = 1024
MOST_COPIES = 1_000_000
MOST_SEEDS = 1000
COMPUTE = ("cpu", "cuda")
FIDELITIES = ("auto", "multi", "screening", "reference")  # energy.variation.montecarlo.montecarlo.METHODS
SAMPLING = ("plain", "lhs", "sobol")  # `ipcircuit.sampling.plans.METHODS`, without numpy


def whole(*names: str, low: int, high: int, help: str) -> Any:
    """An option that takes a whole number from `low` to `high`; `names` as typer takes them, the long one first."""
    return typer.Option(*names, help=help, metavar=f"{low}…{high}", parser=_whole(names[0], low, high))


def whole_argument(name: str, *, low: int, high: int, help: str) -> Any:
    """An argument that takes a whole number from `low` to `high`."""
    return typer.Argument(help=help, metavar=name, parser=_whole(name, low, high), show_default=False)


def number(*names: str, low: float, high: float, help: str, unit: str = "", open_low: bool = False) -> Any:
    """An option that takes a finite number from `low` (or above it, if `open_low`) to `high`."""
    parser = _number(names[0], low, high, unit, open_low)
    return typer.Option(*names, help=help, metavar=f"{low:g}…{high:g}", parser=parser)


def word(*names: str, allowed: Sequence[str], help: str) -> Any:
    """An option that takes a word of a list."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise InputError("unknown", where=names[0], found=text, allowed=", ".join(allowed))
        return text

    return typer.Option(*names, help=help, metavar="WORD", parser=parse)


def input_file(*names: str, help: str) -> Any:
    """An option that takes an existing file: no folder, device or pipe, which can be without end."""
    return typer.Option(*names, help=help, metavar="FILE", parser=_file(names[0]))


def device_file(*names: str, taken: bool = True, hidden: bool = False) -> Any:
    """An option that takes a parameter file of a device; where it is not `taken`, every use of it is refused.

    What trains a network was once chosen by this name; those words are told the new one.
    """

    def parse(text: str | Path) -> Path:
        if str(text) in COMPUTE:
            raise InputError("that is --compute now", where=names[0], found=str(text), allowed=f"--compute {text}")
        if not taken:
            raise InputError("this command takes no parameter file", where=names[0], found=str(text))
        return _file(names[0])(text)

    help = "Parameter file of the circuit's device, as `ipcircuit fit` writes it."
    return typer.Option(*names, help=help, metavar="FILE", parser=parse, hidden=hidden)


def input_folder(*names: str, help: str) -> Any:
    """An option that takes an existing folder."""

    def parse(text: str | Path) -> Path:
        path = _path(text, names[0])
        if not path.is_dir():
            problem = "not a folder" if path.exists() else "no such folder"
            raise InputError(problem, where=names[0], found=str(path), allowed="an existing folder")
        return path

    return typer.Option(*names, help=help, metavar="FOLDER", parser=parse)


def output_path(*names: str, help: str, folder: bool = True) -> Any:
    """An option that names a folder, or a file, to be written, where that is possible."""

    def parse(text: str | Path) -> Path:
        path = _path(text, names[0])
        if folder and path.exists() and not path.is_dir():
            raise InputError(
                "a file, not a folder", where=names[0], found=str(path), allowed="a folder, existing or new"
            )
        if not folder and path.is_dir():
            raise InputError("a folder, not a file", where=names[0], found=str(path), allowed="a file, existing or new")
        nearest = next(place for place in (path, *path.absolute().parents) if place.exists())
        if not os.access(nearest, os.W_OK):  # said before anything is computed
            raise InputError(
                "cannot be written", where=names[0], found=str(path), allowed="a place that you may write to"
            )
        return path

    return typer.Option(*names, help=help, metavar="FOLDER" if folder else "FILE", parser=parse)


def whole_number(text: str | int, where: str, low: int, high: int) -> int:
    """A whole number in a range. Raises InputError."""
    try:
        value = int(text)
    except ValueError:  # also of more than 4300 digits
        raise InputError("not a whole number", where=where, found=text, allowed=f"{low} … {high}") from None
    if not low <= value <= high:
        raise InputError("out of range", where=where, found=value, allowed=f"{low} … {high}")
    return value


def _whole(name: str, low: int, high: int) -> Callable[[str | int], int]:
    return lambda text: whole_number(text, name, low, high)


def _number(name: str, low: float, high: float, unit: str, open_low: bool) -> Callable[[str | float], float]:
    allowed = f"{'above ' if open_low else ''}{low:g} … {high:g} {unit}".rstrip()

    def parse(text: str | float) -> float:
        try:
            value = float(text)
        except ValueError:
            raise InputError("not a number", where=name, found=text, allowed=allowed) from None
        if not (math.isfinite(value) and low <= value <= high) or (open_low and value == low):
            raise InputError("out of range", where=name, found=value, allowed=allowed)
        return value

    return parse


def _file(name: str) -> Callable[[str | Path], Path]:
    def parse(text: str | Path) -> Path:
        path = _path(text, name)
        check_input_file(path, name)
        return path

    return parse


def _path(text: str | Path, name: str) -> Path:
    if not str(text) or "\0" in str(text):
        raise InputError("not a path", where=name, found=str(text))
    try:
        path = Path(text)
        path.exists()
    except OSError as error:  # a name too long, a folder on the way that cannot be read
        raise InputError(f"{error.strerror or error}", where=name, found=str(text)) from None
    return path
