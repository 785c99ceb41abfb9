"""What NIR leaves open: its neurons are differential equations, and each tool that writes them takes its own step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ipcircuit.errors import InputError

DEFAULT_DT_S = 1e-4  # of snnTorch's and SpikingJelly's exports


@dataclass(frozen=True)
class Dialect:
    """How the tool that wrote a file computes a step. All take forward Euler steps.

    Attributes:
        name: of the tool.
        dt_s: length of a step, s; None where the file may tell it.
        subtracts: spikes subtract the threshold in the next step, whatever reset value the file states.
        input_lost: after a spike, current-based and recurrent neurons stay at the reset value for a step.
        inclusive: a membrane that just meets the threshold spikes.
        jumps: an input adds to the synaptic current as it is, where the equation says dt / tau_syn of it.
        scaled: time constants may be written times `dt_s`.
    """

    name: str
    dt_s: float | None = None
    subtracts: bool = False
    input_lost: bool = False
    inclusive: bool = False
    jumps: bool = False
    scaled: bool = False


DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect("nir"),
        Dialect("spikingjelly", inclusive=True),
        # snnTorch does not export its reset_mechanism; by default it subtracts.
        Dialect("snntorch", subtracts=True),
        Dialect("snntorch-zero", input_lost=True),
        # Norse 1.1 exports dt / tau_mem_inv as the time constant, which is dt times too small, and no input weight.
        Dialect("norse", dt_s=1e-3, jumps=True, scaled=True),
    )
}
"""By name. ``nir`` is the specification: a spike sets the membrane to v_reset at once, and needs v > v_threshold."""


def dialect_named(name: str | None) -> Dialect:
    """A dialect; None is the specification. Raises InputError: unknown."""
    if name is not None and name not in DIALECTS:
        raise InputError("unknown dialect of NIR", where="dialect", found=name, allowed=", ".join(DIALECTS))
    return DIALECTS[name or "nir"]
