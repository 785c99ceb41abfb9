"""The study of temporal filters for the report: done once, small, and shared by all that show it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from energy.characterize import Characterization
from network.experiments.filters.comparison import QUICK_SPIKES, FilterRow, compare_filters
from network.experiments.filters.study import BANKS, LSTM, TIMER, StudyOptions, StudyResult, run_study


class FilterRuns:
    """Lazily computed, cached.

    Args:
        characterization: cost record of ``delay_feedback_lif``, asked for when energies are needed.
        n_jobs: simulations at a time.
    """

    def __init__(self, characterization: Callable[[], Characterization], n_jobs: int | None = None) -> None:
        self._characterization, self._n_jobs = characterization, n_jobs

    def run_all(self) -> None:
        """Compute everything now, so that its time is counted in one place."""
        for name in ("rows", "study"):
            getattr(self, name)

    @cached_property
    def rows(self) -> list[FilterRow]:
        """Preferred rates on paper, by events, and of one filter in ngspice."""
        return compare_filters(circuit_spikes=QUICK_SPIKES, n_jobs=self._n_jobs)

    @cached_property
    def study(self) -> StudyResult:
        """Accuracy and energy of the models, three repetitions."""
        return run_study(StudyOptions.quick(), self._characterization())


def selectivity_figures(runs: FilterRuns) -> dict[str, float]:
    """Worst deviations of the predicted rates, span and contrast of the bank, and the ends of accuracy intervals."""
    rows, study = runs.rows, runs.study
    events = [abs(r.deviation) for r in rows if r.deviation is not None]
    circuit = [abs(r.circuit_deviation) for r in rows if r.circuit_deviation is not None]
    if len(events) < len(rows) or not circuit:
        return {}  # a filter without a preferred rate: nothing to judge
    top = [r.measured_rate_Hz for r in rows if r.measured_rate_Hz is not None]
    found = {
        "deviation_events": max(events),
        "deviation_circuit": max(circuit),
        "filters": float(len(rows)),
        "lowest_rate_Hz": min(top),
        "highest_rate_Hz": max(top),
        "contrast": min(r.measured_contrast for r in rows if r.measured_contrast is not None),
        "contrast_circuit": min(r.circuit_contrast for r in rows if r.circuit_contrast is not None),
        "contrast_ablated": max(r.ablated_contrast for r in rows),
    }
    for short, model in zip(("plastic", "ablated", "plain"), BANKS, strict=True):
        low, high = study.row(model).interval or (float("nan"), float("nan"))
        found |= {f"{short}_lower": low, f"{short}_upper": high, f"{short}_accuracy": study.row(model).accuracy or 0.0}
    for short, model in (("plastic", BANKS[0]), ("timer", TIMER), ("lstm", LSTM)):
        row = study.row(model)
        found |= {f"{short}_accuracy": row.accuracy or 0.0, f"{short}_J": row.energy_J["system"] or 0.0}
    return found
