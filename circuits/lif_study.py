"""The delay-feedback LIF neuron as a study: configure, measure, write as a deck, check against the compact model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from circuits.delay_feedback_lif import METERS, LifDesign, bare_netlist, estimate
from circuits.lif_bench import LifConditions, LifResult, Stimulus, evaluate_lif, lif_job
from circuits.lif_check import check_lif
from circuits.stimulus_file import read_spike_times
from circuits.study import CurveCheck, Measurement
from ipcircuit.devices.declaration import Device
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Job, Progress, simulate_all
from ipcircuit.spice.transient import Transient

_SIZES = tuple(f.name for f in fields(LifDesign) if f.type == "float")
_DRIVE = ("input_interval_s", "input_count")
_QUIET = Stimulus(1e-6)
TAIL = 200e-9  # s after the last spike of a user's file, for the response to it
CURRENTS = (3e-7, 5e-7, 1e-6, 2e-6, 4e-6, 8e-6)  # A, of the f-I curve
FI_TOLERANCE = 0.10  # of the interval: the hand formula has one threshold for all slopes and a leak that is on from 0 V
MIM_DENSITY = 2e-3  # F/m² (2 fF/µm²); reasons in circuits.lif_assumptions
ECRAM_AREA = 1e-12  # m²


@dataclass(frozen=True)
class LifStudy:
    """The neuron under given conditions; see `circuits.study.CircuitStudy`.

    Attributes:
        input_interval_s, input_count: the regular spike train that it is measured with.
        spike_times, stimulus_file: input spikes (s) that take its place, and the file that they come from.
    """

    design: LifDesign = field(default_factory=LifDesign)
    conditions: LifConditions = field(default_factory=LifConditions)
    input_interval_s: float = 200e-9
    input_count: float = 40
    spike_times: tuple[float, ...] = ()
    stimulus_file: str = ""

    @property
    def name(self) -> str:
        return "delay_feedback_lif" if self.design.delay_path == "bias" else "delay_feedback_lif_ecram"

    @property
    def summary(self) -> str:
        return "LIF neuron with an ECRAM synapse; its delayed output makes, ends and resets the spike"

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
    ) -> LifStudy:
        """Other sizes, supply or stimulus, or parameters of both ECRAMs (but for `sign`, which the circuit decides)."""
        known = {p.name for p in self.design.synapse.parameters} - {"sign"}
        settable = (*_SIZES, *_DRIVE, "v_dd", "output_load_F")
        for name in overrides:
            if name not in settable and name not in known:
                raise InputError(
                    f"circuit {self.name} has no parameter of this name", where="--set", found=name,
                    allowed=", ".join([*settable, *sorted(known)]),
                )  # fmt: skip
        device = {k: v for k, v in overrides.items() if k in known}
        sizes: dict[str, Any] = {k: v for k, v in overrides.items() if k in _SIZES}
        drive: dict[str, Any] = {k: v for k, v in overrides.items() if k in _DRIVE}
        supply: dict[str, Any] = {k: v for k, v in overrides.items() if k in ("v_dd", "output_load_F")}
        design = replace(
            self.design, **sizes, synapse=_changed(self.design.synapse, device),
            delay_device=_changed(self.design.delay_device, device),
        )  # fmt: skip
        conditions = replace(self.conditions, models=models, corner=corner, temperature_C=temperature_C, **supply)
        return replace(self, design=design, conditions=conditions, **drive)

    def with_stimulus(self, path: Path) -> LifStudy:
        """The same neuron under the input spikes of a file; see `circuits.stimulus_file`."""
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
        result, quiet = self.respond([self.stimulus, _QUIET], n_jobs=n_jobs, progress=progress)
        settled = 0.5 * _QUIET.stop
        idle = -self.conditions.v_dd * quiet.run.integral("i(vdd)", settled, _QUIET.stop) / (_QUIET.stop - settled)
        energy, period = result.energy_J, result.interval_s
        if energy is None or period is None:
            period = self.stimulus.stop
            energy = {n: self.conditions.v_dd * result.run.integral(f"i(v.xneuron.{m})") for n, m in METERS.items()}
        parts = _without_gates(energy, result.heat_J)
        details = self._details(result)
        return Measurement(
            circuit=self.name, simulator=result.run.simulator, conditions={**self._record(), **details},
            energy_J=parts, paper_components=tuple(parts),
            spikes_per_operation=None if result.interval_s is None else 1.0, latency_s=result.latency_s,
            neuron_netlist=bare_netlist(self.design), device_subcircuits={"ecram_dynamic": "ecram"},
            device_diameters_m=(), idle_power_W=max(idle, 0.0), input_charge_C=0.0, input_energy_J=0.0,
            peak_current_A=None, peak_voltage_V=self.conditions.v_dd, period_s=period, details=details,
            overlay_um2=_overlay(self.design),
        )  # fmt: skip

    def _details(self, result: LifResult) -> dict[str, float]:
        """Numbers worth showing, with the estimate on paper beside the simulated energy."""
        found = {
            "output_spikes": float(result.spikes_s.size), "spike_width_s": result.width_s,
            "refractory_s": result.refractory_s, "inter_spike_interval_s": result.interval_s,
            "input_spikes_per_output_spike": result.input_spikes, "energy_per_spike_J": result.energy_per_spike_J,
        }  # fmt: skip
        if result.interval_s is not None and result.input_spikes is not None:
            paper = estimate(self.design, self.conditions.v_dd, result.interval_s, result.input_spikes)
            found |= {f"on paper: {name}, J": value for name, value in paper.items()}
            found["on paper: energy per spike, J"] = math.fsum(paper.values())
        found |= {f"heat of {name}, J": value for name, value in result.heat_J.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _record(self) -> dict[str, float | str]:
        c = self.conditions
        return {
            "v_dd_V": c.v_dd, "corner": c.corner, "temperature_C": c.temperature_C,
            "models": str(c.models) if c.models else "cmos28lp (own card)", "output_load_F": c.output_load_F,
            **({"stimulus": self.stimulus_file, "input_spikes": float(len(self.spike_times))} if self.spike_times
               else {"input_interval_s": self.input_interval_s}), "membrane_F": self.design.membrane_F,
            "delay_path": self.design.delay_path,
        }  # fmt: skip

    def netlist(self) -> str:
        """The spike train as a deck; its ``.meas`` lines print the energy of the first inter-spike interval."""
        return self.job(report=True).deck

    def frequencies(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> list[LifResult]:
        """The f-I curve: responses to `CURRENTS` into the membrane, five intervals each."""
        swing = self.design.membrane_F * self.conditions.v_dd
        stimuli = [Stimulus(3 * swing / i + 0.3e-6, (), i) for i in CURRENTS]
        return self.respond(stimuli, n_jobs=n_jobs, progress=progress)

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """The compact model's curves, and the f-I curve against a formula by hand, which is no part of that model."""
        return [
            self.check_hand_formula(n_jobs=n_jobs, progress=progress),
            *check_lif(self.design, self.conditions, n_jobs=n_jobs),
        ]

    def check_hand_formula(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> CurveCheck:
        """The f-I curve as intervals, against C V_th / (I - I_leak) + refractory time on paper, V_th = V_DD/2."""
        found = self.frequencies(n_jobs=n_jobs, progress=progress)
        current = np.array(CURRENTS)
        dead = np.array([r.refractory_s or np.nan for r in found])
        charge = self.design.membrane_F * self.conditions.v_dd / 2
        paper = charge / (current - self.design.leak_A) + dead
        measured = np.array([r.interval_s or np.nan for r in found])
        return CurveCheck.compare(
            "hand formula (not the compact model): interval against current, over the formula",
            current,
            "A",
            measured / paper,
            np.ones_like(paper),
            unit="of the interval",
            tolerance=FI_TOLERANCE,
        )


def _changed(device: Device, values: Mapping[str, float]) -> Device:
    return device.with_parameters(**values) if values else device


def _without_gates(energy: Mapping[str, float], heat: Mapping[str, float]) -> dict[str, float]:
    """Split the ECRAM gates off the components whose supplies feed them."""
    parts = dict(energy)
    for source, gate in (("synapse", "synapse gate"), ("output buffer", "delay gate")):
        if gate in heat:
            parts[source] -= heat[gate]
            parts[f"ECRAM {gate}"] = heat[gate]
    return parts


def _overlay(design: LifDesign) -> dict[str, float]:
    """What lies above the logic, µm²: capacitors and ECRAMs."""
    devices = 1 if design.delay_path == "bias" else 2
    capacitance = design.membrane_F + design.delay_capacitance
    return {"capacitors": capacitance / MIM_DENSITY * 1e12, "ECRAM": devices * ECRAM_AREA * 1e12}


def delay_feedback_lif_study() -> LifStudy:
    """Registry target of ``delay_feedback_lif``: the delay set by a bias."""
    return LifStudy()


def delay_feedback_lif_ecram_study() -> LifStudy:
    """The second mode: an ECRAM in the delay path."""
    return LifStudy(LifDesign(delay_path="ecram"))
