"""Fidelity of a testbench, which may be an object of a user's own that knows none."""

from __future__ import annotations

from typing import Any

from circuits.conditions import Fidelity


def at_fidelity(testbench: Any, fidelity: Fidelity) -> Any:
    """The testbench at a fidelity; as it is where it knows none."""
    change = getattr(testbench, "at_fidelity", None)
    return testbench if change is None else change(fidelity)


def fidelity_of(testbench: Any) -> Fidelity:
    """Fidelity of a testbench; one that knows none is at reference."""
    return getattr(getattr(testbench, "conditions", None), "fidelity", Fidelity.REFERENCE)
