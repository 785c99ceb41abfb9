"""Wall time of each command's first and second run: the second finds its simulations in the cache.

    python benchmarks/cache.py [--only WORD] [--jobs J] [--before CHECKOUT]

The cache is a new, empty folder. `--before` times the same commands in another checkout too, right after each other.
`list` simulates nothing and is run ten times; its time is the shortest.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMITS_s = {"list": 0.25, "check": 8.0, "claims": 8.0, "report": 25.0}  # of the second run
REPEATS = 10


def seconds(command: str, checkout: Path, folder: Path, jobs: int) -> float:
    """Wall time of one run in a process of its own; a failed check still counts."""
    options = {"list": [], "report": ["-o", str(folder / "report"), "--jobs", str(jobs)]}.get(
        command, ["--json", "--jobs", str(jobs)]
    )
    environment = {**os.environ, "PYTHONPATH": str(checkout), "IPCIRCUIT_CACHE": str(folder / "cache")}
    start = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "ipcircuit", command, *options],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if run.returncode not in (0, 1):
        raise SystemExit(f"{command}: {run.stderr}")
    return time.perf_counter() - start


def main() -> None:
    """Print both times of each command, their ratio and the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="commands that contain this word")
    parser.add_argument("--jobs", type=int, default=2, help="simulations at a time (default 2)")
    parser.add_argument("--before", type=Path, help="another checkout, timed beside this one")
    options = parser.parse_args()
    columns = ["command", "first, s", "second, s", "ratio", "limit, s", *(["before, s"] if options.before else [])]
    print("".join(f"{column:>12}" for column in columns))
    for command, limit in LIMITS_s.items():
        if options.only not in command:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            first = seconds(command, ROOT, folder, options.jobs)
            repeats = REPEATS if command == "list" else 1
            second = min(seconds(command, ROOT, folder, options.jobs) for _ in range(repeats))
            cells = [f"{first:.2f}", f"{second:.2f}", f"{second / first:.2f}", f"{limit:g}"]
            if options.before:
                other = options.before.resolve()
                cells.append(f"{min(seconds(command, other, folder, options.jobs) for _ in range(repeats)):.2f}")
        print("".join(f"{cell:>12}" for cell in [command, *cells]), flush=True)


if __name__ == "__main__":
    main()
