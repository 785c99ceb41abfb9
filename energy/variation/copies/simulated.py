"""Random copies of a circuit, simulated a chunk at a time in one process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from circuits.copies import MeasuredCopies
from circuits.measurement import Measured
from circuits.testbench import SampledTestbench
from energy.driver import WriteDriver
from energy.variation.copies.dimensions import spread_sample
from energy.variation.copies.outcome import (
    Outcome,
    Status,
    failed_deck,
    judged,
    judged_together,
    outcome,
    quantities_of,
)
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.spice import cache


def simulated_copies(
    testbench: SampledTestbench,
    samples: Sequence[Sample],
    *,
    driver: WriteDriver | None = None,
    folder: Path | None = None,
    decks: bool = True,
) -> list[Outcome]:
    """Outcome of each random copy, in the order of the samples; nothing depends on which of them are in one chunk.

    Args:
        testbench: the design, at the fidelity that its conditions say.
        driver: write driver of the design.
        folder: of the results, for the decks of copies that do not work; default that of failed simulations. Of copies
            that the testbench measures together, only decks that the simulator did not take are kept.
        decks: False: the same of all copies.
    """
    samples = [spread_sample(testbench, sample) for sample in samples]
    together = getattr(testbench, "measure_copies", None)
    measured: Sequence[Measured] | None = None if together is None else together(samples)
    if measured is None:
        return [_copy(testbench, sample, driver, folder, decks) for sample in samples]
    name, values = str(getattr(testbench, "name", "")), partial(quantities_of, driver=driver)
    if isinstance(measured, MeasuredCopies):
        outcomes = judged_together(name, [sample.label() for sample in samples], measured, driver)
        if outcomes is not None:
            return outcomes
    return [
        judged(name, sample.label(), result, values, failed_deck)
        for sample, result in zip(samples, measured, strict=True)
    ]


def _copy(
    testbench: SampledTestbench, sample: Sample, driver: WriteDriver | None, folder: Path | None, decks: bool
) -> Outcome:
    try:
        copy = testbench.sampled(sample)
    except InputError as refused:  # a draw out of the range in which a device's model holds
        return Outcome(getattr(testbench, "name", ""), sample.label(), Status.FAILED, {}, str(refused))
    with cache.bypassed():
        return outcome(copy, sample.label(), driver=driver, folder=folder, decks=decks)
