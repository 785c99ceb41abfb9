"""Wall time of the whole report after set-up, by stage: first with nothing simulated yet, then once more.

    python benchmarks/report.py [--jobs J]

Goals on two idle cores: 60 s for the first report, 25 s for the second. "packages" is importing what the report needs.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

GOALS_s = {"first": 60.0, "second": 25.0}


def main() -> None:
    """Write two reports with a fresh cache of simulations and print where the time went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="simulations at a time (default 2)")
    options = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IPCIRCUIT_CACHE"] = folder
        from reports.site.report import write_report

        print(f"{'packages':28}{time.perf_counter() - start:8.2f} s")
        for name, goal in GOALS_s.items():
            start = time.perf_counter()
            index = write_report(Path(folder) / "report", n_jobs=options.jobs).index
            total = time.perf_counter() - start
            table = json.loads((index.parent / "tables" / "timings.json").read_text(encoding="utf-8"))
            for row in table["rows"]:
                seconds, where = (row["wall_time_s"], "") if row["wall_time_s"] else (row["process_s"], "(process)")
                print(f"{row['stage']:28}{seconds:8.2f} s {where}")
            size = sum(p.stat().st_size for p in index.parent.rglob("*") if p.is_file())
            print(f"{name + ' report':28}{total:8.2f} s   {size / 1e6:.1f} MB")
            print(f"goal: <= {goal:g} s: {'met' if total <= goal else f'missed by {total - goal:.1f} s'}")


if __name__ == "__main__":
    main()
