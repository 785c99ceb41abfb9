"""Wall and processor time of a command in two checkouts, run in turns on the same machine.

    git worktree add --detach ../before REVISION
    python benchmarks/side_by_side.py ../before . [--repeats N] [-- characterize comparator --json -j 1]

Nothing is taken from the cache. Compare the minima: other work on the machine only adds to a time.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

COMMAND = ["characterize", "comparator", "--json", "-j", "1"]


def timed(checkout: Path, command: list[str]) -> tuple[float, float]:
    """Wall time and processor time (s) of one run, with its simulator processes."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "IPCIRCUIT_CACHE": "off"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "ipcircuit", *command],
        cwd=checkout,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print minimum and median of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs=2, type=Path, metavar="CHECKOUT")
    parser.add_argument("--repeats", type=int, default=10, help="runs of each (default 10)")
    parser.add_argument("command", nargs="*", default=COMMAND, help=f"default: {' '.join(COMMAND)}")
    options = parser.parse_args()
    checkouts = [path.resolve() for path in options.checkouts]
    times: list[list[tuple[float, float]]] = [[], []]
    for turn in range(options.repeats):
        for which in (0, 1) if turn % 2 else (1, 0):
            times[which].append(timed(checkouts[which], options.command))
    print(f"{' '.join(options.command)}, {options.repeats} times each in turns")
    for index, kind in enumerate(("wall", "processor")):
        columns = [[run[index] for run in runs] for runs in times]
        for name, value in (("minimum", min), ("median", statistics.median)):
            first, second = (value(column) for column in columns)
            print(f"{kind} time, {name}: {first:.2f} s, {second:.2f} s, ratio {second / first:.3f}")


if __name__ == "__main__":
    main()
