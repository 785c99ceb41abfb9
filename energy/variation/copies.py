"""Random copies of a circuit, simulated a chunk at a time in one process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from circuits.testbench import SampledTestbench
from energy.driver import WriteDriver
from energy.variation.outcome import Outcome, Status, outcome
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.spice import cache


def simulated_copies(
    testbench: SampledTestbench,
    samples: Sequence[Sample],
    *,
    driver: WriteDriver | None = None,
    folder: Path | None = None,
) -> list[Outcome]:
    """Outcome of each random copy, in the order of the samples; nothing depends on which of them are in one chunk.

    Args:
        testbench: the design, at the fidelity that its conditions say.
        driver: write driver of the design.
        folder: of the results, for the decks of copies that do not work; default that of failed simulations.
    """
    return [_copy(testbench, sample, driver, folder) for sample in samples]


def _copy(testbench: SampledTestbench, sample: Sample, driver: WriteDriver | None, folder: Path | None) -> Outcome:
    try:
        copy = testbench.sampled(sample)
    except InputError as refused:  # a draw out of the range in which a device's model holds
        return Outcome(getattr(testbench, "name", ""), sample.label(), Status.FAILED, {}, str(refused))
    with cache.bypassed():
        return outcome(copy, sample.label(), driver=driver, folder=folder)
