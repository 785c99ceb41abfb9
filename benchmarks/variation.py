"""Monte Carlo at scale: wall time, error against reference copies, cost of our own code, memory; goals beside.

    python benchmarks/variation.py [--circuit differential] [--copies 10000] [--reference-copies 2000] [--jobs 2]
                                   [--screened 5000] [--batch 200] [--seed 1] [--folder FOLDER]

1. ``ipcircuit montecarlo CIRCUIT -n COPIES --json`` in a process of its own: wall time, estimates of energy and yield.
2. The first REFERENCE-COPIES of the same seed at reference (``montecarlo … --fidelity reference -o FOLDER``: a killed
   run goes on where it stopped, and a folder that has them is used as it is): what these estimates should be, with the
   error that so few copies leave. The command's estimate for these very copies, of which it simulates 100 at reference,
   and each of them at screening say what is left of the difference without it.
3. SCREENED copies at screening in this process, one job, from their deviates to the store on disk and back from it:
   processor time of driver and simulator over what the simulator spends in ngspice, and what of it is the integration
   of the dividers, for which ngspice takes a transient; memory that both take more after the first quarter. Then with
   JOBS: copies per second.
4. The decks of BATCH of these copies by JOBS parallel, single-threaded ``ngspice -b``: the dc read alone, which is all
   that this project runs in ngspice for a copy, and with the transient that ngspice needs for the energies, which this
   project integrates in numpy. Ratios of copies per second, and of processor time per copy.

Nothing else should run beside it; processor time suffers less from what does than copies per second do. With small
numbers (``--subset`` is for the copies of 1. that are also simulated at reference) it takes a minute, and its standard
errors say how little it shows.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from PySpice.Spice.Netlist import Circuit, SubCircuit
from variation_reference import against_reference, montecarlo, options, outcomes, row

from circuits.catalog import load
from circuits.conditions import Analysis, Fidelity, transient_deck
from circuits.thermal_mtj import screening
from circuits.thermal_mtj.cycle import drive
from circuits.thermal_mtj.reading import read
from circuits.thermal_mtj.reading.front_end import FrontEnds
from circuits.thermal_mtj.screening import Screening
from energy.characterize import characterize
from energy.driver import WriteDriver
from energy.variation.copies.outcome import Outcome
from energy.variation.copies.run import opened_store, run_copies
from ipcircuit.sampling import Sample
from ipcircuit.spice.series import Runs
from ipcircuit.spice.workers import pool

SINGLE = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
PAGE, TICK = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


@contextmanager
def recorded() -> Iterator[tuple[list[float], list[float]]]:
    """Seconds that ngspice took in series of reads, and this process in the integration of dividers."""
    ngspice, integration = [0.0], [0.0]
    plain_series, plain_front_ends = read.simulate_series, screening.front_ends

    def simulate_series(*arguments: Any) -> Runs:
        runs = plain_series(*arguments)
        ngspice[0] += runs.seconds
        return runs

    def front_ends(*arguments: Any) -> FrontEnds:
        begun = time.process_time()
        result = plain_front_ends(*arguments)
        integration[0] += time.process_time() - begun
        return result

    read.simulate_series, screening.front_ends = simulate_series, front_ends  # type: ignore[attr-defined]
    try:
        yield ngspice, integration
    finally:
        read.simulate_series, screening.front_ends = plain_series, plain_front_ends  # type: ignore[attr-defined]


def simulator() -> tuple[float, float]:
    """Processor time (s) and memory (MB) of the idle simulator process."""
    with pool().worker() as worker:
        proc = Path(f"/proc/{worker.process_id}")
        fields = (proc / "stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:13])) / TICK, int((proc / "statm").read_text().split()[1]) * PAGE / 1e6


def own() -> tuple[float, float]:
    """Processor time (s) and memory (MB) of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6
    return usage.ru_utime + usage.ru_stime, memory


def stored(bench: Any, samples: Sequence[Sample], driver: WriteDriver | None) -> None:
    """Simulate copies with one job, store them on disk, and read them back."""
    with tempfile.TemporaryDirectory() as folder, opened_store(bench, Path(folder), seed=samples[0].seed) as store:
        consumed(run_copies(bench, samples, driver=driver, store=store, n_jobs=1))


