"""One run of everything: each simulation is done once, when first asked for, and shared by all that use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, cpu_count, delayed

from circuits.catalog import load
from circuits.testbench import CurveCheck, Testbench
from circuits.thermal_mtj.check import sequence_prediction
from circuits.thermal_mtj.testbench import OperationResult, ThermalMtjTestbench
from energy.characterize import Characterization, account
from energy.cost import NeuronCost
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Progress
from reports import simulated
from reports.thermal_mtj import device_figures

#: Circuits whose checks take longest, some 10 s down to 5 s: begun first, so that no process works alone at the end.
_LONGEST_CHECKS = ("differential", "delay_feedback_lif_ecram", "delay_feedback_lif", "comparator")


class RunContext:
    """Lazily computed, cached results.

    Args:
        n_jobs: simulations at a time.
        progress: called with (done, total) within each batch of simulations.
        runs: folder of stored network runs; default the ones that come with the package.
    """

    def __init__(self, n_jobs: int | None = None, progress: Progress | None = None, runs: Path | None = None) -> None:
        self._n_jobs, self._progress, self.runs = n_jobs, progress, runs
        self.jobs = n_jobs  # as `reports.section.Run` has it: functions of a Run take this context too
        self._operations: dict[str, OperationResult] = {}
        self._characterizations: dict[str, Characterization] = {}
        self._checks: dict[str, list[CurveCheck]] = {}

    def testbench(self, circuit: str) -> Testbench:
        """The circuit under its default conditions."""
        return load(circuit)

    def mtj_testbench(self, circuit: str) -> ThermalMtjTestbench:
        """The same for circuits that are MTJ neurons, with their cycle and truth table."""
        testbench = load(circuit)
        if not isinstance(testbench, ThermalMtjTestbench):
            raise InputError("not an MTJ neuron", where="circuit", found=circuit, allowed="comparator, differential")
        return testbench

    def operation(self, circuit: str) -> OperationResult:
        """One simulated operation of an MTJ neuron."""
        if circuit not in self._operations:
            self._operations[circuit] = self.mtj_testbench(circuit).operation(
                n_jobs=self._n_jobs, progress=self._progress
            )
        return self._operations[circuit]

    def characterization(self, circuit: str) -> Characterization:
        """Cost record with what stands behind it."""
        if circuit not in self._characterizations:
            testbench = self.testbench(circuit)
            if isinstance(testbench, ThermalMtjTestbench):
                found = account(testbench.measurement(self.operation(circuit)))
            else:
                found = simulated.characterization(circuit, self._n_jobs)
            self._characterizations[circuit] = found
        return self._characterizations[circuit]

    def cost(self, circuit: str) -> NeuronCost:
        """Cost record of a circuit."""
        return self.characterization(circuit).cost

    @property
    def processes(self) -> int:
        """Processes to use where the work is Python's own, not ngspice's."""
        return cpu_count() if self._n_jobs is None else self._n_jobs

    def check_all(self, circuits: Sequence[str]) -> None:
        """`checks` of several circuits, a process each."""
        todo = [name for name in circuits if name not in self._checks]
        todo.sort(key=lambda name: _LONGEST_CHECKS.index(name) if name in _LONGEST_CHECKS else len(_LONGEST_CHECKS))
        if self.processes == 1 or len(todo) < 2:
            for name in todo:
                self.checks(name)
            return
        found: Any = Parallel(n_jobs=self.processes, return_as="generator")(delayed(_checked)(name) for name in todo)
        for done, (name, curves) in enumerate(zip(todo, found, strict=True)):
            self._checks[name] = curves
            if self._progress is not None:
                self._progress(done + 1, len(todo))

    def checks(self, circuit: str) -> list[CurveCheck]:
        """Transfer curves of a circuit against its compact model."""
        if circuit not in self._checks:
            self._checks[circuit] = list(self.testbench(circuit).check(n_jobs=self._n_jobs, progress=self._progress))
        return self._checks[circuit]

    def truth_table(self) -> Sequence[Mapping[str, Any]]:
        """Rows of the differential neuron's truth table (see `circuits.thermal_mtj.testbench.TruthRow`)."""
        return [asdict(row) for row in self.operation("differential").truth_table()]

    @property
    def device(self) -> Mapping[str, Any]:
        """Numbers of the single device and of its compact model, by name (see `reproduce_ipnet`)."""
        return self._device

    @cached_property
    def _device(self) -> Mapping[str, Any]:
        cycle = self.operation("comparator").cycle
        levels, divider, v_read = cycle.levels, cycle.neuron.halves[0].divider, cycle.conditions.v_read
        low_bias = divider.level_antiparallel_low_bias(v_read) - divider.level_parallel(v_read)
        return {
            **device_figures.measure(n_jobs=self._n_jobs),
            "comparator_window_V": (levels[(True,)][0] - levels[(False,)][0]) / 2,
            "comparator_window_low_bias_V": low_bias / 2,
            "a8_rmse_V": self._pulse_rmse(),
            **self._pole_errors(),
        }

    def _pole_errors(self) -> dict[str, float]:
        """Largest error in firing probability over the 16 sequences with one thermal pole for both, and with two."""
        testbench = self.mtj_testbench("comparator")
        simulated = next(check.circuit for check in self.checks("comparator") if check.curve == "sequence")
        errors = (
            np.abs(sequence_prediction(testbench.neuron, testbench.conditions, n) - simulated).max() for n in (1, 2)
        )
        return dict(zip(("one_pole_error", "two_pole_error"), map(float, errors), strict=True))

    def _pulse_rmse(self) -> float:
        """RMS difference (V) of the midpoint shift between compact model and circuit over three pulses (Fig. S4)."""
        errors = []
        for check in self.checks("comparator"):
            if check.curve.startswith("pulses"):
                shift = [np.log(p / (1 - p)) for p in (check.circuit, check.compact)]
                slope = device_figures.effective_slope()
                errors.append((shift[0] - shift[1]) / slope)
        return float(np.sqrt(np.mean(np.concatenate(errors) ** 2)))


def _checked(circuit: str) -> list[CurveCheck]:
    """Curves of a circuit, in a process of their own: one run of ngspice at a time."""
    return list(load(circuit).check(n_jobs=1))


def build_context(n_jobs: int | None = None, progress: Progress | None = None, runs: Path | None = None) -> RunContext:
    """A fresh run; nothing is simulated yet."""
    return RunContext(n_jobs, progress, runs)
