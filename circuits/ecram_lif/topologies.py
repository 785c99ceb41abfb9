"""The same ECRAM synapse before different neurons: how strong its short-term plasticity is in each, and without it.

Two views of one effect. The paired-pulse ratio and the growth over a train are the synapse's, measured with the
membrane held (`circuits.ecram_lif.plasticity`), so that no neuron's own memory can pass for plasticity. The rate gain
is the neuron's: how much faster it fires late in a train of input spikes than with the volatile part off.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from circuits.catalog import load
from circuits.ecram_lif.plasticity import ablated, clamp_job, pair_ratio, predicted_ratio, spike_charges
from circuits.ecram_lif.response import START, LifResult, evaluate_lif
from circuits.ecram_lif.stages import switch_ohm
from circuits.ecram_lif.testbench import EcramLifTestbench
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Job, simulate_all

TOPOLOGIES = ("delay_feedback_lif", "axon_hillock_lif", "differential_pair_lif")
NEAR = 1e-6  # s, between the two spikes of the paired-pulse ratio, and between those of the train
PAIRS = (NEAR, 10e-6, 100e-6, 600e-6)  # s
COUNT = 10  # spikes of the clamped train
LATE = 0.5  # share of the run after which a spike counts as late
CORNERS, TEMPERATURES = ("tt", "ff", "ss", "fs", "sf"), (-40.0, 27.0, 125.0)  # -, °C
CORNER_INTERVAL, CORNER_COUNT = 60e-9, 9  # s, -: input spikes, enough for an output spike anywhere


@dataclass(frozen=True)
class Plasticity:
    """What the synapse does in one topology, with and without (``_ablated``) the device's volatile part.

    Attributes:
        pairs, pairs_ablated: paired-pulse ratio by interval (s); ablated at the first two of them only.
        predicted: the same from the device's constants alone.
        train, train_ablated: response to the n-th of `COUNT` spikes `NEAR` apart over the first, shape (COUNT,).
        plastic, fixed: the neuron under the testbench's spike train.
    """

    name: str
    pairs: Mapping[float, float]
    predicted: Mapping[float, float]
    pairs_ablated: Mapping[float, float]
    train: np.ndarray
    train_ablated: np.ndarray
    plastic: LifResult
    fixed: LifResult

    @property
    def rate_gain(self) -> float | None:
        """Late firing rate over that of the ablated neuron; None where one of them has no late interval."""
        late = [late_interval(r) for r in (self.fixed, self.plastic)]
        return None if late[0] is None or late[1] is None else late[0] / late[1]

    @property
    def drift_ablated(self) -> float | None:
        """First over last interval of the ablated neuron: 1 when nothing but the volatile part changes its rate."""
        intervals = np.diff(self.fixed.spikes_s)
        return float(intervals[0] / intervals[-1]) if intervals.size > 1 else None


def late_interval(result: LifResult) -> float | None:
    """Mean interval (s) between output spikes later than `LATE` of the run; None with fewer than two."""
    late = result.spikes_s[result.spikes_s > LATE * result.run.time[-1]]
    return float(np.mean(np.diff(late))) if late.size > 1 else None


def ecram_testbench(name: str) -> EcramLifTestbench[Any]:
    """The testbench of a registered circuit that has an ECRAM synapse.

    Raises:
        InputError: unknown, or another kind of circuit.
    """
    testbench = load(name)
    if not isinstance(testbench, EcramLifTestbench):
        raise InputError(
            "not a neuron with an ECRAM synapse", where="circuit", found=name, allowed=", ".join(TOPOLOGIES)
        )
    return testbench


def measure_plasticity(
    testbenches: Sequence[EcramLifTestbench[Any]], *, pairs: Sequence[float] = PAIRS, n_jobs: int | None = None
) -> list[Plasticity]:
    """The plasticity of each testbench, all runs in one batch.

    Args:
        pairs: intervals (s) between two spikes; the first two are also those of the ablation.
    """
    groups = [_jobs(testbench, pairs) for testbench in testbenches]
    runs = iter(simulate_all(itertools.chain(*groups), n_jobs=n_jobs))
    return [
        _plasticity(testbench, pairs, list(itertools.islice(runs, len(group))))
        for testbench, group in zip(testbenches, groups, strict=True)
    ]


def _train() -> list[float]:
    return [START + i * NEAR for i in range(COUNT)]


def _jobs(testbench: EcramLifTestbench[Any], pairs: Sequence[float]) -> list[Job]:
    """Train of the neuron and of its ablation, clamped trains of both, pairs, and ablated pairs."""
    design, without, conditions = testbench.design, ablated(testbench.design), testbench.conditions
    clamped = [clamp_job(d, conditions, _train()) for d in (design, without)]
    spaced = [clamp_job(design, conditions, (START, START + t)) for t in pairs]
    still = [clamp_job(without, conditions, (START, START + t)) for t in pairs[:2]]
    return [testbench.job(), replace(testbench, design=without).job(), *clamped, *spaced, *still]


def _plasticity(testbench: EcramLifTestbench[Any], pairs: Sequence[float], runs: Sequence[Any]) -> Plasticity:
    plastic, fixed, train, train_ablated, *rest = runs
    predicted = predicted_ratio(testbench.design, np.array(pairs), switch_ohm(testbench.design, testbench.conditions))
    ratios = [pair_ratio(run, t) for run, t in zip(rest, (*pairs, *pairs[:2]), strict=True)]
    trains = [charges / charges[0] for charges in (spike_charges(r, _train()) for r in (train, train_ablated))]
    responses = [
        evaluate_lif(d, testbench.conditions, testbench.stimulus, run)
        for d, run in ((testbench.design, plastic), (ablated(testbench.design), fixed))
    ]
    return Plasticity(
        testbench.name,
        dict(zip(pairs, ratios, strict=False)),
        dict(zip(pairs, predicted.tolist(), strict=True)),
        dict(zip(pairs[:2], ratios[len(pairs) :], strict=True)),
        *trains,
        *responses,
    )


@dataclass(frozen=True)
class Response:
    """Response of a neuron to its testbench's spike train; `result` None where the run was refused or failed."""

    testbench: EcramLifTestbench[Any]
    result: LifResult | None
    cause: str | None = None

    @property
    def energy_J(self) -> float | None:
        """Energy per output spike; None without an interval between two."""
        return None if self.result is None else self.result.energy_per_spike_J

    @property
    def spikes(self) -> int | None:
        """Output spikes; None without a result."""
        return None if self.result is None else int(self.result.spikes_s.size)

    @property
    def fires(self) -> bool:
        """Whether there is an output spike that also ended."""
        return self.result is not None and self.result.width_s is not None


