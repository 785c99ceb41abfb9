"""Random copies of a circuit: spread of its energy by scope, yield, and the copies that do not work.

The variations are declared: the threshold of every transistor (`ipcircuit.technology.mismatch`) and the spread of each
device.
A copy keeps the drive, the references and the write driver of the design. Energies are those of the copies that work.

docs/methods/variation.md works out by hand what to expect: for 5 % on a junction and its reference, 3.6 % on the energy
of the pulse and 5.8 % on that of the junction; thresholds of transistors move the decision, and so the yield.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from circuits.conditions import Fidelity
from circuits.testbench import SampledTestbench, Testbench
from energy.characterize import account
from energy.variation.copies.fidelity import at_fidelity
from energy.variation.copies.outcome import quantities
from energy.variation.copies.run import opened_store, run_copies
from energy.variation.copies.spreads import planned, spreads_of
from energy.variation.montecarlo.result import MonteCarlo as MonteCarlo
from energy.variation.montecarlo.table import Copies
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.files import write_text_atomic
from ipcircuit.sampling.plans import SCRAMBLINGS
from ipcircuit.spice.jobs import Progress, part_of

Method = Literal["auto", "multi", "screening", "reference"]
METHODS: tuple[Method, ...] = get_args(Method)
ALL_AT_REFERENCE = 200  # up to so many copies, `auto` simulates all of them at reference
SUBSET, SUBSET_SHARE = 100, 100  # copies at reference of a larger number: at least 100, and one of a hundred


def monte_carlo(
    testbench: Testbench,
    runs: int,
    seed: int = 0,
    *,
    fidelity: str = "auto",
    reference: int | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
    recipe: str | None = None,
    sampling: str = "plain",
    scramblings: int = SCRAMBLINGS,
) -> MonteCarlo:
    """Simulate `runs` random copies of a circuit; the same seed gives the same copies whatever the number of workers.

    Args:
        fidelity: ``reference`` and ``screening``: all copies so. ``multi``: all at screening and the first `reference`
            also at reference, of which all statistics are then (see `estimate`).
            ``auto``: ``reference`` for up to 200 copies, else ``multi``.
        reference: copies at both fidelities; None: 100, or a hundredth of all copies if that is more.
        folder: for the journal (see `ipcircuit.journal`) and the decks of copies that do not work; by default there is
            no journal, and the decks are kept with those of failed simulations. Copies of the same circuit as it was
            before move to a folder within it.
        recipe: what `ipcircuit replay` makes the circuit of (see `ipcircuit.cli.recipe`).
        sampling: how the copies are drawn, one of `ipcircuit.sampling.plans.METHODS`.
        scramblings: independent plans of which they are, where not plain: their scatter gives the intervals. With 1, or
            fewer than two copies of each, the intervals are those of plain copies.

    Raises:
        InputError: a circuit that declares no variation, no runs, an unknown fidelity or a number of copies at
            reference that it does not take, or conditions that the circuit cannot work under; a folder that cannot be
            written, is in use, or holds other copies.
        SimulationError: the circuit as designed failed, or no copy was simulated.
    """
    if not isinstance(testbench, SampledTestbench):
        raise InputError(
            "this circuit declares no variation",
            where="montecarlo",
            found=testbench.name,
            allowed="a testbench with the methods of circuits.testbench.SampledTestbench",
        )
    if runs < 1:
        raise InputError("no runs", where="runs", found=runs, allowed="1, 2, …")
    numbers = copies_at(testbench, runs, fidelity, reference)
    samples = planned(testbench, sampling, seed, runs, scramblings)
    with opened_store(testbench, folder, seed=seed, sampling=samples.method, recipe=recipe) as store:
        typical = account(testbench.measure(n_jobs=n_jobs))
        copies: dict[Fidelity, Copies] = {}
        for at, number in numbers.items():
            before, total = sum(map(len, copies.values())), sum(numbers.values())
            outcomes = run_copies(
                at_fidelity(testbench, at),
                samples[:number],
                driver=typical.driver,
                store=store,
                n_jobs=n_jobs,
                progress=part_of(progress, before, total),
                folder=folder,
            )
            copies[at] = Copies.of(samples[:number], quantities(typical.cost, typical.measurement), outcomes)
        result = MonteCarlo(
            seed, typical, copies, testbench.variations, store.replaced, spreads_of(testbench), sampling, scramblings
        )
    for table in copies.values():
        if not table.simulated.any():
            raise SimulationError(testbench.name, "random copies", str(table[0].cause), None)
    return result


def copies_at(testbench: Testbench, runs: int, fidelity: str, reference: int | None) -> dict[Fidelity, int]:
    """How many of `runs` copies are simulated at each fidelity; see `monte_carlo`, also for errors."""
    if fidelity not in METHODS:
        raise InputError("unknown", where="fidelity", found=fidelity, allowed=", ".join(METHODS))
    if fidelity in ("screening", "reference") and reference is not None:
        raise InputError("only with the fidelity multi or auto", where="reference", found=reference)
    if reference is not None and not 1 <= reference <= runs:
        raise InputError(
            "out of range", where="reference", found=reference, allowed=f"1 … {runs}, the number of copies"
        )
    if not hasattr(testbench, "at_fidelity"):  # an object of a user's own
        if fidelity in ("multi", "screening"):
            allowed = "reference, or a circuits.testbench.Testbench"
            raise InputError("this circuit has no screening", where="fidelity", found=fidelity, allowed=allowed)
        fidelity = "reference"
    if fidelity == "auto":
        fidelity = "reference" if runs <= (reference or ALL_AT_REFERENCE) else "multi"
    if fidelity == "multi":
        subset = min(runs, max(SUBSET, runs // SUBSET_SHARE)) if reference is None else reference
        return {Fidelity.REFERENCE: subset, Fidelity.SCREENING: runs}
    return {Fidelity(fidelity): runs}


def write_monte_carlo(folder: Path, result: MonteCarlo, text: str) -> None:
    """``montecarlo.json`` (`text`) and ``samples.csv`` in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text_atomic(folder / "montecarlo.json", text)
    write_text_atomic(folder / "samples.csv", result.samples_csv())
