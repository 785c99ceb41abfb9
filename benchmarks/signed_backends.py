"""Whether a network answers alike with the averaged equation and with the macrospin itself.

    python benchmarks/signed_backends.py [--samples N]

Takes a few minutes with the default of 100 samples per embedded task.
"""

from __future__ import annotations

import argparse

from network.experiments.signed.backends import compare_backends
from network.experiments.signed.plan import Plan
from network.experiments.signed.tasks import tasks_for


def main() -> None:
    """Print one line per embedded task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100, help="of each task's test set (default 100)")
    samples = parser.parse_args().samples
    for task in tasks_for():
        comparison = compare_backends(task, Plan(), samples)
        print(
            f"{task.name}: of {comparison.samples} samples {comparison.ideal_right} right with ideal neurons, "
            f"{comparison.averaged_right} with the averaged equation, "
            f"{comparison.macrospin_right} with the macrospin; {comparison.same} answers the same"
        )


if __name__ == "__main__":
    main()
