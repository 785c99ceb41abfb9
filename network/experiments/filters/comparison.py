"""Preferred rates of a bank's filters: analytic, by events, and in ngspice, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from circuits.ecram_lif.temporal_filter import SCALES, TemporalFilter, respond, temporal_filter
from ipcircuit.kept import kept
from ipcircuit.spice.jobs import simulator_build
from network.experiments.filters import prediction, rates
from network.threads import Progress

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
    """A row for each filter, from the cache where it holds them (see `ipcircuit.kept`).

    Args:
        circuit_scales: of the filters that go through ngspice too, some seconds each.
    """
    sizes = (tuple(scales), tuple(circuit_scales), circuit_spikes)
    return kept("preferred rates", lambda: _compare(*sizes, n_jobs, progress), sizes, simulator_build())


def _compare(
    scales: Sequence[float],
    circuit_scales: Sequence[float],
    circuit_spikes: int,
    n_jobs: int | None,
    progress: Progress | None,
) -> list[FilterRow]:
    neuron, designs = rates.neuron_parameters(), [temporal_filter(scale) for scale in scales]
    predicted = [prediction.preferred_rate(design) for design in designs]
    around = [
        rate or 1 / prediction.mean_time_constant(design.depressing)
        for rate, design in zip(predicted, designs, strict=True)
    ]
    measured = rates.measured_peaks([rates.pair_parameters(neuron, design) for design in designs], around)
    ablated = [rates.pair_parameters(neuron, design.ablated) for design in designs]
    flat = rates.gains_against_rates(ablated, np.outer(around, (0.25, 1.0)))
    rows = []
    for i, (scale, design, rate, events) in enumerate(zip(scales, designs, predicted, measured, strict=True)):
        circuit = None
        if scale in circuit_scales and rate is not None:
            circuit = _circuit_peak(design, rate, circuit_spikes, n_jobs)
        rows.append(
            FilterRow(
                scale,
                prediction.mean_time_constant(design.facilitating),
                prediction.mean_time_constant(design.depressing),
                prediction.corner_rate(design.facilitating),
                prediction.corner_rate(design.depressing),
                rate,
                events and events.rate_Hz,
                circuit and circuit.rate_Hz,
                prediction.contrast(design, neuron.series_ohm),
                events and events.gain - 1,
                circuit and circuit.gain - 1,
                float(np.abs(flat[i] - 1).max()),
            )
        )
        if progress is not None:
            progress(i + 1, len(scales))
    return rows


def _circuit_peak(design: TemporalFilter, predicted_Hz: float, spikes: int, n_jobs: int | None) -> rates.Peak | None:
    grid = predicted_Hz * np.array(CIRCUIT_RATES)
    gains = [response.gain for response in respond(design, grid.tolist(), spikes, n_jobs=n_jobs)]
    return rates.peak(grid, np.array(gains))
