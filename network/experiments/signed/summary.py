"""Means, intervals and paired gaps of a study's seeds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from ipcircuit.statistics import mean_interval
from network.experiments.signed.plan import Plan


def interval(values: Sequence[float]) -> dict[str, Any]:
    """Mean with Student's 95 % interval; `low` and `high` are None for a single value."""
    mean, low, high = mean_interval(values)
    return {"mean": mean, "low": low, "high": high, "n": len(values)}


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
        accuracies = [run[kind][name] for run in runs]
        row[f"{kind}_accuracy"] = interval([100 * value for value in accuracies])
        row[f"{kind}_gap"] = None if name == "ideal" else _gap(runs, kind, accuracies)
    return row


def _gap(runs: Sequence[dict[str, Any]], kind: str, accuracies: Sequence[float | None]) -> dict[str, Any] | None:
    gaps = [
        100 * (run[kind]["ideal"] - value) for run, value in zip(runs, accuracies, strict=True) if value is not None
    ]
    return interval(gaps) if len(gaps) == len(runs) else None
