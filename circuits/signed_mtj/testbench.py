"""The signed MTJ neuron as a testbench: configure, measure, write as a deck, check against the compact model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from circuits.cells.devices import array_ohm
from circuits.measurement import CurveCheck, Measurement
from circuits.memory import Trace
from circuits.parts import Part
from circuits.signed_mtj.check import check_signed
from circuits.signed_mtj.neuron import SignedDesign, SignedMtjNeuron
from circuits.signed_mtj.prediction import predicted_margins
from circuits.signed_mtj.response import (
    SignedMtjConditions,
    SignedResult,
    evaluate_signed,
    signed_job,
    total_energy,
)
from circuits.signed_mtj.stimulus import Stimulus
from circuits.signed_mtj.trim import Trimming, trim_of
from circuits.testbench import Settings, Testbench, numeric_fields
from ipcircuit.compact.signed_mtj.analytic import analytic, thermal_deviation
from ipcircuit.compact.signed_mtj.onset import step_onset
from ipcircuit.declaration.device import Device
from ipcircuit.devices.orthogonal_mtj.device import check_dimensions, with_dimensions
from ipcircuit.devices.orthogonal_mtj.zheng2026 import HEIGHT, LENGTH, WIDTH
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.errors import InputError
from ipcircuit.parameters import Variation
from ipcircuit.sampling import RecordingSample, Sample
from ipcircuit.spice.jobs import Job, Progress, Result, simulate_all, transients
from ipcircuit.spice.transient import Transient
from ipcircuit.technology.record import Technology

ZERO_C_K = 273.15
TARGET = 1e12  # A/m², the current density of the resistance-area remark
DIMENSIONS = {"width_m": WIDTH, "length_m": LENGTH, "height_m": HEIGHT}
# Follow from the dimensions, or belong to the testbench.
_FIXED = ("area", "height", "n_w", "n_l", "n_t", "initial_polar", "initial_azimuth", "restoring_rate")
#: µm², assumed: 13.4 kΩ of 500 Ω/square in strips of 0.2 µm, between metal layers.
LADDER_UM2 = 1.1


@dataclass(frozen=True)
class SignedMtjTestbench(Testbench):
    """The neuron under given conditions."""

    design: SignedDesign = field(default_factory=SignedDesign)
    conditions: SignedMtjConditions = field(default_factory=SignedMtjConditions, kw_only=True)

    @property
    def name(self) -> str:
        return "signed_mtj"

    @property
    def summary(self) -> str:
        return "signed LIF neuron: MTJ with orthogonal easy axes, divider and two thresholds"

    @property
    def stimulus(self) -> Stimulus:
        """What `measure` drives it with: a spike of each sign."""
        return Stimulus.both_signs(self.conditions.timing)

    def in_technology(self, technology: Technology) -> SignedMtjTestbench:
        moved = super().in_technology(technology)
        supply = self.conditions.supply_in(technology, self.design.supply)
        return replace(moved, design=replace(self.design, technology=technology, supply=supply))

    @property
    def settings(self) -> tuple[Settings, ...]:
        """Sizes, supply, times, dimensions of the free layer (width_m, length_m, height_m) and its parameters.

        Warns, naming the exchange length, of a free layer that is larger than a macrospin.
        """
        known = (p.name for p in self.design.device.parameters if p.name not in _FIXED)
        return (
            Settings.of("design", *numeric_fields(self.design)),
            Settings.of("conditions", "v_dd", "output_load_F"),
            Settings.of("conditions.timing", *numeric_fields(self.conditions.timing)),
            Settings(
                (*DIMENSIONS, *known),
                lambda b, values: replace(b, design=replace(b.design, device=_changed(b.design.device, values))),
            ),
        )

    @property
    def parts(self) -> tuple[Part, ...]:
        """The junction; where it starts and what keeps its length belong to the simulation."""
        return (Part.of(self, "design.device", "initial_polar", "initial_azimuth", "restoring_rate"),)

    def at_ambient(self, temperature_C: float) -> SignedMtjTestbench:
        """Both junctions at an ambient temperature; levels and ladder stay those designed for 27 °C."""
        return replace(self, design=replace(self.design, temperature_C=temperature_C))

    def sampled(self, sample: Sample) -> SignedMtjTestbench:
        sample = self.conditions.drawn(sample)
        base, rows = mtj_reference.declare(), round(self.design.reference_rows)
        names = ["ref"] if rows == 1 else [f"ref_{string}_{place}" for string in range(rows) for place in range(rows)]
        pillars = [base.varied(sample, name).values()["resistance"] for name in names]
        error = array_ohm(pillars) / base.values()["resistance"] - 1
        made = (self.design.made or self.design.device).varied(sample, "mtj")
        return replace(
            self,
            design=replace(self.design, made=made, reference_error=error),
            conditions=replace(self.conditions, sample=sample),
        )

    @property
    def variations(self) -> dict[str, tuple[Variation, ...]]:
        return {device.name: device.variations for device in (self.design.device, mtj_reference.declare())}

    def respond(self, stimuli: Sequence[Stimulus], *, n_jobs: int | None = None) -> list[SignedResult]:
        """The neuron's response to each stimulus, in order."""
        runs = transients([signed_job(self.design, self.conditions, s) for s in stimuli], n_jobs=n_jobs)
        return [evaluate_signed(self.design, self.conditions, s, run) for s, run in zip(stimuli, runs, strict=True)]

    def jobs(self) -> list[Job]:
        """A spike of each sign, and an idle neuron; a copy with trim has its own codes."""
        rest = Stimulus(((0,) * self.conditions.timing.slots,))
        design = self.design if self._trimming is None else replace(self.design, trim=self._trimming.codes)
        return [
            signed_job(design, self.conditions, self.stimulus, "a spike of each sign"),
            signed_job(design, self.conditions, rest, "idle", clocked=False),
        ]

    @cached_property
    def _trimming(self) -> Trimming | None:
        """Of a copy with trim; one that only records its deviates is not simulated."""
        sample = self.conditions.sample
        if sample is None or isinstance(sample, RecordingSample) or not self.design.legs:
            return None
        return trim_of(self.design, self.conditions, self.stimulus)

    def margin_prediction(
        self, names: Sequence[str], *, n_jobs: int | None = None
    ) -> Callable[[np.ndarray], np.ndarray] | None:
        """As of `SampledTestbench`: with a trim, whose calibration is several simulations of each copy."""
        return predicted_margins(self, names, n_jobs=n_jobs) if self.design.legs else None

    def measure(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Measurement:
        """As `Testbench.measure`; a copy with trim has been simulated when its codes were found."""
        operation, *others = self.jobs()
        trimming = self._trimming
        if trimming is None or trimming.run is None or trimming.deck != operation.deck:
            return super().measure(n_jobs=n_jobs, progress=progress)
        results = simulate_all(others, n_jobs=n_jobs, progress=progress)
        measurement = self.evaluate([trimming.run, *results])
        return replace(measurement, technology=self.conditions.technology, notes=self.notes)

    def evaluate(self, results: Sequence[Result]) -> Measurement:
        """One operation is a driven time step with the step to rest after it; mean of both signs. Without a spike
        there is no energy per spike."""
        run, idle = (result for result in results if isinstance(result, Transient))
        response = evaluate_signed(self.design, self.conditions, self.stimulus, run)
        power = -self.conditions.v_dd * float(idle["i(vdd)"][0])  # nanoamperes drown in a transient's charges
        details = self._details(response)
        return Measurement(
            circuit=self.name,
            simulator=response.run.simulator,
            conditions=self._record(),
            components=response.components,
            neuron=SignedMtjNeuron(self.design),
            spikes_per_operation=response.spikes_per_operation,
            latency_s=response.latency_s,
            period_s=2 * self.conditions.timing.period_s,
            events_per_operation=response.events_per_operation,
            drive_unit="a pulse in all slots of a step",
            idle_power_W=max(power, 0.0),
            device_diameters_m=_diameters(self.design),
            overlay_um2={"ladder resistors": LADDER_UM2},
            details=details,
            warnings=self._warnings(details),
            margin_V=response.margin_V(response.stimulus.wanted),
        )

    def _warnings(self, details: Mapping[str, float]) -> tuple[str, ...]:
        wrong, steps = details["steps_decided_wrongly"], len(self.stimulus.steps)
        text = f"{wrong:g} of {steps} time steps were decided wrongly: the energy is not that of the neuron's work"
        return (text,) if wrong else ()

    def _details(self, response: SignedResult) -> dict[str, float]:
        """Numbers worth showing, with hand calculations beside them."""
        design, v_dd = self.design, self.conditions.v_dd
        area = design.device.values()["area"]
        per_step = np.asarray(sum(response.step_energy_J.values()))
        record: dict[str, float | None] = {
            "drive_current_density_A_m2": response.drive_A / area,
            "drive_junction_V": response.drive_V,
            **_by_hand(design, v_dd),
            "onset_current_density_A_m2": step_onset(design.device),
            "read_current_density_A_m2": design.read_current_density,
            **(resistance_area(design, v_dd) if _by_hand(design, v_dd) else {}),
            "energy_per_positive_spike_J": response.energy_of(1),
            "energy_per_negative_spike_J": response.energy_of(-1),
            "energy_of_a_step_to_rest_J": float(per_step[~self.stimulus.driven].mean()),
            "energy_balance_error": float(per_step.sum()) / total_energy(response) - 1,
            "steps_decided_wrongly": float((response.spikes != response.stimulus.wanted).sum()),
            "comparator_offset_sigma_V": design.offset_sigma,
            "decision_yield": response.decision_yield(),
        }
        for line, (spike, silence) in response.margins().items():
            record |= {f"margin_{line}_spike_V": spike, f"margin_{line}_silent_V": silence}
        return {name: value for name, value in record.items() if value is not None and math.isfinite(value)}

    def _record(self) -> dict[str, float | str]:
        timing, design = self.conditions.timing, self.design
        return {
            **self.conditions.record(),
            "drive_s": timing.slots * timing.slot_s,
            "period_s": timing.period_s,
            "threshold": design.threshold,
            "read_bias_V": design.read_bias,
            "reference_ohm": design.reference_ohm,
        }

    @property
    def traces(self) -> tuple[Trace, ...]:
        """The membrane, from just below the threshold, beside its thermal agitation; by the analytic neuron."""
        junction, threshold = self.design.junction, self.design.threshold
        tau = analytic(junction).neuron().tau_s
        noise = thermal_deviation(junction, self.design.temperature_C + ZERO_C_K)

        def left(time_s: float) -> float:
            return threshold * math.exp(-time_s / tau)

        return (Trace("membrane, the junction's projection u", "", left, noise, "thermal agitation of the membrane"),)

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """One deck, so that there is nothing to run in parallel."""
        return check_signed(self.design, self.conditions)


def _by_hand(design: SignedDesign, v_dd: float) -> dict[str, float]:
    """Operating point of the drive; empty in a technology that does not state its currents."""
    try:
        volts, current = design.drive_point(v_dd)
    except InputError:
        return {}
    return {"on paper: drive current, A": current, "on paper: drive voltage, V": volts}


def resistance_area(design: SignedDesign, v_dd: float) -> dict[str, float]:
    """Largest resistance-area products (ohm m²) that let `TARGET` through a junction at rest.

    ``1 V``: with 1 V across the junction; ``bridge``: with this design's bridge at its supply; ``divider``: were the
    drive to pass the divider that halves the supply.
    """
    return {
        "largest_RA_at_1_V_ohm_m2": design.largest_ra(TARGET, 1.0),
        "largest_RA_in_the_bridge_ohm_m2": design.drive_ra(TARGET, v_dd),
        "largest_RA_through_a_divider_ohm_m2": design.largest_ra(TARGET, v_dd / 2),
    }


def _changed(device: Device, values: Mapping[str, float]) -> Device:
    """The junction with other dimensions or parameters."""
    width, length, height = (values.get(name, default) for name, default in DIMENSIONS.items())
    parameters = {name: value for name, value in values.items() if name not in DIMENSIONS}
    resized = any(name in values for name in DIMENSIONS)
    if resized:
        device = with_dimensions(device, width, length, height)
    if parameters:
        device = device.with_parameters(**parameters)
    if resized or "ms" in parameters:
        check_dimensions((width, length, height), device.values()["ms"])
    return device


def _diameters(design: SignedDesign) -> tuple[float, ...]:
    """Of round pillars with the area of the junction, and of the reference at equal resistance-area product, m."""
    p = design.device.values()
    references = [p["ra"] / design.reference_ohm] * round(design.reference_rows) ** 2
    return tuple(2 * math.sqrt(a / math.pi) for a in (p["area"], *references))


def signed_mtj_testbench() -> SignedMtjTestbench:
    """Registry target of ``signed_mtj``."""
    return SignedMtjTestbench()
