"""GPU energy of a memory: published increments beside those that this project measured."""

from __future__ import annotations

from typing import Any

from energy.compare import published_comparison
from energy.gpu.baselines import load_gpu_baselines, measured_energies
from ipcircuit.units import si
from network.experiments.vision.cells import LSTM
from reports.prose import Prose
from reports.section import Finding, Run
from reports.tables.table import Table
from reports.vision.energy import GPU_MODELS
from reports.vision.results import LABELS

PROSE = Prose(__file__)


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
            for row in measured.chosen
        ]
    conditions = "; ".join(
        f"{one.gpu}: {one.shape}, {one.precision}, {one.protocol.repeats} turns of {one.protocol.window_s:g} s, "
        f"{one.date[:10]}"
        for one in measured_energies()
    )
    return PROSE.table("vision_gpu", rows, conditions=conditions)


def waiting(run: Run) -> Finding:
    """Whether the LSTM's increment remains when the GPU has enough to do."""
    device_J = published_comparison().memory_energy_J[1]
    holds, texts = list[bool](), list[str]()
    for measured in measured_energies():
        rows = [row for row in measured.chosen if row.model == LSTM]
        first, last = rows[0], rows[-1]
        if first.increment_J.high is None or first.increment_J.low is None or last.increment_J.high is None:
            continue
        holds.append(last.increment_J.high < first.increment_J.low)
        one, many = first.increment_J, last.increment_J
        most = max(0.0, last.increment_J.high) / device_J
        texts.append(
            f"{measured.gpu}: {one.in_joules()} with one sample at a time, "
            f"{many.in_joules()} with {last.batch}; over {si(device_J, 'J', 3)} of the "
            f"device that is {one.median / device_J:,.0f} times, and at most {most:,.0f}"
        )
    published = next(b for b in load_gpu_baselines() if b.model == GPU_MODELS[LSTM])
    values = {"text": "; ".join(texts), "gpu": published.gpu, "published_J": published.energy_per_sample_J}
    return PROSE.finding("waiting", **values) if holds and all(holds) else PROSE.finding("working", **values)
