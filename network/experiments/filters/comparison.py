"""Preferred rates of a bank's filters: on paper, by events, and in ngspice, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from circuits.ecram_lif.temporal_filter import SCALES, respond, temporal_filter
from network.experiments.filters import prediction, rates
from network.training.loop import Progress

TOLERANCE = 0.10  # of the preferred rate
CIRCUIT_SPIKES = 300  # spikes of each train in ngspice; by events the peak then stands 0.5 % from that of longer trains
QUICK_SPIKES = 200  # the same 2 %
CIRCUIT_RATES = (0.5, 1.0, 2.0)  # times the predicted rate; a parabola through them is within 1 % of a fine grid
CIRCUIT_SCALE = 0.25  # the filter that goes through ngspice


@dataclass(frozen=True)
class FilterRow:
    """One filter. Rates in Hz, times in s, contrast: charge at the preferred rate over that from rest, less one.

    None: there is no such rate, or it was not looked for.
    """

    scale: float
    tau_facilitating_s: float
    tau_depressing_s: float
    corner_facilitating_Hz: float | None
    corner_depressing_Hz: float | None
    predicted_rate_Hz: float | None
    measured_rate_Hz: float | None
    circuit_rate_Hz: float | None
    predicted_contrast: float | None
    measured_contrast: float | None
    circuit_contrast: float | None
    ablated_contrast: float

    @property
    def deviation(self) -> float | None:
        """Predicted over measured rate, less one."""
        return _over(self.predicted_rate_Hz, self.measured_rate_Hz)

    @property
    def circuit_deviation(self) -> float | None:
        """Predicted rate over that in ngspice, less one."""
        return _over(self.predicted_rate_Hz, self.circuit_rate_Hz)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary, both deviations included."""
        return {**asdict(self), "deviation": self.deviation, "circuit_deviation": self.circuit_deviation}


def _over(predicted: float | None, measured: float | None) -> float | None:
    return None if predicted is None or measured is None else predicted / measured - 1


def compare_filters(
    scales: Sequence[float] = SCALES,
    *,
    circuit_scales: Sequence[float] = (CIRCUIT_SCALE,),
    circuit_spikes: int = CIRCUIT_SPIKES,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> list[FilterRow]:
    """A row for each filter; those of `circuit_scales` go through ngspice too, some seconds each."""
    found = []
    for done, scale in enumerate(scales):
        found.append(_row(scale, circuit_spikes if scale in circuit_scales else 0, n_jobs))
        if progress is not None:
            progress(done + 1, len(scales))
    return found


def _row(scale: float, circuit_spikes: int, n_jobs: int | None) -> FilterRow:
    design, neuron = temporal_filter(scale), rates.neuron_parameters()
    slow, fast = design.facilitating, design.depressing
    predicted = prediction.preferred_rate(design)
    around = predicted or 1 / prediction.mean_time_constant(fast)
    measured = rates.measured_peak(rates.pair_parameters(neuron, design), around)
    flat = rates.gain_against_rate(rates.pair_parameters(neuron, design.ablated), np.array([around / 4, around]))
    circuit = None
    if circuit_spikes and predicted is not None:
        grid = predicted * np.array(CIRCUIT_RATES)
        gains = [r.gain for r in respond(design, grid.tolist(), circuit_spikes, n_jobs=n_jobs)]
        circuit = rates.peak(grid, np.array(gains))
    return FilterRow(
        scale,
        prediction.mean_time_constant(slow),
        prediction.mean_time_constant(fast),
        prediction.corner_rate(slow),
        prediction.corner_rate(fast),
        predicted,
        measured and measured.rate_Hz,
        circuit and circuit.rate_Hz,
        prediction.contrast(design, neuron.series_ohm),
        measured and measured.gain - 1,
        circuit and circuit.gain - 1,
        float(np.abs(flat - 1).max()),
    )
