"""Increments of a memory on a GPU, published and measured, with what is known of their uncertainty."""

from __future__ import annotations

from energy.break_even.problem import Cost, cost
from energy.break_even.scenario import Scenario
from energy.gpu.baselines import GpuBaseline, GpuEnergy
from energy.gpu.increment import Increment
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter
from ipcircuit.ranges import Range


def published_increment(baseline: GpuBaseline) -> Cost:
    """A published increment. Its batch size is not stated, so that of the scenario does not bear on it."""
    energy = Parameter(
        f"increment of {baseline.model} on {baseline.gpu.removeprefix('NVIDIA ')}",
        baseline.energy_per_sample_J,
        "J",
        f"per sample, {baseline.task}",
        baseline.source,
        "published",
        minimum=0.0,
        likely=baseline.likely,
    )
    return cost(baseline.system, baseline.basis, lambda read: read(energy), conditions={"gpu": baseline.gpu})


def measured_increment(measured: GpuEnergy, model: str, scenario: Scenario) -> Cost:
    """A measured increment at the scenario's batch size, in the interval of its median.

    Raises:
        InputError: no measurement at that batch size, or an increment that is not above zero.
    """
    rows = {row.batch: row for row in measured.increments.rows if row.model == model}
    system = f"{model} on {measured.gpu}"
    if scenario.batch not in rows:
        allowed = ", ".join(map(str, rows))
        raise InputError(
            f"{system} was not measured at this size", where="batch", found=scenario.batch, allowed=allowed
        )
    row = rows[scenario.batch]
    if not row.increment_J.median > 0:
        text = f"the increment is not above zero, so that the energy of the memory is not known: {_text(row)}"
        raise InputError(text, where=f"{system}, batch {row.batch}", allowed="another batch size")
    energy = Parameter(
        f"increment of {model} on {measured.gpu.removeprefix('NVIDIA ')}, batch {row.batch}",
        row.increment_J.median,
        "J",
        f"per sample, {measured.shape}",
        f"median of {measured.protocol.repeats}, {measured.date}",
        "measured",
        likely=_interval(row, measured.protocol.repeats),
    )
    about = {"gpu": measured.gpu, "precision": measured.precision, "batch": row.batch}
    return cost(
        f"{system}, batch {row.batch}", "measured", lambda read: read(energy), axes=("batch",), conditions=about
    )


def _interval(row: Increment, repeats: int) -> Range | None:
    """Interval of the median as a range; None: there were too few turns for one, or it reaches zero."""
    low, high = row.increment_J.low, row.increment_J.high
    if low is None or high is None or not 0 < low < high:
        return None
    return Range(low, high, "lognormal", f"interval of the median of {repeats} turns, coverage {row.coverage:.3g}")


def _text(row: Increment) -> str:
    return row.increment_J.in_joules()
