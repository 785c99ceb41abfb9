"""Names of the deviates that a copy of a circuit asks for: the dimensions of the space that is sampled."""

from __future__ import annotations

from typing import Any

from circuits.conditions import Fidelity
from circuits.testbench import SampledTestbench, Testbench
from energy.variation.copies.fidelity import at_fidelity
from ipcircuit.errors import InputError
from ipcircuit.sampling import RecordingSample, Sample


def spread_sample(testbench: Any, sample: Sample) -> Sample:
    """A sample with the spreads that are stated for a testbench, as `Conditions.drawn`; others stay as they are."""
    of_conditions = getattr(getattr(testbench, "conditions", None), "drawn", None)
    return sample if of_conditions is None else of_conditions(sample)


def dimensions(testbench: Testbench | SampledTestbench) -> tuple[str, ...]:
    """Names in alphabetical order, which no change of the code moves; nothing is simulated.

    Raises:
        InputError: a circuit that declares no variation, or a testbench of a user's own that lists no simulations.
    """
    name = getattr(testbench, "name", "")
    if not isinstance(testbench, SampledTestbench):
        raise InputError("this circuit declares no variation", where="sampling", found=name)
    sample = RecordingSample(0, 0)
    copy = at_fidelity(testbench, Fidelity.REFERENCE).sampled(spread_sample(testbench, sample))
    if not hasattr(copy, "jobs"):
        allowed = "plain, or a circuits.testbench.Testbench, or an object with its `jobs`"
        raise InputError("this circuit lists no simulations", where="sampling", found=name, allowed=allowed)
    copy.jobs()
    return tuple(sorted(sample.asked))
