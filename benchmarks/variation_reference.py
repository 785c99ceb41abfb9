"""Monte Carlo of many screening copies against as many reference copies as can be had, of the same seed.

    python benchmarks/variation_reference.py --folder FOLDER [--circuit differential] [--copies 10000] [--jobs 2]
                                             [--reference-copies 2000] [--seed 1] [--subset 100]

Part 2 of `variation.py`, which calls it, by itself: reference copies take half an hour of two cores. They go to FOLDER
(``ipcircuit montecarlo CIRCUIT -n REFERENCE-COPIES --fidelity reference -o FOLDER``), where a killed run goes on where
it stopped; a folder that has them is used as it is. Against them: the command's estimate from COPIES copies; that from
these very copies, of which it simulates SUBSET at reference; and each of them at screening.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from circuits.catalog import load
from circuits.conditions import Fidelity
from energy.characterize import characterize
from energy.driver import WriteDriver
from energy.variation.copies.outcome import Outcome, Status
from energy.variation.copies.simulated import simulated_copies
from ipcircuit.parallel import in_order
from ipcircuit.sampling import Sample
from ipcircuit.statistics import wilson_interval

ENERGY = "circuit_energy_per_operation_J"
CHUNK = 512
NORMAL = 1.96  # quantile of 95 %


def row(what: str, measured: str, goal: str = "") -> None:
    """One line of the result."""
    print(f"{what:58} {measured:>24}  {goal}", flush=True)


def montecarlo(words: Sequence[str], **environment: str) -> tuple[float, dict[str, Any]]:
    """Wall time (s) and result of the command."""
    with tempfile.TemporaryDirectory() as cache:
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "ipcircuit", "montecarlo", *words, "--json"],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "IPCIRCUIT_CACHE": cache, **environment},
            check=False,
        )
        seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise SystemExit(done.returncode)
    return seconds, json.loads(done.stdout)


@dataclass(frozen=True)
class Reference:
    """Copies at reference, those of the numbers from 0 on: which of them work, and their energies (J)."""

    works: np.ndarray
    energy_J: np.ndarray

    @classmethod
    def of(cls, folder: Path, circuit: str, count: int, seed: int) -> Reference:
        """The first copies of a folder of the command."""
        result = json.loads((folder / "montecarlo.json").read_text(encoding="utf-8"))
        if (result["circuit"], result["seed"]) != (circuit, seed):
            raise SystemExit(f"{folder} is of {result['circuit']} and seed {result['seed']}")
        with (folder / "samples.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["fidelity"] == Fidelity.REFERENCE.value][:count]
        if [int(row["sample"]) for row in rows] != list(range(count)):
            raise SystemExit(f"{folder} has not the first {count} copies at reference")
        works = np.array([row["status"] == Status.WORKS.value for row in rows])
        return cls(works, np.array([float(row[ENERGY] or "nan") for row in rows]))


def reference_copies(circuit: str, count: int, seed: int, jobs: int, folder: Path) -> Reference:
    """Those of a folder, which are simulated if it has none."""
    if not (folder / "samples.csv").exists():
        words = [circuit, "-n", str(count), "--seed", str(seed), "-j", str(jobs), "--fidelity", "reference"]
        montecarlo([*words, "-o", str(folder)])
    return Reference.of(folder, circuit, count, seed)


def outcomes(
    bench: Any, samples: Sequence[Sample], driver: WriteDriver | None, jobs: int, size: int = CHUNK
) -> Iterator[Outcome]:
    """Outcomes of copies, in chunks of `size`; none is kept."""
    chunks = [samples[start : start + size] for start in range(0, len(samples), size)]
    for chunk in in_order(lambda chunk: simulated_copies(bench, chunk, driver=driver), chunks, jobs):
        yield from chunk


def compare(result: dict[str, Any], reference: Reference) -> None:
    """The command's estimates against copies at reference, which are among its own; ± is one standard error."""
    exact, quantity = reference.energy_J[reference.works], result["quantities"][ENERGY]
    n, all_of = len(reference.works), result["runs"]
    mean, sigma = float(exact.mean()), float(exact.std(ddof=1))

    def error(low: float, high: float, of: float, relative: float) -> float:
        """Relative standard error of the difference: both have copies in common, from which none of it comes."""
        return math.sqrt(max(0.0, relative**2 * (1 - 2 * n / all_of) + ((high - low) / 2 / NORMAL / of) ** 2))

    of_mean = error(quantity["low"], quantity["high"], mean, sigma / mean / math.sqrt(len(exact)))
    of_sigma = error(quantity["sigma_low"], quantity["sigma_high"], sigma, 1 / math.sqrt(2 * len(exact)))
    name, ratio = f"-n {all_of} against {n} at reference: mean energy", quantity["mean"] / mean - 1
    row(name, f"{ratio:+.1e} ± {of_mean:.0e}", "within 1e-3")
    ratio = quantity["sigma"] / sigma - 1
    row("  sigma of the energy", f"{100 * ratio:+.2f} % ± {100 * of_sigma:.2f} %", "within 2 %")
    working, share = int(reference.works.sum()), result["yield"]
    low, high = wilson_interval(working, n, 0.95)
    joint = math.hypot((high - low) / 2, (share["high"] - share["low"]) / 2)
    row("  yield", f"{100 * (share['share'] - working / n):+.2f} %", f"within the joint interval, ±{100 * joint:.2f} %")


def compare_copies(screened: Sequence[Outcome], reference: Reference) -> None:
    """Copies at screening against the same at reference."""
    both = [o.works and bool(works) for o, works in zip(screened, reference.works, strict=True)]
    energies = np.array([o.values.get(ENERGY) for o in screened], float)
    ratios = (energies / reference.energy_J)[both]
    disagree = sum(o.works != bool(works) for o, works in zip(screened, reference.works, strict=True))
    row("screening alone, same copies: energy, mean of the ratio", f"{ratios.mean() - 1:+.1e}")
    row("  standard deviation of the ratio", f"{ratios.std():.1e}")
    row("  copies of which only one fidelity says that they work", f"{disagree} of {len(both)}")


def against_reference(given: argparse.Namespace, folder: Path, result: dict[str, Any] | None = None) -> None:
    """Print the comparison.

    Args:
        given: the options of this file.
        folder: of the reference copies.
        result: of the command for all copies, if it is there.
    """
    words = [given.circuit, "--seed", str(given.seed), "-j", str(given.jobs), "--fidelity", "multi"]
    count, subset = given.reference_copies, ["--reference", str(given.subset or min(100, given.reference_copies))]
    reference = reference_copies(given.circuit, count, given.seed, given.jobs, folder)
    compare(result or montecarlo([*words, "-n", str(given.copies), *subset])[1], reference)
    compare(montecarlo([*words, "-n", str(count), *subset])[1], reference)
    design = load(given.circuit)
    samples = [Sample(given.seed, i) for i in range(count)]
    screened = outcomes(design.at_fidelity(Fidelity.SCREENING), samples, characterize(design).driver, given.jobs)
    compare_copies(list(screened), reference)


def options(description: str | None) -> argparse.ArgumentParser:
    """Options of this file, and of `variation.py` among others."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circuit", default="differential", choices=("comparator", "differential"))
    for name, default in (("copies", 10_000), ("reference-copies", 2000), ("jobs", 2), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--subset", type=int)
    parser.add_argument("--folder", type=Path)
    return parser


if __name__ == "__main__":
    chosen = options(__doc__).parse_args()
    if chosen.folder is None:
        raise SystemExit("--folder: where the reference copies are, or go")
    against_reference(chosen, chosen.folder)
