"""How far the uncertainty of fitted device parameters reaches into a circuit's energies.

This is what the measurements leave open about the device that all copies are of; how copies differ from each other, and
how many work, is `energy.variation.montecarlo`. Every set of parameters gets the circuit that is designed for it, as
`characterize` would for a file with these values: references and drive follow the device, a random copy keeps them.

By default parameters are moved to the ends of their intervals along the principal axes of their correlations
(`ipcircuit.devices.propagation`): two simulations per axis, without noise, where sixteen draws would know the width of
an interval no better than within a sixth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from circuits.testbench import Testbench
from energy.cost import SCOPES, NeuronCost
from energy.variation.copies.outcome import ENERGIES, Outcome, Status, energies, outcome, outcomes
from ipcircuit.devices.parameter_file import ParameterFile
from ipcircuit.devices.propagation import Interval, draws, ends, from_draws, from_ends
from ipcircuit.errors import InputError
from ipcircuit.journal import Journal
from ipcircuit.spice.jobs import Progress

PREFIX = "fit_"  # of keys of a cost's spread
QUANTITIES = tuple(f"{scope}_{energy}_J" for scope in SCOPES for energy in ENERGIES)
Configure = Callable[[ParameterFile], Testbench]


@dataclass(frozen=True)
class FitSpread:
    """Intervals of a circuit's energies from those of its device's parameters.

    Attributes:
        level: probability that an interval stands for.
        runs: sets of parameters that were simulated beside the fitted one.
        seed: of the draws; None: ends of the principal axes.
        intervals: by quantity, J.
        problems: what did not work at some of these sets, a sentence each.
    """

    level: float
    runs: int
    seed: int | None
    intervals: Mapping[str, Interval]
    problems: tuple[str, ...] = ()

    def record(self) -> dict[str, float]:
        """Keys of `energy.cost.NeuronCost.spread`."""
        how = {"level": self.level, "runs": float(self.runs), "seed": None if self.seed is None else float(self.seed)}
        record = {f"{PREFIX}{name}": value for name, value in how.items() if value is not None}
        for name, interval in self.intervals.items():
            stem = PREFIX + name.removesuffix("_J")
            record |= {f"{stem}_low_J": interval.low, f"{stem}_high_J": interval.high}
        return record

    def added_to(self, cost: NeuronCost) -> NeuronCost:
        """The cost of the fitted device with these intervals beside what its spread holds already."""
        return replace(cost, spread={**(cost.spread or {}), **self.record()}, warnings=(*cost.warnings, *self.problems))


def fit_spread(
    cost: NeuronCost,
    file: ParameterFile,
    configure: Configure,
    *,
    count: int | None = None,
    seed: int = 0,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> FitSpread:
    """Simulate a circuit with other parameters that its device may have.

    Args:
        cost: of the circuit with the fitted parameters.
        configure: makes the testbench with the parameters of a file, under the conditions of `cost`.
        count: random sets of parameters, of this seed; None: the ends of the principal axes.

    Raises:
        InputError: a file that says nothing of how well its parameters are known, or a single draw.
    """
    if count is not None and count < 2:
        raise InputError("too few draws for an interval", where="draws", found=count, allowed="2 or more")
    pairs = ends(file) if count is None else []
    sets = [each for pair in pairs for each in pair] if count is None else draws(file, count, seed)
    results = simulated(sets, configure, cost.circuit, n_jobs=n_jobs, progress=progress)
    values = [{name: result.values.get(name) for name in QUANTITIES} for result in results]
    if count is None:
        fitted = energies(cost)
        intervals = from_ends(fitted, list(zip(values[::2], values[1::2], strict=True)))
    else:
        intervals = from_draws(values, level_of(file))
    return FitSpread(level_of(file), len(sets), None if count is None else seed, intervals, problems(results))


def level_of(file: ParameterFile) -> float:
    """Confidence of the file's intervals."""
    assert file.fit is not None
    return file.fit.level


def simulated(
    sets: Sequence[ParameterFile],
    configure: Configure,
    circuit: str,
    *,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> tuple[Outcome, ...]:
    """Outcome of the circuit with each set of parameters, in their order; those that cannot be are outcomes, too."""

    def run(item: tuple[str, ParameterFile]) -> Outcome:
        label, file = item
        try:
            testbench = configure(file)
        except InputError as refused:
            return Outcome(circuit, label, Status.FAILED, {}, str(refused))
        return outcome(testbench, label)

    labels = [f"parameters {i} of {len(sets)}" for i in range(1, len(sets) + 1)]
    items = {label: (label, file) for label, file in zip(labels, sets, strict=True)}
    with Journal.opened(None, {}, Outcome) as journal:
        return outcomes(journal, run, items, n_jobs, progress)


def problems(results: Sequence[Outcome]) -> tuple[str, ...]:
    """Causes of the outcomes that do not work, once each, with how many there are."""
    causes: dict[str, int] = {}
    for result in results:
        if result.cause is not None:
            causes[result.cause] = causes.get(result.cause, 0) + 1
    return tuple(f"within the intervals of the fit ({n} of {len(results)} runs): {text}" for text, n in causes.items())
