"""Wall time of `ipcircuit.sweep` against the analysis time that ngspice itself reports for the same runs.

    python benchmarks/sweep.py [--points 50] [--circuit NAME] [--jobs J] [--repeats 3]

The ratio is wall time times cores over the sum of the analysis times; the goal is 1.15. ngspice's own reading of the
decks is no part of its analysis time and so counts against the sweep. Beside it stands plain `simulate_all` of the
same decks, which pays for that reading too, but builds no deck and evaluates nothing. The cache is off. The least of
the repeats counts: what else runs on the machine only adds.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from typing import Any

import joblib
import numpy as np

import ipcircuit
from circuits import testbench
from ipcircuit.spice import jobs

GOAL = 1.15
CIRCUITS = {  # setting that is swept, and its range
    "comparator": ("amplitude", 0.75, 0.85),
    "differential": ("amplitude", 0.75, 0.85),
    "delay_feedback_lif": ("v_dd", 0.95, 1.05),
    "signed_mtj": ("v_dd", 1.05, 1.15),
}


class Recorder:
    """Stands in for `simulate_all` in the circuits' testbenches and keeps the decks and what ngspice reports."""

    def __init__(self) -> None:
        self.analysis_s, self._lock = 0.0, threading.Lock()
        self.decks: list[jobs.Job] = []

    def __call__(self, wanted: object, **keywords: object) -> list[jobs.Result]:
        decks = list(wanted)  # type: ignore[call-overload]
        results = jobs.simulate_all(decks, **keywords)  # type: ignore[arg-type]
        with self._lock:
            self.decks += decks
            self.analysis_s += sum(r.analysis_time_s or 0.0 for r in results)
        return results


def swept(name: str, points: int, n_jobs: int) -> tuple[float, Recorder]:
    """Wall time (s) of one sweep, and what ngspice did in it."""
    setting, low, high = CIRCUITS[name]
    recorder = Recorder()
    testbench.simulate_all = recorder  # type: ignore[attr-defined]
    try:
        start = time.perf_counter()
        values: dict[str, Any] = {setting: np.linspace(low, high, points)}
        table: Any = ipcircuit.sweep(name, n_jobs=n_jobs, **values)
        wall = time.perf_counter() - start
    finally:
        testbench.simulate_all = jobs.simulate_all  # type: ignore[attr-defined]
    if set(table["status"]) != {"works"}:
        raise SystemExit(f"{name}: {table['cause'].dropna().iloc[0]}")
    return wall, recorder


def main() -> None:
    """Print a row for each circuit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=50)
    parser.add_argument("--circuit", choices=CIRCUITS, action="append", help="default: all of them")
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count(), help="points at a time (default: one per core)")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    os.environ["IPCIRCUIT_CACHE"] = "off"  # what is timed is simulation
    jobs.warm_up(options.jobs)
    print(f"{options.points} points, {options.jobs} at a time; s")
    print(f"{'circuit':20}{'wall':>8}{'ngspice':>9}{'ratio':>7}{'plain':>8}{'over plain':>12}")
    for name in options.circuit or CIRCUITS:
        swept(name, options.jobs, options.jobs)  # equations are rendered once in a process
        rows = []
        for _ in range(options.repeats):
            wall, recorder = swept(name, options.points, options.jobs)
            start = time.perf_counter()
            jobs.simulate_all(recorder.decks, n_jobs=options.jobs)
            plain = time.perf_counter() - start
            rows.append((options.jobs * wall / recorder.analysis_s, wall, recorder.analysis_s, plain))
        ratio, wall, analysis, _ = min(rows)
        plain = min(row[3] for row in rows)
        print(f"{name:20}{wall:8.2f}{analysis:9.2f}{ratio:7.2f}{plain:8.2f}{wall / plain:12.2f}", flush=True)
    print(f"goal: ratio <= {GOAL}")


if __name__ == "__main__":
    main()
