"""Results of the temporal filters that figures, tables, findings and claims share; each worked out once per process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from network.experiments.filters.comparison import QUICK_SPIKES, FilterRow, compare_filters
from network.experiments.filters.experiment import BANKS, FilterOptions, FilterResult, run_filters
from reports.simulated import characterization

SCOPE = "system"  # of the energies that are quoted


@cache
def rates(jobs: int | None = None) -> list[FilterRow]:
    """Preferred rates: analytic, by events, and of one filter in ngspice."""
    return compare_filters(circuit_spikes=QUICK_SPIKES, n_jobs=jobs)


@cache
def models(jobs: int | None = None) -> FilterResult:
    """Accuracy and energy of the models on the task, three repetitions."""
    return run_filters(FilterOptions.quick(), characterization("delay_feedback_lif", jobs))


@dataclass(frozen=True)
class Selectivity:
    """How far the predicted rates are off, and the bank's span and contrast; the worst of all filters each.

    Attributes:
        deviation_events, deviation_circuit: relative, from the compact model by events and from ngspice.
        lowest_Hz, highest_Hz: preferred rates of the bank by events.
        contrast, contrast_circuit, contrast_ablated: by events, in ngspice, and with the volatile part off.
    """

    deviation_events: float
    deviation_circuit: float
    lowest_Hz: float
    highest_Hz: float
    contrast: float
    contrast_circuit: float
    contrast_ablated: float


def selectivity(rows: list[FilterRow]) -> Selectivity | None:
    """Numbers of a bank; None where a filter prefers no rate, or none went through ngspice."""
    events = [abs(r.deviation) for r in rows if r.deviation is not None]
    circuit = [abs(r.circuit_deviation) for r in rows if r.circuit_deviation is not None]
    if len(events) < len(rows) or not circuit:
        return None
    preferred = [r.measured_rate_Hz for r in rows if r.measured_rate_Hz is not None]
    return Selectivity(
        max(events),
        max(circuit),
        min(preferred),
        max(preferred),
        min(r.measured_contrast for r in rows if r.measured_contrast is not None),
        min(r.circuit_contrast for r in rows if r.circuit_contrast is not None),
        max(r.ablated_contrast for r in rows),
    )


def stands_apart(study: FilterResult) -> bool:
    """Whether the plastic bank's accuracy interval lies above those of its ablation and of non-plastic neurons."""
    plastic, *others = (study.row(name).interval for name in BANKS)
    return plastic is not None and all(other is not None and plastic[0] > other[1] for other in others)