def screened_alone(bench: Any, samples: Sequence[Sample], driver: WriteDriver | None) -> float:
    """Own code over ngspice's time, and memory, with one job; processor time per copy, s."""
    quarter = max(1, len(samples) // 4)
    stored(bench, samples[:quarter], driver)
    (driver_s, driver_MB), (worker_s, worker_MB) = own(), simulator()
    with recorded() as (ngspice, integration):
        stored(bench, samples[quarter:], driver)
    (driver_after, driver_more), (worker_after, worker_more) = own(), simulator()
    n, spent = len(samples) - quarter, ngspice[0]
    ours, theirs = driver_after - driver_s, worker_after - worker_s
    row("ngspice, per screening copy", f"{1e3 * spent / n:.2f} ms")
    row("simulator process, ngspice included", f"{1e3 * theirs / n:.2f} ms")
    row("driver process", f"{1e3 * ours / n:.2f} ms")
    row("  of which integration of the dividers", f"{1e3 * integration[0] / n:.2f} ms")
    row("own code over ngspice's time", f"{100 * ((ours + theirs) / spent - 1):.0f} %", "15 % at most")
    row("  without the integration", f"{100 * ((ours + theirs - integration[0]) / spent - 1):.0f} %")
    row("memory per 1,000 copies, driver", f"{1e3 * (driver_more - driver_MB) / n:+.2f} MB", "2 MB at most")
    row("memory per 1,000 copies, simulator", f"{1e3 * (worker_more - worker_MB) / n:+.2f} MB", "2 MB at most")
    return (ours + theirs) / n


def consumed(copies: Iterator[Outcome]) -> None:
    """Have copies simulated, and keep nothing."""
    for _ in copies:
        pass


def batch_decks(bench: Any, samples: Sequence[Sample]) -> list[tuple[str, str]]:
    """Decks of copies for plain ngspice: the read, and the dividers' transient that gives the energies."""
    decks = []
    for sample in samples:
        copy = bench.sampled(sample)
        neuron, conditions = copy.neuron, copy.conditions
        circuit, dividers = Circuit("energies"), SubCircuit("dividers", "input", "vss")
        for half in neuron.halves:
            half.add_to(dividers, "mean_field", False, conditions.reference, ())
        circuit.subcircuit(dividers)
        circuit.V("set", "drive", 0, drive(neuron, conditions).spice())
        circuit.X("dividers", "dividers", "drive", 0)
        transient = transient_deck(circuit, conditions, Analysis(neuron.cycle.period))
        decks.append((Screening(neuron, conditions, 0.0).job(conditions.sample).deck, transient))
    return decks


def batch_rate(decks: Sequence[Sequence[str]], jobs: int) -> tuple[float, float]:
    """Copies per second of parallel ``ngspice -b``, a process for each deck, and processor time of a copy, s."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, texts in enumerate(decks):
            paths.append([Path(folder) / f"{i}_{k}.cir" for k in range(len(texts))])
            for path, text in zip(paths[-1], texts, strict=True):
                path.write_text(text, encoding="utf-8")

        def run(files: Sequence[Path]) -> None:
            for file in files:
                command = ["ngspice", "-b", "-r", str(file.with_suffix(".raw")), str(file)]
                subprocess.run(command, capture_output=True, env={**os.environ, **SINGLE}, check=True)

        start, before = time.perf_counter(), children()
        with ThreadPoolExecutor(jobs) as executor:
            list(executor.map(run, paths))
        return len(decks) / (time.perf_counter() - start), (children() - before) / len(decks)


def children() -> float:
    """Processor time (s) of processes that this one has waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print what is measured, with the goals beside."""
    parser = options(__doc__)
    for name, default in (("screened", 5000), ("batch", 200)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    design = load(given.circuit)
    bench = design.at_fidelity(Fidelity.SCREENING)
    driver = characterize(design).driver

    words = [given.circuit, "--seed", str(given.seed), "-j", str(given.jobs)]
    subset = [] if given.subset is None else ["--fidelity", "multi", "--reference", str(given.subset)]
    seconds, result = montecarlo([*words, "-n", str(given.copies), *subset])
    used = result["fidelity"]["method"]
    goal = "150 s at most" if (given.circuit, given.copies, given.jobs) == ("differential", 10_000, 2) else ""
    row(f"montecarlo {given.circuit} -n {given.copies} -j {given.jobs} ({used})", f"{seconds:.1f} s", goal)
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        against_reference(given, folder, result)

    samples = [Sample(given.seed, i) for i in range(given.screened)]
    seconds = screened_alone(bench, samples, driver)
    start = time.perf_counter()
    consumed(outcomes(bench, samples, driver, given.jobs))
    rate = len(samples) / (time.perf_counter() - start)
    decks = batch_decks(bench, samples[: given.batch])
    (reads, read_s), (both, both_s) = (batch_rate(each, given.jobs) for each in ([d[:1] for d in decks], decks))
    row(f"screening copies per second, -j {given.jobs}", f"{rate:.0f}")
    row(f"{given.jobs} parallel ngspice -b: the read's deck alone", f"{reads:.0f}, {1e3 * read_s:.1f} ms each")
    row("  with the transient for the energies", f"{both:.1f}, {1e3 * both_s:.1f} ms each")
    same, equal = (rate / reads, read_s / seconds), (rate / both, both_s / seconds)
    row("ratio to ngspice -b, copies per second: the same decks", f"{same[0]:.1f}", "5 at least")
    row("  decks that give the same numbers", f"{equal[0]:.1f}", "5 at least")
    row("ratio to ngspice -b, processor time: the same decks", f"{same[1]:.1f}", "5 at least")
    row("  decks that give the same numbers", f"{equal[1]:.1f}", "5 at least")


if __name__ == "__main__":
    main()
