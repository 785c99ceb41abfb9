"""GPU energy of a memory: published increments beside those that this project measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from energy.compare import published_comparison
from energy.gpu.baselines import GpuEnergy, load_gpu_baselines, measured_energies
from energy.gpu.increment import Increment
from ipcircuit.units import si
from network.experiments.vision.cells import LSTM
from reports.prose import Prose
from reports.section import Finding, Run
from reports.tables.table import Table
from reports.vision.energy import GPU_MODELS
from reports.vision.results import LABELS

PROSE = Prose(__file__)
WAITS = (
    " A single sequence of small steps cannot fill the board: it pays idle power and launches of kernels. The headline "
    "ratios hold for one sample at a time."
)


def gpu(run: Run) -> Table:
    """Increment over the frame-wise network of every memory, at one sample at a time and at the highest throughput."""
    published = {b.model: b for b in load_gpu_baselines()}
    rows: list[dict[str, Any]] = [
        {
            "memory": LABELS[model],
            "gpu": published[name].gpu,
            "basis": "published",
            "increment_J": published[name].energy_per_sample_J,
        }
        for model, name in GPU_MODELS.items()
    ]
    for measured in measured_energies():
        rows += [
            {
                "memory": LABELS[row.model],
                "gpu": measured.gpu,
                "basis": "measured",
                "batch": row.batch,
                "increment_J": row.increment_J.median,
                "increment_low_J": row.increment_J.low,
                "increment_high_J": row.increment_J.high,
                "beyond_idle_J": row.beyond_idle_J.median,
                "samples_per_s": row.samples_per_s,
            }
            for row in _shown(measured)
        ]
    conditions = "; ".join(
        f"{one.gpu}: {one.shape}, {one.precision}, {one.protocol.repeats} turns of {one.protocol.window_s:g} s, "
        f"{one.date[:10]}"
        for one in measured_energies()
    )
    return PROSE.table("vision_gpu", rows, conditions=conditions)


def _shown(measured: GpuEnergy) -> Iterator[Increment]:
    rows = measured.increments.rows
    smallest = min(row.batch for row in rows)
    return (row for row in rows if row.batch == smallest or row.optimum)


def waiting(run: Run) -> Finding:
    """Whether the LSTM's increment remains when the GPU has enough to do."""
    device_J = published_comparison().memory_energy_J[1]
    holds, texts = list[bool](), list[str]()
    for measured in measured_energies():
        first, *_, last = [row for row in _shown(measured) if row.model == LSTM]
        if first.increment_J.high is None or first.increment_J.low is None or last.increment_J.high is None:
            continue
        holds.append(last.increment_J.high < first.increment_J.low)
        one, many = first.increment_J, last.increment_J
        most = max(0.0, last.increment_J.high) / device_J
        texts.append(
            f"{measured.gpu}: {_with_ends(one.median, one.low, one.high)} with one sample at a time, "
            f"{_with_ends(many.median, many.low, many.high)} with {last.batch}; over {si(device_J, 'J', 3)} of the "
            f"device that is {one.median / device_J:,.0f} times, and at most {most:,.0f}"
        )
    published = next(b for b in load_gpu_baselines() if b.model == GPU_MODELS[LSTM])
    waits = bool(holds) and all(holds)
    return PROSE.finding(
        "waiting",
        where="is that of a GPU that waits" if waits else "remains when many samples run at a time",
        text="; ".join(texts),
        gpu=published.gpu,
        published_J=published.energy_per_sample_J,
        conclusion=WAITS if waits else "",
    )


def _with_ends(value: float, low: float | None, high: float | None) -> str:
    ends = "" if low is None or high is None else f" ({si(low, 'J', 3)} to {si(high, 'J', 3)})"
    return si(value, "J", 3) + ends
