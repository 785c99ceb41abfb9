"""Screening fidelity of the MTJ neurons: energies of the dividers alone, decisions from a dc read.

Left out: what transistors draw while lines are charged, the delay to the outputs, and how a copy's leakage differs from
the design's. Errors, and what it costs: docs/methods/variation.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from circuits.copies import Columns, MeasuredCopies, PulseColumns
from circuits.events import Event
from circuits.measurement import Component, Kind, Measured, Measurement, PulseInput
from circuits.thermal_mtj.cycle import LADDERS, drive, ladder_heat
from circuits.thermal_mtj.half import MadeCopies, drawn_copies
from circuits.thermal_mtj.neuron import MtjNeuron, ThermalMtjConditions
from circuits.thermal_mtj.reading.front_end import FrontEnds, front_ends
from circuits.thermal_mtj.reading.read import ReadDeck, Reads
from circuits.thermal_mtj.sense.latch import Strobe, estimated_thresholds, latch_job, latch_reads
from circuits.thermal_mtj.sense.trim import failed_run, trims_of
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.sampling import RecordingSample, Sample
from ipcircuit.sampling.columns import SampleColumns
from ipcircuit.spice import cache
from ipcircuit.spice.jobs import Job
from ipcircuit.spice.series import Runs
from ipcircuit.spice.transient import Sweep
from ipcircuit.units import NOMINAL_C

Refused = dict[int, InputError | SimulationError]
Components = list[tuple[Component, np.ndarray]]  # without energy, and those of the copies
NO_STROBE = Strobe(0.0, "")


class Screening:
    """Screening of copies of one neuron.

    Args:
        neuron: the design, or one copy.
        idle_power_W: of the design.
        strobe: of the latches of the design, where it has some; those of copies are not simulated.
    """

    def __init__(
        self, neuron: MtjNeuron, conditions: ThermalMtjConditions, idle_power_W: float, strobe: Strobe = NO_STROBE
    ) -> None:
        neuron.check_conditions(conditions)
        self.neuron = neuron
        self.conditions = replace(conditions, sample=None)
        self._deck = None if neuron.sizes.clocked else ReadDeck(neuron, conditions)
        self._strobe = strobe
        self._ladders = _ladder_input(neuron, conditions)
        self._idle_power_W = idle_power_W
        self._circuit = neuron.build("sampled", (False,) * len(neuron.halves), conditions)
        self._diameters_m = tuple(d for half in neuron.halves for d in half.diameters_m)
        self._record = {**self.conditions.record(), **neuron.sizes.changed()}

    @property
    def front_end(self) -> FrontEnds:
        """Dividers of the neuron itself over one operation."""
        return self._front_ends([MadeCopies.of([half.made]) for half in self.neuron.halves])

    def job(self, sample: Sample | None) -> Job:
        """The read of the neuron itself, with the mismatch of a copy."""
        if self._deck is None:
            return latch_job(self.neuron.design, self.conditions)
        return self._deck.job(self.front_end.levels_V[..., 0].tolist(), sample, self.neuron.codes)

    def copies(self, samples: Sequence[Sample]) -> Sequence[Measured]:
        """Measurement of each random copy, or why there is none."""
        samples = [self.conditions.drawn(sample) for sample in samples]
        if len({sample.spreads for sample in samples}) > 1:
            return [measured for sample in samples for measured in self.copies([sample])]
        with cache.bypassed():
            return self._copies(SampleColumns(samples, self._names)) if samples else []

    def _copies(self, samples: SampleColumns) -> MeasuredCopies:
        halves, refused = drawn_copies(self.neuron.halves, samples)
        batch = _Batch(samples, halves, refused)
        if self.neuron.trims and batch.numbers:
            cold, _ = drawn_copies([half.at_ambient(NOMINAL_C) for half in self.neuron.halves], batch.samples)
            codes, failed = trims_of(self.neuron, cold, batch.samples, self.conditions)
            batch.drop(failed)
            batch.trims = codes
        if batch.numbers:
            batch.fronts = self._front_ends(batch.halves)
            batch.drop(self._beyond(batch.fronts))
        if batch.numbers and batch.fronts is not None:
            if self._deck is None:
                return self._measured(len(samples), batch.refused, batch.fronts, *self._strobed(batch))
            runs = self._deck.run(batch.fronts.levels_V, batch.samples, batch.trims)
            batch.drop({place: failed_run(run) for place, run in runs.failed.items()})
            if batch.numbers:
                reads = self._deck.read(runs)
                return self._measured(len(samples), batch.refused, batch.fronts, reads, runs.simulator)
        return MeasuredCopies(len(samples), batch.refused)

    def _strobed(self, batch: _Batch) -> tuple[Reads, str]:
        assert batch.fronts is not None
        levels, strobe = batch.fronts.levels_V, self._strobe
        return latch_reads(self.neuron, self.conditions, levels, batch.samples, strobe), strobe.simulator

    @cached_property
    def _names(self) -> list[str]:
        """Names of the deviates that a copy asks for."""
        sample = RecordingSample(0, 0)
        for half in self.neuron.halves:
            half.drawn(sample)
        if self._deck is None:
            estimated_thresholds(self.neuron, self.conditions, sample)
        else:
            self._deck.job([(0.0, 0.0)] * len(self.neuron.halves), sample)
        return [*sample.asked]

    def _front_ends(self, halves: Sequence[MadeCopies]) -> FrontEnds:
        moment = sum(self.neuron.cycle.read_window) / 2
        return front_ends(self.neuron.halves[0].device, halves, drive(self.neuron, self.conditions), moment)

    def _beyond(self, fronts: FrontEnds) -> dict[int, InputError]:
        """Copies of which a junction sees more voltage than its model holds for."""
        refused: dict[int, InputError] = {}
        for half, volts in zip(self.neuron.halves, fronts.antiparallel_V, strict=True):
            for place in np.flatnonzero(~(np.abs(volts) <= half.device.voltage_limit)).tolist():
                try:
                    half.device.check_voltage(float(volts[place]), where=f"{self.neuron.name}: amplitude")
                except InputError as error:
                    refused.setdefault(place, error)
        return refused

    def measurement(self, fronts: FrontEnds, run: Sweep) -> Measurement:
        """Measurement of one copy from its dividers and the run of its read.

        Raises:
            InputError: its junctions see more voltage than their model holds for.
        """
        assert self._deck is not None
        runs = Runs.of([run])
        return self._of_one(fronts, self._deck.read(runs), runs.simulator)

    def measurement_with_latches(self, fronts: FrontEnds, sample: Sample | None) -> Measurement:
        """Measurement of one copy with latches from its dividers and its deviations; raises as `measurement`."""
        reads = latch_reads(self.neuron, self.conditions, fronts.levels_V, sample, self._strobe)
        return self._of_one(fronts, reads, self._strobe.simulator)

    def _of_one(self, fronts: FrontEnds, reads: Reads, simulator: str) -> Measurement:
        for refused in self._beyond(fronts).values():
            raise refused
        [measurement] = self._measured(1, {}, fronts, reads, simulator)
        assert isinstance(measurement, Measurement)
        return measurement

    def _measured(
        self, count: int, refused: Refused, fronts: FrontEnds, reads: Reads, simulator: str
    ) -> MeasuredCopies:
        """Measurements of those copies of `count` that are not refused."""
        neuron, ladders = self.neuron, self._ladders
        components = self._components(fronts, reads)
        spikes = np.broadcast_to(neuron.spikes_per_operation(fronts.probabilities), fronts.charge_C.shape)
        columns = Columns(
            neuron.name,
            neuron.cycle.period,
            self._idle_power_W,
            {c.name: values for c, values in components},
            {c.name: values for c, values in components if c.in_paper_scope},
            np.where(spikes == 0, np.nan, spikes),
            reads.warnings(self.conditions.v_dd),
            PulseColumns(
                fronts.charge_C + ladders.charge_C,
                fronts.energy_J + ladders.energy_J,
                fronts.peak_current_A + ladders.peak_current_A,
                fronts.peak_voltage_V,
            ),
            reads.margin_V,
        )

        def of_row(row: int) -> Measurement:
            return self._of_row(row, columns, components, fronts.probabilities, simulator)

        return MeasuredCopies(count, refused, columns, of_row)

    def _of_row(
        self, row: int, columns: Columns, components: Components, probabilities: np.ndarray, simulator: str
    ) -> Measurement:
        neuron, pulse = self.neuron, columns.pulse_input
        spikes, margins = float(columns.spikes_per_operation[row]), columns.margin_V
        return Measurement(
            circuit=neuron.name,
            simulator=simulator,
            conditions=self._record,
            components=tuple(replace(c, energy_J=float(values[row])) for c, values in components),
            neuron=self._circuit,
            spikes_per_operation=None if math.isnan(spikes) else spikes,
            latency_s=None,
            period_s=columns.period_s,
            events_per_operation={Event.INPUT: 1.0},
            idle_power_W=columns.idle_power_W,
            pulse_input=None if pulse is None else pulse.of_row(row),
            device_diameters_m=self._diameters_m,
            overlay_um2=neuron.overlay_um2,
            details={
                f"firing_probability_{half.label}": float(of[row])
                for half, of in zip(neuron.halves, probabilities, strict=True)
            },
            warnings=columns.warnings[row],
            margin_V=None if margins is None else float(margins[row]),
            technology=self.conditions.technology,
        )

    def _components(self, fronts: FrontEnds, reads: Reads) -> Components:
        neuron = self.neuron
        components: Components = []
        for half, heat, reference in zip(neuron.halves, fronts.heat_J, fronts.reference_J, strict=True):
            label = f" {half.label}" if half.suffix else ""
            components.append((Component(f"mtj{label}", 0.0, Kind.DEVICE, True, Event.INPUT), heat))
            components.append((Component(f"divider{label}", 0.0, Kind.DIVIDER, paid_per=Event.INPUT), reference))
        if neuron.sizes.clocked:
            heat = np.full(fronts.charge_C.shape, self._ladders.energy_J)
            components.append((Component(LADDERS, 0.0, Kind.DIVIDER, paid_per=Event.INPUT), heat))
        seconds, v_dd = neuron.cycle.read_at_half, self.conditions.v_dd
        weights = {states: neuron.weight(states, fronts.probabilities) for states in neuron.outcomes()}
        for name in next(iter(reads.currents_A.values())):
            current: Any = sum(weight * reads.currents_A[states][name] for states, weight in weights.items())
            components.append((Component(name, 0.0, paid_per=Event.INPUT), v_dd * current * seconds))
        return components


def _ladder_input(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> PulseInput:
    """Charge, energy and peaks of the latches' ladders in one operation; without latches 0."""
    if not neuron.sizes.clocked:
        return PulseInput(0.0, 0.0, 0.0, 0.0)
    wave = drive(neuron, conditions)
    widths, volts = np.diff(wave.times), np.abs(wave.values)  # no edge crosses 0 V in mid
    first, last = volts[:-1], volts[1:]
    heat = ladder_heat(neuron, float(np.sum(widths * (first**2 + first * last + last**2)) / 3))
    siemens, peak = len(neuron.halves) / neuron.sizes.latch_ohm, float(volts.max())
    return PulseInput(siemens * float(np.sum(widths * (first + last)) / 2), heat, siemens * peak, peak)


class _Batch:
    """Copies on their way to a measurement; those that are refused leave it.

    Attributes:
        numbers: of the copies that are left; what follows is of these.
    """

    def __init__(self, samples: SampleColumns, halves: Sequence[MadeCopies], refused: Mapping[int, InputError]) -> None:
        self.refused: Refused = {**refused}
        self.numbers = [number for number in range(len(samples)) if number not in refused]
        self.samples = samples.some(self.numbers)
        self.halves = halves
        self.trims: list[tuple[int, ...]] = []
        self.fronts: FrontEnds | None = None

    def drop(self, refused: Mapping[int, InputError | SimulationError]) -> None:
        """Leave some out, by their places among those that are left."""
        if not refused:
            return
        self.refused |= {self.numbers[place]: error for place, error in refused.items()}
        kept = [place for place in range(len(self.numbers)) if place not in refused]
        self.numbers = [self.numbers[place] for place in kept]
        self.samples = self.samples.some(kept)
        self.halves = [half.some(kept) for half in self.halves]
        self.trims = [self.trims[place] for place in kept if self.trims]
        self.fronts = None if self.fronts is None else self.fronts.some(kept)
