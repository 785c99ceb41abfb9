"""Wall time of characterising both circuits against the analysis time that ngspice itself reports for the same runs.

    python benchmarks/characterize.py [--repeats N] [--jobs J]

cold: first call, worker processes are started.  warm: workers run already; mean over the repeats.
The goal is a warm ratio of at most 1.3. ngspice reports times to 1 ms, so runs are repeated and summed.
"""

from __future__ import annotations

import argparse
import os
import time

from circuits import testbench
from circuits.catalog import load
from energy.characterize import characterize
from ipcircuit.spice import jobs

GOAL = 1.3
CIRCUITS = ("comparator", "differential")


class Recorder:
    """Stands in for `simulate_all` in the circuits' testbenches and adds up what ngspice reports."""

    def __init__(self) -> None:
        self.analysis_s = 0.0
        self.runs = 0

    def __call__(self, *arguments: object, **keywords: object) -> list[jobs.Result]:
        results = jobs.simulate_all(*arguments, **keywords)  # type: ignore[arg-type]
        missing = [r.condition for r in results if r.analysis_time_s is None]
        if missing:
            raise SystemExit(f"ngspice reported no analysis time for {', '.join(missing)}")
        self.analysis_s += sum(r.analysis_time_s or 0.0 for r in results)
        self.runs += len(results)
        return results


def measure(n_jobs: int) -> tuple[float, float, int]:
    """Characterise both circuits once: wall time (s), reported analysis time (s), number of runs."""
    recorder = Recorder()
    testbench.simulate_all = recorder  # type: ignore[attr-defined]
    try:
        start = time.perf_counter()
        for name in CIRCUITS:
            characterize(load(name), n_jobs=n_jobs)
        return time.perf_counter() - start, recorder.analysis_s, recorder.runs
    finally:
        testbench.simulate_all = jobs.simulate_all  # type: ignore[attr-defined]


def main() -> None:
    """Print both ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=20, help="warm repeats (default 20)")
    parser.add_argument(
        "--jobs", type=int, default=1, help="simulations at a time; 1 compares like with like (default)"
    )
    options = parser.parse_args()
    os.environ["IPCIRCUIT_CACHE"] = "off"  # what is timed is simulation
    jobs.close_workers()
    cold = measure(options.jobs)
    warm = [measure(options.jobs) for _ in range(options.repeats)]
    wall, analysis = sum(w for w, _, _ in warm), sum(a for _, a, _ in warm)
    print(f"characterising {' and '.join(CIRCUITS)}: {cold[2]} runs, {options.jobs} at a time")
    print(f"{'':22}{'wall, s':>10}{'ngspice, s':>12}{'ratio':>8}")
    print(f"{'cold, workers started':22}{cold[0]:10.3f}{cold[1]:12.3f}{cold[0] / cold[1]:8.2f}")
    n = options.repeats
    print(f"{f'warm, mean of {n}':22}{wall / n:10.3f}{analysis / n:12.3f}{wall / analysis:8.2f}")
    ratio = wall / analysis
    print(f"goal: warm ratio <= {GOAL}: {'met' if ratio <= GOAL else f'missed by {ratio - GOAL:.2f}'}")


if __name__ == "__main__":
    main()
