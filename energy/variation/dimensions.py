"""Names of the deviates that a copy of a circuit asks for: the dimensions of the space that is sampled."""

from __future__ import annotations

from circuits.testbench import SampledTestbench, Testbench
from ipcircuit.errors import InputError
from ipcircuit.sampling import RecordingSample


def dimensions(testbench: Testbench) -> tuple[str, ...]:
    """Names in the order in which a copy's decks ask for them; nothing is simulated.

    Raises:
        InputError: a circuit that declares no variation, or a testbench of a user's own that lists no simulations.
    """
    if not isinstance(testbench, SampledTestbench):
        raise InputError("this circuit declares no variation", where="sampling", found=testbench.name)
    sample = RecordingSample(0, 0)
    copy = testbench.sampled(sample)
    if not hasattr(copy, "jobs"):
        allowed = "plain, or a circuits.testbench.Testbench, or an object with its `jobs`"
        raise InputError("this circuit lists no simulations", where="sampling", found=testbench.name, allowed=allowed)
    copy.jobs()
    return tuple(sample.asked)
