"""The neurons with an ECRAM synapse as testbenches: configure, measure, write as a deck, check.

The delay-feedback neuron is checked against its compact model, the others, which have none, against hand calculations.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Generic, Self, TypeVar

import numpy as np
from scipy import constants

from circuits.ecram_lif.axon_hillock import AxonHillockDesign
from circuits.ecram_lif.check import check_lif
from circuits.ecram_lif.delay_feedback import LifDesign
from circuits.ecram_lif.differential_pair import DifferentialPairDesign
from circuits.ecram_lif.neuron import INPUT_STAGE, SYNAPSE, SYNAPSE_GATE, AnalyticDesign, NeuronDesign
from circuits.ecram_lif.plasticity import paired_pulse_ratios, predicted_ratio
from circuits.ecram_lif.response import LifResult, Stimulus, evaluate_lif, lif_job
from circuits.ecram_lif.stages import switch_ohm
from circuits.events import Event
from circuits.measurement import Component, CurveCheck, Kind, Measurement
from circuits.memory import Trace, leaked_V
from circuits.parts import Part
from circuits.stimulus import read_spike_times
from circuits.testbench import Settings, Testbench, numeric_fields
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.devices.ecram.device import base_resistance
from ipcircuit.errors import InputError
from ipcircuit.parameters import Variation
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job, Progress, Result, simulate_all
from ipcircuit.spice.transient import Transient

_D = TypeVar("_D", bound=NeuronDesign)
_A = TypeVar("_A", bound=AnalyticDesign)
NO_INPUT = Stimulus(1e-6)  # no input: what an idle neuron draws
TAIL = 200e-9  # s after the last spike of a user's file, for the response to it
MIM_DENSITY = 2e-3  # F/m² (2 fF/µm²); reasons in circuits.ecram_lif.assumptions
ECRAM_AREA = 1e-12  # m²
ZERO_C_K = 273.15
SWITCH_OHM = 3.8e3  # of the synapse's switch, behind 30 kΩ of channel: `stages.switch_ohm` of the default
INTERVAL_TOLERANCE = 0.10  # the hand formulas have one threshold for all slopes and a leak that is on from 0 V
PAIRS = (0.2e-6, 3e-6, 30e-6)  # s, between two spikes
RATIO_TOLERANCE = 0.02
NO_ESTIMATE = "none: the currents of the hand calculations are those of lp28"


@dataclass(frozen=True)
class EcramLifTestbench(Testbench, Generic[_D]):
    """A topology under given conditions.

    Attributes:
        currents: into the membrane (A), of the f-I curve.
        input_interval_s, input_count: the regular spike train that it is measured with.
        spike_times, stimulus_file: input spikes (s) that take its place, and the file that they come from.
    """

    currents: ClassVar[tuple[float, ...]]
    formula: ClassVar[str]

    design: _D
    input_interval_s: float = 200e-9
    input_count: float = 40
    spike_times: tuple[float, ...] = ()
    stimulus_file: str = ""

    @property
    def name(self) -> str:
        return self.design.name

    @property
    def summary(self) -> str:
        return self.design.summary

    @property
    def stimulus(self) -> Stimulus:
        """The input spike train of `measure`."""
        if self.spike_times:
            return Stimulus(self.spike_times[-1] + TAIL, self.spike_times)
        if not (self.input_count >= 1 and self.input_count == int(self.input_count)):
            raise InputError("not a number of spikes", where="input_count", found=self.input_count, allowed="1, 2, …")
        return Stimulus.regular(self.input_interval_s, int(self.input_count))

    @property
    def settings(self) -> tuple[Settings, ...]:
        """Sizes, the spike train, the supply, and parameters of every ECRAM but `sign`, which the circuit decides."""
        parameters = sorted({p.name for p in self.design.synapse.parameters} - {"sign"})
        return (
            Settings.of("design", *numeric_fields(self.design)),
            Settings.of("", "input_interval_s", "input_count"),
            Settings.of("conditions", "v_dd", "output_load_F"),
            Settings(tuple(parameters), lambda b, values: replace(b, design=b.design.with_devices(**values))),
        )

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every ECRAM; the circuit decides into which direction its pulses move it."""
        return tuple(Part.of(self, f"design.{field}", "sign") for field in self.design.ecrams)

    def sampled(self, sample: Sample) -> Self:
        """Of the devices only the synapse varies."""
        sample = self.conditions.drawn(sample)
        design = replace(self.design, synapse=self.design.synapse.varied(sample, "synapse"))
        return replace(self, design=design, conditions=replace(self.conditions, sample=sample))

    @property
    def variations(self) -> dict[str, tuple[Variation, ...]]:
        return {self.design.synapse.name: self.design.synapse.variations}

    def with_stimulus(self, path: Path) -> Self:
        """The same neuron under the input spikes of a file; see `circuits.stimulus`."""
        return replace(self, spike_times=read_spike_times(path), stimulus_file=str(path))

    def job(self, stimulus: Stimulus | None = None, label: str = "spike train", *, report: bool = False) -> Job:
        """The deck under a stimulus (default: the regular train)."""
        return lif_job(self.design, self.conditions, stimulus or self.stimulus, label, report=report)

    def respond(
        self, stimuli: Sequence[Stimulus], *, n_jobs: int | None = None, progress: Progress | None = None
    ) -> list[LifResult]:
        """The neuron's response to each stimulus, in order."""
        return self._responses(stimuli, simulate_all([self.job(s) for s in stimuli], n_jobs=n_jobs, progress=progress))

    def _responses(self, stimuli: Sequence[Stimulus], results: Sequence[Result]) -> list[LifResult]:
        runs = (result for result in results if isinstance(result, Transient))
        return [evaluate_lif(self.design, self.conditions, s, run) for s, run in zip(stimuli, runs, strict=True)]

    def jobs(self) -> list[Job]:
        """The spike train, and an idle neuron."""
        return [self.job(), self.job(NO_INPUT)]

    def evaluate(self, results: Sequence[Result]) -> Measurement:
        """One operation is one inter-spike interval. Without two output spikes it is the whole run, and there is no
        energy per spike."""
        result, idle = self._responses([self.stimulus, NO_INPUT], results)
        v_dd, settled = self.conditions.v_dd, 0.5 * NO_INPUT.stop
        idle_W = -v_dd * idle.run.integral("i(vdd)", settled, NO_INPUT.stop) / (NO_INPUT.stop - settled)
        energy, period, estimate = result.energy_J, result.interval_s, {}
        if energy is None or period is None:
            period, meters = self.stimulus.stop, self.design.meters
            energy = {n: v_dd * result.run.integral(f"i(v.xneuron.{m})") for n, m in meters.items()}
        elif result.input_spikes is not None and self.conditions.technology.is_default:
            estimate = self.design.estimate(v_dd, period, result.input_spikes)
        return Measurement(
            circuit=self.name,
            simulator=result.run.simulator,
            conditions=self._record(),
            components=_components(self.design, energy, result.heat_J, by_event=bool(result.input_spikes)),
            neuron=self.design.build(),
            spikes_per_operation=None if result.interval_s is None else 1.0,
            latency_s=result.latency_s,
            period_s=period,
            events_per_operation=self._events(period, result.input_spikes) if result.input_spikes else {},
            drive_unit="charge from rest to the threshold",
            idle_power_W=max(idle_W, 0.0),
            overlay_um2=_overlay(self.design),
            details=_details(result),
            estimate_J=estimate,
            warnings=_warnings(result),
        )

    def _events(self, interval_s: float, input_spikes: float) -> dict[Event, float]:
        """Input spikes of an interval, and the charge that they bring: to the threshold of V_DD/2, and what leaks."""
        leaked = self.design.leak_A * interval_s / (self.charged_F * self.conditions.v_dd / 2)
        return {Event.INPUT: input_spikes, Event.DRIVE: 1 + leaked}

    def _record(self) -> dict[str, float | str]:
        train: dict[str, float | str] = {"input_interval_s": self.input_interval_s}
        if self.spike_times:
            train = {"stimulus": self.stimulus_file, "input_spikes": float(len(self.spike_times))}
        by_hand: dict[str, float | str] = {} if self.conditions.technology.is_default else {"by hand": NO_ESTIMATE}
        return {**self.conditions.record(), **train, **self.design.record(), **by_hand}

    @property
    def traces(self) -> tuple[Trace, ...]:
        """The membrane, from just below the threshold of V_DD/2, and the change of the synapse by one input spike.

        Both by hand: the leak is a subthreshold current, the synapse relaxes as its device is declared. Read-out noise
        is that of the membrane capacitor, sqrt(k T / C).
        """
        kelvin, farad, v_dd = self.conditions.temperature_C + ZERO_C_K, self.charged_F, self.conditions.v_dd
        thermal, noise = constants.k * kelvin / constants.e, math.sqrt(constants.k * kelvin / farad)
        ohm = base_resistance(self.design.synapse) + SWITCH_OHM
        step_V = v_dd / ohm * (GATE_PULSE.plateau + GATE_PULSE.rise) / farad  # of one input spike

        def membrane(time_s: float) -> float:
            return leaked_V(v_dd / 2, self.design.leak_A, farad, thermal, time_s)

        def synapse(time_s: float) -> float:
            return abs(float(predicted_ratio(self.design, np.array([time_s]), SWITCH_OHM)[0]) - 1) * step_V

        return (
            Trace("membrane", "V", membrane, noise, "k T / C of the membrane"),
            Trace("volatile part of the synapse, in the next step", "V", synapse, noise, "k T / C of the membrane"),
        )

    @property
    @abstractmethod
    def charged_F(self) -> float:
        """Capacitance (F) that a current charges, for the length of the f-I curve's runs."""

    @abstractmethod
    def analytic_intervals(self, responses: Sequence[LifResult]) -> np.ndarray:
        """Inter-spike interval (s) under each of `currents` by hand."""

    def frequencies(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> list[LifResult]:
        """The f-I curve: responses to `currents`, some five intervals each."""
        charge = self.charged_F * self.conditions.v_dd
        stimuli = [Stimulus(3 * charge / current + 0.3e-6, (), current) for current in self.currents]
        return self.respond(stimuli, n_jobs=n_jobs, progress=progress)

    def check_intervals(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> CurveCheck:
        """The f-I curve as intervals over a hand calculation; NaN without an interval."""
        responses = self.frequencies(n_jobs=n_jobs, progress=progress)
        measured = np.array([response.interval_s or np.nan for response in responses])
        by_hand = self.analytic_intervals(responses)
        shares, ones = measured / by_hand, np.ones(len(responses))
        return CurveCheck(
            self.formula,
            np.array(self.currents),
            "A",
            shares,
            ones,
            unit="of the interval",
            tolerance=INTERVAL_TOLERANCE,
            scale=by_hand,
            by_hand=True,
        )

    def netlist(self) -> str:
        """The spike train as a deck; its ``.meas`` lines print the energy of the first inter-spike interval."""
        return self.job(report=True).deck


@dataclass(frozen=True)
class DelayFeedbackTestbench(EcramLifTestbench[LifDesign]):
    """The delay-feedback neuron under given conditions."""

    currents = (3e-7, 5e-7, 1e-6, 2e-6, 4e-6, 8e-6)
    formula = "hand formula (not the compact model): interval against current, over the formula"

    design: LifDesign = field(default_factory=LifDesign)

    @property
    def charged_F(self) -> float:
        return self.design.membrane_F

    def analytic_intervals(self, responses: Sequence[LifResult]) -> np.ndarray:
        """C V_th / (I - I_leak) + the simulated refractory time, V_th = V_DD/2."""
        refractory = np.array([response.refractory_s or np.nan for response in responses])
        charge = self.design.membrane_F * self.conditions.v_dd / 2
        return charge / (np.array(self.currents) - self.design.leak_A) + refractory

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """The f-I curve against a formula by hand, and the compact model's curves, of which it is no part."""
        intervals = self.check_intervals(n_jobs=n_jobs, progress=progress)
        return [intervals, *check_lif(self.design, self.conditions, n_jobs=n_jobs)]


class TopologyTestbench(EcramLifTestbench[_A]):
    """A topology without a compact model; its curves stand against formulas by hand, none of it from a spike."""

    currents = (3e-7, 1e-6, 4e-6, 8e-6)
    formula = "hand formula: interval against current, over the formula"

    @property
    def charged_F(self) -> float:
        return self.design.capacitance_F

    def analytic_intervals(self, responses: Sequence[LifResult]) -> np.ndarray:
        return np.array([self.design.interval(current, self.conditions.v_dd) for current in self.currents])

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """Interval against current, and paired-pulse ratio of the clamped synapse against interval."""
        pairs = CurveCheck(
            "hand formula: paired-pulse ratio against interval",
            np.array(PAIRS),
            "s",
            paired_pulse_ratios(self.design, PAIRS, self.conditions, n_jobs=n_jobs),
            predicted_ratio(self.design, np.array(PAIRS), switch_ohm(self.design, self.conditions)),
            unit="second over first",
            tolerance=RATIO_TOLERANCE,
            by_hand=True,
        )
        if not self.conditions.technology.is_default:
            return [pairs]  # the formula's currents are those of lp28
        return [self.check_intervals(n_jobs=n_jobs, progress=progress), pairs]


def _components(
    design: NeuronDesign, energy: Mapping[str, float], heat: Mapping[str, float], *, by_event: bool
) -> tuple[Component, ...]:
    """Energy by supply, with the ECRAM gates split off the supplies that feed them; the published source counts all.

    With `by_event` input stage and gate are paid per input spike, the synapse for the charge that it brings, static
    currents per time, the rest per output spike; else all is paid per operation.
    """
    parts, gates = dict(energy), {}
    for source, label in design.gate_suppliers.items():
        gate = f"{label} gate"
        if gate in heat:
            parts[source] -= heat[gate]
            gates[f"ECRAM {gate}"] = heat[gate]

    def event(name: str) -> Event:
        if not by_event:
            return Event.OPERATION
        if name in design.static:
            return Event.TIME
        return {INPUT_STAGE: Event.INPUT, SYNAPSE_GATE: Event.INPUT, SYNAPSE: Event.DRIVE}.get(name, Event.SPIKE)

    return (
        *(Component(name, joule, in_paper_scope=True, paid_per=event(name)) for name, joule in parts.items()),
        *(Component(name, joule, Kind.DEVICE, True, event(name)) for name, joule in gates.items()),
    )


def _details(result: LifResult) -> dict[str, float]:
    """Numbers worth showing; without those that were not obtained."""
    details = {
        "output_spikes": float(result.spikes_s.size),
        "spike_width_s": result.width_s,
        "refractory_s": result.refractory_s,
        "inter_spike_interval_s": result.interval_s,
        "input_spikes_per_output_spike": result.input_spikes,
        "energy_per_spike_J": result.energy_per_spike_J,
        **{f"heat of {name}, J": value for name, value in result.heat_J.items()},
    }
    return {name: value for name, value in details.items() if value is not None}


def _warnings(result: LifResult) -> tuple[str, ...]:
    if not result.spikes_s.size:
        return ("no spike: the input never reaches the threshold; an operation is the whole run",)
    if result.interval_s is None:
        return ("no two whole spikes: there is no interval between them; an operation is the whole run",)
    return ()


def _overlay(design: NeuronDesign) -> dict[str, float]:
    """What lies above the logic, µm²: capacitors and ECRAMs."""
    return {
        "capacitors": design.capacitance_F / MIM_DENSITY * 1e12,
        "ECRAM": len(design.devices) * ECRAM_AREA * 1e12,
    }


def delay_feedback_lif_testbench() -> DelayFeedbackTestbench:
    """Registry target of ``delay_feedback_lif``: the delay set by a bias."""
    return DelayFeedbackTestbench()


def delay_feedback_lif_ecram_testbench() -> DelayFeedbackTestbench:
    """The second mode: an ECRAM in the delay path."""
    return DelayFeedbackTestbench(LifDesign(delay_path="ecram"))


def axon_hillock_lif_testbench() -> TopologyTestbench[AxonHillockDesign]:
    """Registry target of ``axon_hillock_lif``."""
    return TopologyTestbench(AxonHillockDesign())


def differential_pair_lif_testbench() -> TopologyTestbench[DifferentialPairDesign]:
    """Registry target of ``differential_pair_lif``."""
    return TopologyTestbench(DifferentialPairDesign())
