"""Means, intervals and paired gaps of a study's seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any

from ipcircuit.errors import InputError
from network.experiments.signed.plan import Plan


@dataclass(frozen=True)
class Mean:
    """Mean of a sample with Student's interval; `low` and `high` are None for a single value."""

    mean: float
    low: float | None
    high: float | None
    n: int


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Mean:
    """Mean and confidence interval of independent, roughly normal values.

    Raises:
        InputError: no values, or a confidence outside 0 … 1.
    """
    from scipy.stats import t

    if not values or not 0 < confidence < 1:
        raise InputError("makes no interval", where="values, confidence", found=(len(values), confidence))
    middle = fmean(values)
    if len(values) == 1:
        return Mean(middle, None, None, 1)
    half = float(t.ppf((1 + confidence) / 2, len(values) - 1)) * stdev(values) / math.sqrt(len(values))
    return Mean(middle, middle - half, middle + half, len(values))


def summarize(runs: Sequence[dict[str, Any]], plan: Plan) -> dict[str, Any]:
    """Tables over the seeds of `network.experiments.signed.study.run_seed`; accuracies in %, gaps in percentage points.

    A gap is the ideal network's accuracy less the other's, of the same seed and the same amount of training.
    """
    return {
        "variants": [_variant(runs, name) for name in runs[0]["swapped"]],
        "fit_sweep": [
            {
                "well": well,
                "onset_in_thresholds": plan.with_well(well).normalised.onset / plan.threshold,
                "fit_error": plan.fit_error(well),
                **{
                    f"{kind}_gap": _gap(runs, kind, [run["fit_sweep"][i][kind] for run in runs])
                    for kind in ("swapped", "tuned")
                },
            }
            for i, well in enumerate(plan.wells)
        ],
        "noise_sweep": [
            {"noise": noise, "swapped_gap": _gap(runs, "swapped", [run["noise_sweep"][i] for run in runs])}
            for i, noise in enumerate(plan.noises)
        ],
        "energy": _energy(runs),
    }


def _energy(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Mean over the runs of each scope's account; None without a cost record."""
    if runs[0]["energy"] is None:
        return None
    return [
        {
            name: value if value is None or isinstance(value, str) else fmean(run["energy"][i][name] for run in runs)
            for name, value in row.items()
        }
        for i, row in enumerate(runs[0]["energy"])
    ]


def _variant(runs: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    row: dict[str, Any] = {"variant": name}
    for kind in ("swapped", "tuned"):
        found = [run[kind][name] for run in runs]
        row[f"{kind}_accuracy"] = asdict(mean_interval([100 * value for value in found]))
        row[f"{kind}_gap"] = None if name == "ideal" else _gap(runs, kind, found)
    return row


def _gap(runs: Sequence[dict[str, Any]], kind: str, found: Sequence[float | None]) -> dict[str, Any] | None:
    gaps = [100 * (run[kind]["ideal"] - value) for run, value in zip(runs, found, strict=True) if value is not None]
    return asdict(mean_interval(gaps)) if len(gaps) == len(runs) else None
