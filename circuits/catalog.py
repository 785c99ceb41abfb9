"""Circuits by name, as testbenches."""

from __future__ import annotations

from circuits.testbench import Testbench
from ipcircuit.errors import InputError
from ipcircuit.families import CIRCUITS

NEEDED = ("name", "summary", "configured", "measure", "netlist", "check")


def load(name: str) -> Testbench:
    """The testbench of a registered name or of ``path/to/file.py:NAME``.

    Raises:
        InputError: unknown, or the object lacks what a circuit must offer (says what).
    """
    testbench = CIRCUITS.load(name)
    missing = [attribute for attribute in NEEDED if not hasattr(testbench, attribute)]
    if missing:
        raise InputError(
            f"circuit {name!r} lacks {', '.join(missing)}",
            found=type(testbench).__name__,
            allowed="a circuits.testbench.Testbench, or an object with its methods",
        )
    return testbench
