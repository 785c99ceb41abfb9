"""A neuron with an ECRAM synapse as a testbench: configure, measure, write as a deck."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from circuits.ecram_lif.bench import LifConditions, LifResult, Stimulus, evaluate_lif, lif_job
from circuits.ecram_lif.neuron import NeuronDesign, bare_netlist
from circuits.stimulus import read_spike_times
from circuits.testbench import CurveCheck, Measurement
from ipcircuit.declaration.variation import Variation
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job, Progress, simulate_all
from ipcircuit.spice.transient import Transient

_D = TypeVar("_D", bound=NeuronDesign)
_DRIVE = ("input_interval_s", "input_count")
QUIET = Stimulus(1e-6)  # no input: what an idle neuron draws
TAIL = 200e-9  # s after the last spike of a user's file, for the response to it
MIM_DENSITY = 2e-3  # F/m² (2 fF/µm²); reasons in circuits.ecram_lif.assumptions
ECRAM_AREA = 1e-12  # m²


@dataclass(frozen=True)
class EcramLifTestbench(ABC, Generic[_D]):
    """A topology under given conditions; see `circuits.testbench.Testbench`.

    Attributes:
        input_interval_s, input_count: the regular spike train that it is measured with.
        spike_times, stimulus_file: input spikes (s) that take its place, and the file that they come from.
    """

    design: _D
    conditions: LifConditions = field(default_factory=LifConditions)
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

    def configured(
        self, *, models: Path | None = None, corner: str = "tt", temperature_C: float = 27.0, **overrides: float
    ) -> Self:
        """Other sizes, supply or stimulus, or parameters of every ECRAM (but for `sign`, which the circuit decides)."""
        known = {p.name for p in self.design.synapse.parameters} - {"sign"}
        own = tuple(f.name for f in fields(self.design) if f.type == "float")
        settable = (*own, *_DRIVE, "v_dd", "output_load_F")
        for name in overrides:
            if name not in settable and name not in known:
                raise InputError(
                    f"circuit {self.name} has no parameter of this name",
                    where="--set",
                    found=name,
                    allowed=", ".join([*settable, *sorted(known)]),
                )
        device = {k: v for k, v in overrides.items() if k in known}
        sizes: dict[str, Any] = {k: v for k, v in overrides.items() if k in own}
        drive: dict[str, Any] = {k: v for k, v in overrides.items() if k in _DRIVE}
        supply: dict[str, Any] = {k: v for k, v in overrides.items() if k in ("v_dd", "output_load_F")}
        design = replace(self.design, **sizes).with_devices(**device)
        conditions = replace(self.conditions, models=models, corner=corner, temperature_C=temperature_C, **supply)
        return replace(self, design=design, conditions=conditions, **drive)

    def sampled(self, sample: Sample) -> Self:
        """See `circuits.testbench.SampledTestbench`; of the devices only the synapse varies."""
        design = replace(self.design, synapse=self.design.synapse.varied(sample, "synapse"))
        return replace(self, design=design, conditions=replace(self.conditions, sample=sample))

    @property
    def variations(self) -> dict[str, tuple[Variation, ...]]:
        """See `circuits.testbench.SampledTestbench`."""
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
        runs = simulate_all([self.job(s) for s in stimuli], n_jobs=n_jobs, progress=progress)
        results = []
        for stimulus, run in zip(stimuli, runs, strict=True):
            assert isinstance(run, Transient)
            results.append(evaluate_lif(self.design, self.conditions, stimulus, run))
        return results

    def measure(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Measurement:
        """One operation is one inter-spike interval. Without two output spikes it is the whole run, and the energy per
        spike is not there."""
        return self.measurement(*self.respond([self.stimulus, QUIET], n_jobs=n_jobs, progress=progress))

    def measurement(self, result: LifResult, quiet: LifResult) -> Measurement:
        """The record of responses to `stimulus` and to `QUIET` that were simulated already."""
        settled = 0.5 * QUIET.stop
        idle = -self.conditions.v_dd * quiet.run.integral("i(vdd)", settled, QUIET.stop) / (QUIET.stop - settled)
        energy, period = result.energy_J, result.interval_s
        if energy is None or period is None:
            period, meters = self.stimulus.stop, self.design.meters
            energy = {n: self.conditions.v_dd * result.run.integral(f"i(v.xneuron.{m})") for n, m in meters.items()}
        parts = _without_gates(self.design, energy, result.heat_J)
        details = self._details(result)
        return Measurement(
            circuit=self.name,
            simulator=result.run.simulator,
            conditions={**self._record(), **details},
            energy_J=parts,
            paper_components=tuple(parts),
            spikes_per_operation=None if result.interval_s is None else 1.0,
            latency_s=result.latency_s,
            neuron_netlist=bare_netlist(self.design),
            device_subcircuits={"ecram_dynamic": "ecram"},
            device_diameters_m=(),
            idle_power_W=max(idle, 0.0),
            input_charge_C=0.0,
            input_energy_J=0.0,
            peak_current_A=None,
            peak_voltage_V=self.conditions.v_dd,
            period_s=period,
            details=details,
            overlay_um2=_overlay(self.design),
            warnings=_warnings(result),
        )

    def _details(self, result: LifResult) -> dict[str, float]:
        """Numbers worth showing, with the estimate on paper beside the simulated energy."""
        found = {
            "output_spikes": float(result.spikes_s.size),
            "spike_width_s": result.width_s,
            "refractory_s": result.refractory_s,
            "inter_spike_interval_s": result.interval_s,
            "input_spikes_per_output_spike": result.input_spikes,
            "energy_per_spike_J": result.energy_per_spike_J,
        }
        if result.interval_s is not None and result.input_spikes is not None:
            paper = self.design.estimate(self.conditions.v_dd, result.interval_s, result.input_spikes)
            found |= {f"on paper: {name}, J": value for name, value in paper.items()}
            found["on paper: energy per spike, J"] = math.fsum(paper.values())
        found |= {f"heat of {name}, J": value for name, value in result.heat_J.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _record(self) -> dict[str, float | str]:
        c = self.conditions
        return {
            "v_dd_V": c.v_dd,
            "corner": c.corner,
            "temperature_C": c.temperature_C,
            "models": str(c.models) if c.models else "cmos28lp (own card)",
            "output_load_F": c.output_load_F,
            **(
                {"stimulus": self.stimulus_file, "input_spikes": float(len(self.spike_times))}
                if self.spike_times
                else {"input_interval_s": self.input_interval_s}
            ),
            **self.design.record(),
        }

    def netlist(self) -> str:
        """The spike train as a deck; its ``.meas`` lines print the energy of the first inter-spike interval."""
        return self.job(report=True).deck

    @abstractmethod
    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """Transfer curves of the circuit against what is known of it by hand or by its compact model."""


def _without_gates(design: NeuronDesign, energy: Mapping[str, float], heat: Mapping[str, float]) -> dict[str, float]:
    """Split the ECRAM gates off the components whose supplies feed them."""
    parts = dict(energy)
    for source, label in design.gate_suppliers.items():
        gate = f"{label} gate"
        if gate in heat:
            parts[source] -= heat[gate]
            parts[f"ECRAM {gate}"] = heat[gate]
    return parts


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
