"""The signed MTJ neuron, at its circuit's own clock, in the place of a network's.

Time: the membrane forgets with 0.8 ns, and the circuit reads it once in 2 ns; a decay above some 7 % per step it does
not have. Drive: the width of a pulse at full current; one threshold is the width that takes a membrane at rest to the
threshold at the strobe.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, cached_property

import numpy as np
import torch
from scipy.optimize import brentq

from circuits.signed_mtj.check import current_density
from circuits.signed_mtj.levels import drawn_factors, flipping, levelling, trimmed
from circuits.signed_mtj.neuron import SignedDesign
from circuits.signed_mtj.testbench import SignedMtjTestbench
from ipcircuit.compact.signed_mtj.analytic import analytic, thermal_deviation
from ipcircuit.compact.signed_mtj.neuron import SignedLif
from ipcircuit.units import NOMINAL_C
from network.foreign.description import NeuronDescription
from network.mapping.counterpart import (
    DESIGNED,
    LEFT,
    Chip,
    Counterpart,
    LayerMapping,
    checked_step,
    decay_of,
    gaps,
    wanted_span,
)
from network.neurons.signed_mtj.clocked import Clock, ClockedSignedLayer, SignedCopies, at_strobe
from network.neurons.stepping import StepMode

ZERO_C_K = 273.15


class SignedCounterpart(Counterpart):
    """See the module's text.

    Args:
        bench: the circuit as designed.
    """

    def __init__(self, bench: SignedMtjTestbench) -> None:
        self.bench = bench

    @property
    def circuit(self) -> str:
        return self.bench.name

    def with_settings(self, settings: Mapping[str, float | str]) -> SignedCounterpart:
        return SignedCounterpart(self.bench.with_settings(**settings))

    def at(self, temperature_C: float) -> tuple[SignedLif, SignedDesign, Clock]:
        """Compact neuron with the drive as its input, design and clock at an ambient temperature; the pulse's width
        for one threshold is that of 27 °C."""
        neuron, design, clock = self._at(temperature_C)
        return neuron, design, replace(clock, width_s=self.width_s)

    def _at(self, temperature_C: float) -> tuple[SignedLif, SignedDesign, Clock]:
        design = replace(self.bench.design, temperature_C=temperature_C)
        figures, v_dd, timing = analytic(design.junction), self.bench.conditions.v_dd, self.bench.conditions.timing
        drive, read = (
            figures.gain * current_density(design, v_dd, 0.0, sign=sign, reading=not sign) for sign in (1, 0)
        )
        clock = Clock(
            drive_s=timing.slots * timing.slot_s,
            settle_s=timing.settle_s,
            strobe_s=timing.strobe_s,
            read_s=timing.read_s,
            period_s=timing.period_s,
            drive=drive,
            read=read,
            width_s=0.0,
        )
        return figures.neuron().normalised(), design, clock

    @cached_property
    def width_s(self) -> float:
        """Pulse (s) that takes a membrane at rest to the threshold of `plus` at the strobe, at 27 °C."""
        neuron, design, clock = self._at(NOMINAL_C)
        wanted = float(flipping(design)[0])

        def excess(width: float) -> float:
            rest = torch.zeros((), dtype=torch.float64)
            return float(at_strobe(neuron, clock, rest, rest + width, 1.0)) - wanted

        return float(brentq(excess, 1e-12, clock.drive_s))  # pyright: ignore[reportArgumentType]

    def step_s(self, decay: float) -> float:
        neuron, _, clock = self.at(NOMINAL_C)
        return max(-neuron.tau_s * math.log(min(max(decay, 1e-3), 1.0)), clock.period_s)

    def map(self, neuron: NeuronDescription, step_s: float | None = None) -> LayerMapping:
        own, design, clock = self.at(NOMINAL_C)
        decay = decay_of(neuron)
        step = checked_step(step_s, self.step_s(1.0 if decay is None else decay), clock.period_s, self.circuit)
        clock = replace(clock, period_s=step)
        level = float(flipping(design)[0])
        ends = torch.tensor([level / 2, -level / 2], dtype=torch.float64)
        left = at_strobe(own, clock, ends, torch.zeros_like(ends), 1.0)
        obtained = float(left[0] - left[1]) / level
        largest = clock.drive_s / clock.width_s
        return LayerMapping(
            self.circuit,
            step,
            (decay, obtained),
            (wanted_span(decay), own.tau_s * math.log(1 / LEFT) / step),
            f"a pulse of {1e9 * clock.width_s:.2g} ns at full current, which the driver must give as a width; at most "
            f"{largest:.2g} of it",
            largest,
            signed=True,
            missing=gaps(neuron, obtained),
            added=(
                "a spike blocks the input of the next step",
                "a membrane at minus its threshold spikes on a line that is not connected here, and is reset too",
                "the membrane saturates: two thresholds of input do not move it twice as far as one",
            ),
        )

    def layer(self, mapping: LayerMapping, chip: Chip = DESIGNED, step_mode: StepMode = "m") -> ClockedSignedLayer:
        neuron, design, clock = self.at(chip.temperature_C)
        plus, minus = (float(end) for end in flipping(design))
        kelvin = chip.temperature_C + ZERO_C_K
        return ClockedSignedLayer(
            neuron,
            replace(clock, period_s=mapping.step_s),
            SignedCopies(1.0, plus, minus),
            noise=thermal_deviation(design.junction, kelvin) if chip.agitated else 0.0,
            copies=(lambda features, generator: _copies(design, features, generator)) if chip.mismatch else None,
            seed=chip.seed,
            step_mode=step_mode,
        )


def _copies(design: SignedDesign, features: tuple[int, ...], generator: torch.Generator) -> SignedCopies:
    """Neurons with the declared spreads of junction and reference, and the offsets of their input pairs (Pelgrom).

    With trim each has the codes that were best for it at 27 °C.
    """
    count = math.prod(features)
    deviates = torch.randn((5, count), generator=generator, dtype=torch.float64).numpy()
    factors = drawn_factors(design, deviates[:3])
    offsets = design.offset_sigma * deviates[3:]
    if design.legs:
        wanted = levelling(replace(design, temperature_C=NOMINAL_C), **factors)
        shape = (2, 2, design.legs, count)
        legs = torch.randn(shape, generator=generator, dtype=torch.float64).numpy()
        offsets = np.array([w + trimmed(design, o - w, rows) for w, o, rows in zip(wanted, offsets, legs, strict=True)])
    plus, minus = flipping(design, **factors, offsets=(offsets[0], offsets[1]))

    def shaped(values: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(values).to(torch.get_default_dtype()).reshape(features)

    return SignedCopies(shaped(1 / factors["resistance"]), shaped(plus), shaped(minus))


@cache
def signed() -> SignedCounterpart:
    """Counterpart of the registry's ``signed_mtj``."""
    return SignedCounterpart(SignedMtjTestbench())
