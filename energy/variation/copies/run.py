"""Many random copies: in chunks, in parallel or on a cluster, each chunk stored as soon as it is simulated.

Nothing here grows with the number of copies but the keys: results are read back from the store one by one.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from circuits.conditions import Fidelity
from circuits.testbench import SampledTestbench, Testbench
from energy.driver import WriteDriver
from energy.variation.copies.fidelity import at_fidelity, fidelity_of
from energy.variation.copies.outcome import DECKS, Outcome, Status, configuration
from energy.variation.copies.simulated import simulated_copies
from ipcircuit.errors import InputError
from ipcircuit.journal import Journal, Renewal
from ipcircuit.parallel import as_finished, workers
from ipcircuit.sampling import Sample
from ipcircuit.siblings import SIBLINGS
from ipcircuit.spice.jobs import Progress

Store = Journal[Outcome]
COMMAND = "montecarlo"
RECIPE = "recipe"  # a note: what the testbench is made of, for `replay`
OUTPUTS = ("montecarlo.json", "samples.csv", DECKS, "replay")  # of the command, in its folder
_FIXED = ("command", "circuit", "seed", "sampling", "simulator")  # another one is another run
_LARGEST_CHUNK = 10  # copies that a worker that dies costs
_TOGETHER = (256, 512)  # of copies that are measured together: arrays of fewer are all overhead
_CHUNKS_PER_WORKER = 8  # small enough to keep all workers busy to the end
_OWN = ("ipcircuit", *SIBLINGS)
_PROBES = (Sample(0, 0), Sample(0, 1))


class StartedAnewWarning(UserWarning):
    """A folder held copies of another design, which were moved out of the way."""


def run_copies(
    testbench: SampledTestbench,
    samples: Sequence[Sample],
    *,
    driver: WriteDriver | None,
    store: Store,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
    decks: bool = True,
) -> Iterator[Outcome]:
    """Outcomes of random copies in the order of the samples; those in the store are not simulated again.

    All are simulated before the first is returned: what is finished is stored, whatever takes longer beside it.

    Args:
        testbench: the design, at the fidelity that its conditions say.
        samples: different ones.
        driver: write driver of the design.
        store: see `opened_store`; a copy that could not be simulated is not kept, and tried again next time.
        n_jobs, progress: as `ipcircuit.spice.jobs.simulate_all`; progress counts copies.
        folder: of the results, for the decks of copies that do not work; default that of failed simulations.
        decks: whether those are kept.

    Raises:
        InputError: the store cannot be written.
    """
    fidelity = fidelity_of(testbench)
    keys = [key_of(fidelity, sample) for sample in samples]
    known = store.keys()
    missing = [number for number, key in enumerate(keys) if key not in known]
    done = len(keys) - len(missing)
    if progress is not None:
        progress(0, len(keys))
        progress(done, len(keys))
    together = fidelity is Fidelity.SCREENING and hasattr(testbench, "measure_copies")
    chunks = _chunks(missing, *(_TOGETHER if together else (1, _LARGEST_CHUNK)), workers(n_jobs))
    compute = partial(_simulated, testbench, driver, folder, decks)

    def lost(number: int, why: str) -> list[Outcome]:
        labels = [samples[i].label() for i in chunks[number]]
        return [Outcome(_name(testbench), label, Status.NOT_SIMULATED, {}, f"not simulated: {why}") for label in labels]

    unknown: dict[str, Outcome] = {}
    parts = ([samples[i] for i in chunk] for chunk in chunks)
    for number, outcomes in as_finished(compute, parts, n_jobs, lost):
        results = {keys[i]: outcome for i, outcome in zip(chunks[number], outcomes, strict=True)}
        store.append_all((key, outcome) for key, outcome in results.items() if outcome.simulated)
        unknown |= {key: outcome for key, outcome in results.items() if not outcome.simulated}
        done += len(results)
        if progress is not None:
            progress(done, len(keys))
    for key, stored in store.results(keys):
        yield unknown[key] if stored is None else stored


def key_of(fidelity: Fidelity, sample: Sample) -> str:
    """Key of a copy in the store."""
    return f"{fidelity.value}: {sample.label()}"


@contextmanager
def opened_store(
    testbench: Testbench,
    folder: Path | None,
    *,
    seed: int,
    sampling: str = "plain",
    recipe: str | None = None,
) -> Iterator[Store]:
    """The copies of a folder, for `run_copies`.

    Those of the same circuit under other conditions, in another technology or of another design are moved to a folder
    ``before-N`` within it, with a warning; `Journal.replaced` says so, in later runs too.

    Args:
        folder: locked for as long; None: a store that vanishes.
        sampling: how the samples are drawn.
        recipe: what `ipcircuit replay` makes the testbench of, as JSON.

    Raises:
        InputError: as `Journal.opened`: copies of another circuit, seed or version.
    """
    configuration = {} if folder is None else configuration_of(testbench, seed, sampling)
    notes = {} if recipe is None else {RECIPE: recipe}
    opened: AbstractContextManager[Store] = Journal.opened(
        folder, configuration, Outcome, notes=notes, renewal=Renewal(_FIXED, OUTPUTS)
    )
    with opened as store:
        if store.renewed and folder is not None and store.replaced is not None:
            changed = ", ".join(store.replaced.changed)
            place = folder / store.replaced.folder
            warnings.warn(
                f"{folder}: {changed} changed: the copies start anew; those before are in {place}",
                StartedAnewWarning,
                stacklevel=3,
            )
        yield store


def configuration_of(testbench: Testbench, seed: int, sampling: str) -> dict[str, str]:
    """Everything that decides the outcome of a copy, but for the fidelity, which its key has.

    The design and two of its copies stand for what is not a condition: their decks have whatever the technology, the
    devices, their spreads and the circuit put there.
    """
    testbench = at_fidelity(testbench, Fidelity.REFERENCE)
    copies: list[str] = []
    for probe in _PROBES:
        try:
            copies.extend(_decks(testbench.sampled(probe)) if isinstance(testbench, SampledTestbench) else [])
        except InputError as refused:
            copies.append(str(refused))
    return {
        **configuration(COMMAND, testbench, {"seed": str(seed), "sampling": sampling}),
        "spread of the copies": _digest(copies),
        "code of the circuit": _digest(_sources(testbench)),
    }


def _decks(testbench: Any) -> list[str]:
    return [job.deck for job in testbench.jobs()]


def _sources(testbench: object) -> list[str]:
    """Source files of a user's or plug-in's circuit; those of this project belong to its version."""
    objects = [type(testbench), *getattr(testbench, "__dict__", {}).values()]
    kinds = [o if inspect.isclass(o) or inspect.isfunction(o) else type(o) for o in objects]
    kinds = [base for kind in kinds for base in getattr(kind, "__mro__", (kind,))]
    foreign = [k for k in kinds if k.__module__.partition(".")[0] not in (*_OWN, *sys.stdlib_module_names)]
    paths: set[Path] = set()
    for kind in foreign:
        with suppress(OSError, TypeError):  # typed in, or compiled
            paths.add(Path(inspect.getfile(kind)))
    return [path.read_text(encoding="utf-8") for path in sorted(paths) if path.is_file()]


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _name(testbench: object) -> str:
    return getattr(testbench, "name", "")


def _chunks(numbers: Sequence[int], least: int, largest: int, at_a_time: int) -> list[Sequence[int]]:
    """Parts for the workers: smaller ones than `least` only where there is not as much for each."""
    least = min(least, -(-len(numbers) // at_a_time))
    size = max(1, least, min(largest, len(numbers) // (_CHUNKS_PER_WORKER * at_a_time)))
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


def _simulated(
    testbench: SampledTestbench,
    driver: WriteDriver | None,
    folder: Path | None,
    decks: bool,
    samples: Sequence[Sample],
) -> list[Outcome]:
    """One chunk; also what a remote worker executes."""
    return simulated_copies(testbench, samples, driver=driver, folder=folder, decks=decks)
