"""Wall time of the whole report after set-up, by stage, with every deck simulated.

    python benchmarks/report.py [--jobs J]

The goal is 60 s on two cores. "packages" is importing what the report needs, "page" everything after the last figure.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

GOAL_s = 60.0


def main() -> None:
    """Write a report into a temporary folder and print where the time went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="simulations at a time (default 2)")
    options = parser.parse_args()
    os.environ["IPCIRCUIT_CACHE"] = "off"
    start = time.perf_counter()
    from reports.page.report import write_report

    imported = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        index = write_report(Path(folder) / "report", n_jobs=options.jobs).index
        end = time.perf_counter()
        table = json.loads((index.parent / "tables" / "timings.json").read_text(encoding="utf-8"))
        size = sum(p.stat().st_size for p in index.parent.rglob("*") if p.is_file())
    stages = {row["stage"]: row["wall_time_s"] for row in table["rows"] if row["stage"] != "sum"}
    stages = {"packages": imported - start, **stages, "page": end - imported - sum(stages.values())}
    for name, seconds in stages.items():
        print(f"{name:28}{seconds:8.2f} s")
    total = end - start
    print(f"{'report':28}{total:8.2f} s   {size / 1e6:.1f} MB")
    print(f"goal: <= {GOAL_s:g} s: {'met' if total <= GOAL_s else f'missed by {total - GOAL_s:.1f} s'}")


if __name__ == "__main__":
    main()
