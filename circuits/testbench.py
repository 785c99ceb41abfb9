"""What any circuit offers to the rest of the project: to be configured, measured, checked and written as a deck.

A user's own circuit (registry group ``ipcircuit.circuits`` or a Python file) is an object with these methods; nothing
else in the project asks what kind of neuron it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import numpy as np

from ipcircuit.declaration.variation import Variation
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Progress


@dataclass(frozen=True)
class Measurement:
    """What the simulations of one circuit found; the energy module turns it into a cost record.

    Attributes:
        circuit, simulator, conditions: what was run, in what, under what.
        energy_J: expected energy per operation by component.
        paper_components: those that the circuit's source counts.
        spikes_per_operation: expected output spikes per operation; None when it never fires.
        latency_s: start of an operation to valid outputs; None when not obtained.
        neuron_netlist: the neuron alone, for counting transistors and devices.
        device_subcircuits: subcircuit names that are devices, to their kind.
        device_diameters_m: of the devices above the logic, for their own area.
        idle_power_W: supply power of an idle neuron.
        input_charge_C, input_energy_J, peak_current_A, peak_voltage_V: at the pulse input, for sizing a driver;
            a peak current of None says that the input is a logic line, which needs none.
        period_s: length of one operation.
        spread: sampled uncertainty by quantity, if sampled.
        overlay_um2: area of what lies above the logic, by component (beside the round devices above).
        details: further numbers worth showing, by name with unit.
        warnings: what the simulated circuit did not do that its cost is of, a sentence each; empty if it worked.
    """

    circuit: str
    simulator: str
    conditions: Mapping[str, float | str]
    energy_J: Mapping[str, float]
    paper_components: tuple[str, ...]
    spikes_per_operation: float | None
    latency_s: float | None
    neuron_netlist: str
    device_subcircuits: Mapping[str, str]
    device_diameters_m: tuple[float, ...]
    idle_power_W: float
    input_charge_C: float
    input_energy_J: float
    peak_current_A: float | None
    peak_voltage_V: float
    period_s: float
    spread: Mapping[str, float] | None = None
    details: Mapping[str, float] = field(default_factory=dict)
    overlay_um2: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class CurveCheck:
    """One transfer curve: circuit against compact model. `x` in `x_unit`; `circuit` and `compact` in `unit`."""

    curve: str
    max_error: float
    rms_error: float
    unit: str
    tolerance: float
    passed: bool
    x: np.ndarray
    x_unit: str
    circuit: np.ndarray
    compact: np.ndarray
    labels: tuple[str, ...] = ()

    @classmethod
    def compare(
        cls,
        curve: str,
        x: np.ndarray,
        x_unit: str,
        circuit: np.ndarray,
        compact: np.ndarray,
        *,
        unit: str,
        tolerance: float,
        labels: tuple[str, ...] = (),
    ) -> CurveCheck:
        """Errors of `compact` against `circuit`; passes when the largest is within `tolerance`. NaN fails."""
        error = np.abs(np.asarray(circuit) - np.asarray(compact))
        worst, rms = float(error.max()), float(np.sqrt(np.mean(error**2)))
        return cls(curve, worst, rms, unit, tolerance, bool(worst <= tolerance), x, x_unit, circuit, compact, labels)


@runtime_checkable
class SampledTestbench(Protocol):
    """A circuit testbench of which random copies can be simulated."""

    @property
    def variations(self) -> Mapping[str, tuple[Variation, ...]]:
        """What varies, by device; beside it every transistor's threshold does (`ipcircuit.technology.mismatch`)."""
        ...

    def sampled(self, sample: Sample) -> Testbench:
        """A random copy of the circuit, under the drive and references of the design."""
        ...


@runtime_checkable
class Testbench(Protocol):
    """A circuit with its testbench."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    def configured(self, *, models: Path | None, corner: str, temperature_C: float, **overrides: float) -> Self:
        """The same circuit under other conditions; unknown names and impossible values raise InputError."""
        ...

    def measure(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Measurement:
        """Simulate one operation and what a cost record needs."""
        ...

    def netlist(self) -> str:
        """A complete deck that ``ngspice -b`` runs as it is and that prints the energy per operation."""
        ...

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """Transfer curves of the circuit against its compact model."""
        ...
