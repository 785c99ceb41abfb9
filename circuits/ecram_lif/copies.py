"""Membranes of random copies of the delay-feedback neuron: what mismatch does to threshold, leak and input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from circuits.conditions import Conditions
from circuits.ecram_lif.delay_feedback import LifDesign
from circuits.ecram_lif.stages import FRACTIONS, injection, leak_line, reduce_lif, stage_sweep, take_off
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from ipcircuit.devices.ecram.device import base_resistance
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample


@cache
def membrane_copies(
    design: LifDesign, conditions: Conditions, count: int, seed: int = 0
) -> Sequence[LifNeuronParameters | None]:
    """Compact constants of the first `count` copies of a seed, without the tables of the threshold stage.

    Threshold, take-off, leak, switch and synapse are a copy's own, from one dc sweep of its stages with the declared
    spreads; pulse, capacitance, latency and refractory time are those of the design. None: a copy whose pull-up exceeds
    its leak, so that its membrane does not rest. Whether a copy's loop completes its spike is not looked at:
    ``ipcircuit yield`` does.
    """
    nominal = replace(reduce_lif(design, conditions), stage=None)
    return tuple(_copy(nominal, design, conditions, Sample(seed, index)) for index in range(count))


def _copy(
    nominal: LifNeuronParameters, design: LifDesign, conditions: Conditions, sample: Sample
) -> LifNeuronParameters | None:
    sample = conditions.drawn(sample)
    made = replace(design, synapse=design.synapse.varied(sample, "synapse"))
    sweep, base = stage_sweep(made, replace(conditions, sample=sample)), base_resistance(made.synapse)
    try:
        threshold, slope = take_off(sweep)
    except InputError:
        return None
    drive, _, _, series, _ = injection(sweep, base * np.array(FRACTIONS), threshold)
    leak, leak_per_V = leak_line(sweep, threshold)
    if leak <= 0:
        return None
    return replace(
        nominal,
        drive_V=drive,
        series_ohm=series,
        base_ohm=base,
        threshold_V=threshold,
        take_off_V=slope,
        leak_A=leak,
        leak_per_V=leak_per_V,
        origin=f"{nominal.origin}; {sample.label()}",
    )
