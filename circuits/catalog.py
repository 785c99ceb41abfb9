"""Circuits by name, as testbenches."""

from __future__ import annotations

from circuits.testbench import Testbench
from ipcircuit.errors import InputError
from ipcircuit.families import CIRCUITS


def load(name: str) -> Testbench:
    """The testbench of a registered name or of ``path/to/file.py:NAME``.

    Raises:
        InputError: unknown, or the object lacks what a circuit must offer (says what).
    """
    found = CIRCUITS.load(name)
    if not isinstance(found, Testbench):
        needed = ("name", "summary", "configured", "measure", "netlist", "check")
        missing = [attribute for attribute in needed if not hasattr(found, attribute)]
        raise InputError(
            f"circuit {name!r} lacks {', '.join(missing)}",
            found=type(found).__name__,
            allowed="an object with the methods of circuits.testbench.Testbench",
        )
    return found