def respond_all(testbenches: Sequence[EcramLifTestbench[Any]], *, n_jobs: int | None = None) -> list[Response]:
    """Run each testbench's spike train; what is refused, before or after the run, is a response with its cause."""
    jobs = [_job(testbench) for testbench in testbenches]
    runs = iter(simulate_all([job for job in jobs if isinstance(job, Job)], n_jobs=n_jobs, throw=False))
    return [
        _response(testbench, next(runs)) if isinstance(job, Job) else Response(testbench, None, job)
        for testbench, job in zip(testbenches, jobs, strict=True)
    ]


def _job(testbench: EcramLifTestbench[Any]) -> Job | str:
    """The spike train's deck, or why it is refused."""
    try:
        return testbench.job()
    except InputError as error:
        return str(error)


def _response(testbench: EcramLifTestbench[Any], run: Any) -> Response:
    if not run.ok:
        return Response(testbench, None, run.cause or "the run failed")
    try:
        return Response(testbench, evaluate_lif(testbench.design, testbench.conditions, testbench.stimulus, run))
    except InputError as error:
        return Response(testbench, None, str(error))


def at_corners(
    testbench: EcramLifTestbench[Any], corners: Sequence[str] = CORNERS, temperatures: Sequence[float] = TEMPERATURES
) -> list[EcramLifTestbench[Any]]:
    """The testbench at every corner and temperature (°C)."""
    points = itertools.product(corners, temperatures)
    return [replace(testbench, conditions=replace(testbench.conditions, corner=c, temperature_C=t)) for c, t in points]


def corner_grid(
    testbenches: Sequence[EcramLifTestbench[Any]],
    corners: Sequence[str] = CORNERS,
    temperatures: Sequence[float] = TEMPERATURES,
    *,
    n_jobs: int | None = None,
) -> list[Response]:
    """Each testbench under `CORNER_COUNT` input spikes `CORNER_INTERVAL` apart, at every corner and temperature."""
    short = [replace(t, input_interval_s=CORNER_INTERVAL, input_count=CORNER_COUNT) for t in testbenches]
    variants = [variant for testbench in short for variant in at_corners(testbench, corners, temperatures)]
    return respond_all(variants, n_jobs=n_jobs)
