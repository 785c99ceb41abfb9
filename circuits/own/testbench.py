"""Testbench of a user's own circuit: from stimulus, supplies and what counts as an operation, all else is derived.

The deck, energy by source and by device, the energy balance, latency, spikes, idle power, random copies and the numbers
that ``--set`` changes. A subclass overrides only what differs. docs/howto/your_own_neuron.md goes through it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from circuits.measurement import CurveCheck, Measurement
from circuits.own import ports
from circuits.own.balance import Balance
from circuits.own.connected import ConnectedCircuit
from circuits.own.curves import compared
from circuits.own.results import (
    components,
    delivered_J,
    events_per_operation,
    idle_power_W,
    latency_s,
    pulse_input,
)
from circuits.testbench import numeric_fields
from ipcircuit.declaration.device import Device
from ipcircuit.spice.jobs import Progress, Result
from ipcircuit.spice.transient import Transient


@dataclass(frozen=True)
class CircuitTestbench(ConnectedCircuit):
    """A circuit between supplies, stimuli and loads; its fields are those of `ConnectedCircuit`."""

    def estimate(self) -> Mapping[str, float]:
        """Energy per spike by hand (J), by contribution."""
        return self.estimate_J(self) if callable(self.estimate_J) else self.estimate_J

    def spikes(self, run: Transient) -> np.ndarray:
        """Times of the spikes of a run (s): the first output crosses `spike_level` upwards."""
        return run.crossings(self.outputs[0], self.level_V, up=True)

    def warnings(self, run: Transient, spikes_s: np.ndarray) -> tuple[str, ...]:
        """In which way the circuit did not work, a sentence each: here, that it never fires."""
        window = self.operations().windows(spikes_s)
        if window is None:
            return (f"no two spikes at {self.outputs[0]}: an operation is the whole run",)
        return () if self._measured(spikes_s, window).size else (f"no spike at {self.outputs[0]}",)

    def evaluate(self, results: Sequence[Result]) -> Measurement:
        run, idle = results
        assert isinstance(run, Transient)
        assert isinstance(idle, Transient)
        spikes, supplies, balance = self.spikes(run), self.supply_V, self._balance(self.job().deck)
        window = self.operations().windows(spikes) or (0.0, self.operations().stop, 1)
        start, stop, count = window
        meters = {component: balance.current(f"x{ports.NEURON}.{path}") for component, path in self.meters.items()}
        energy = delivered_J(run, window, supplies, self.stimuli(), meters, self.conditions.v_dd)
        heat = {path: joule / count for path, joule in balance.device_heat_J(run, start, stop).items()}
        parts, unassigned = components(energy, heat, self.fed_by, self.paper, self.paid_per)
        error, inputs = balance.error(run, start, stop), self.stimuli().values()
        return Measurement(
            circuit=self.name,
            simulator=run.simulator,
            conditions=self.record(),
            components=parts,
            neuron=self.build(),
            spikes_per_operation=self._measured(spikes, window).size / count or None,
            latency_s=latency_s(spikes, self.operations().starts, inputs, self.conditions.v_dd, start),
            period_s=(stop - start) / count,
            events_per_operation=events_per_operation(inputs, self.operations(), window),
            idle_power_W=idle_power_W(idle, supplies),
            pulse_input=pulse_input(run, self.write_input, window) if self.write_input else None,
            overlay_um2=self._overlay_um2(balance),
            details={
                "output_spikes": float(spikes.size),
                **self._times(run, spikes),
                **{f"heat of {path}, J": joule for path, joule in unassigned.items()},
                **({} if error is None else {"energy_balance_error": error}),
            },
            estimate_J=self.estimate(),
            warnings=self.warnings(run, spikes),
        )

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """The `curves`; none without any."""
        return compared(self, self.curves, n_jobs=n_jobs, progress=progress)

    def record(self) -> dict[str, float | str]:
        """Conditions of a cost record: with the sizes, the operation and the stimuli."""
        numbers = {name: getattr(self.operations(), name) for name in numeric_fields(self.operations())}
        for port, signal in self.stimuli().items():
            values = {name: getattr(signal, name) for name in numeric_fields(signal)}
            numbers |= {f"{port}_{name}": value for name, value in values.items() if value is not None}
        sizes = {name: value for name, value in self.arguments.items() if not isinstance(value, Device)}
        return {**self.conditions.record(), **sizes, **numbers}

    def _measured(self, spikes_s: np.ndarray, window: tuple[float, float, int]) -> np.ndarray:
        return spikes_s[(spikes_s >= window[0]) & (spikes_s < window[1])]

    def _times(self, run: Transient, spikes_s: np.ndarray) -> dict[str, float]:
        """Mean width of the spikes that end, and mean time from their end to the next one."""
        fall = run.crossings(self.outputs[0], self.level_V, up=False)
        ends = [float(fall[fall > rise].min(initial=np.inf)) for rise in spikes_s]
        widths = np.array(ends) - spikes_s
        rests = spikes_s[1:] - np.array(ends[:-1])
        times = {"spike_width_s": widths[np.isfinite(widths)], "rest_s": rests[rests > 0]}
        return {name: float(values.mean()) for name, values in times.items() if values.size}

    def _overlay_um2(self, balance: Balance) -> dict[str, float]:
        """Capacitors of the circuit, and what the user states."""
        inside = [farad for element, farad in balance.capacitors if element.path.startswith(f"x{ports.NEURON}.")]
        capacitors = {"capacitors": math.fsum(inside) / self.capacitor_F_m2 * 1e12} if inside else {}
        return {**capacitors, **self.overlay_um2}
