"""Which numbers a front is made of."""

from __future__ import annotations

from typing import Literal

from energy.cost import SCOPES
from energy.digital import PRECISIONS
from ipcircuit.errors import InputError
from ipcircuit.records import record

Account = Literal["memory", "network"]
ACCOUNTS: tuple[Account, ...] = ("memory", "network")
INTEGERS = "int8"  # precision, and what a run's record holds of it


@record
class View:
    """Which numbers a front is made of.

    Attributes:
        account: ``memory``, the layers that hold a state, or ``network``, everything.
        scope: of simulated circuits.
        precision: of weights, synapses and digital networks, ``fp32`` or ``int8``, in energy and in accuracy.

    Raises:
        InputError: another word.
    """

    account: Account = "network"
    scope: str = "circuit"
    precision: str = INTEGERS

    def __post_init__(self) -> None:
        for name, known in (("scope", SCOPES), ("precision", PRECISIONS)):
            if getattr(self, name) not in known:
                raise InputError("unknown", where=name, found=getattr(self, name), allowed=", ".join(known))
