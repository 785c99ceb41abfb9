"""Intervals of `ipcircuit eval`: what the uncertainty of a fit makes of scores and energy of a trained network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ipcircuit.cli import console
from ipcircuit.errors import InputError, SimulationError

if TYPE_CHECKING:
    from ipcircuit.devices.parameter_file import ParameterFile
    from ipcircuit.spice.jobs import Progress

Evaluate = Callable[["ParameterFile"], Mapping[str, Any]]
PARTS = {"memory": "energy_per_trial_J", "total": "neurons_J"}  # of a trial's energy, and the key of its neurons


def fit_result(
    fitted: Mapping[str, Any],
    file: ParameterFile,
    scores: Evaluate,
    energy: Evaluate | None,
    *,
    count: int,
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    """The part `fit` of the result: scores by random parameters, energies by the ends of the fit's intervals.

    Scores are random themselves, as spikes are: draws show how both spread, on the same trials with the same random
    numbers. A set of parameters that no device can have is left out of the draws, and leaves no interval of the energy.

    Args:
        fitted: result with the fitted parameters.
        scores, energy: scores of the network, and energy of a trial, with other parameters.
        count: random sets of parameters, of this seed.
    """
    from ipcircuit.devices.propagation import draws, ends, from_draws, from_ends

    assert file.fit is not None
    pairs = ends(file) if energy is not None else []
    runs = _Runs(count + 2 * len(pairs), progress)
    drawn = [s for each in draws(file, count, seed) if (s := runs.of(lambda f: _numbers(scores(f)), each)) is not None]
    intervals = from_draws(drawn, file.fit.level) if drawn else {}
    result: dict[str, Any] = {
        "device": file.device,
        **file.origin,
        "level": file.fit.level,
        "draws": len(drawn),
        "seed": seed,
        "scores": {
            name: {"fitted": fitted["scores"][name], "mean": i.value, "low": i.low, "high": i.high}
            for name, i in intervals.items()
        },
    }
    if energy is not None:
        spent = partial(_spent, energy)
        values = [(runs.of(spent, low) or {}, runs.of(spent, high) or {}) for low, high in pairs]
        spans = from_ends(_energies(fitted["energy"]), values)
        result["energy"] = [
            {"scope": scope, "part": part, "energy_per_trial_J": i.value, "low_J": i.low, "high_J": i.high}
            for (scope, _, part), i in ((name.partition(" "), i) for name, i in spans.items())
        ]
        result["ends"] = 2 * len(pairs)
    return {**result, "problems": runs.problems()}


class _Runs:
    """Evaluations with other parameters, counted; those that cannot be are kept with their cause."""

    def __init__(self, total: int, progress: Progress) -> None:
        self.total, self.progress, self.done, self.causes = total, progress, 0, dict[str, int]()

    def of(self, evaluate: Evaluate, file: ParameterFile) -> Mapping[str, Any] | None:
        """The result; None where it cannot be had."""
        try:
            return evaluate(file)
        except (InputError, SimulationError) as error:
            self.causes[str(error)] = self.causes.get(str(error), 0) + 1
            return None
        finally:
            self.done += 1
            self.progress(self.done, self.total)

    def problems(self) -> list[str]:
        return [f"{count} of {self.total} sets of parameters: {cause}" for cause, count in self.causes.items()]


def _numbers(scores: Mapping[str, Any]) -> dict[str, float]:
    """Scores that are single numbers."""
    return {name: float(value) for name, value in scores.items() if isinstance(value, int | float)}


def _spent(energy: Evaluate, file: ParameterFile) -> dict[str, float | None]:
    return _energies(energy(file))


def _energies(trial: Mapping[str, Any]) -> dict[str, float | None]:
    """Energy of the neurons by scope and part."""
    return {f"{row['scope']} {part}": row[key] for part, key in PARTS.items() for row in trial[part]}


def show_fit(fit: Mapping[str, Any]) -> None:
    """A row for each score, and for each scope of the neurons' energy."""
    number = console.number
    rows = [
        (name, number(s["fitted"]), number(s["mean"]), console.interval(s["low"], s["high"]))
        for name, s in fit["scores"].items()
    ]
    rows += [_energy_row(row) for row in fit.get("energy", ())]
    how = [f"scores by {fit['draws']} random sets of parameters, seed {fit['seed']}"]
    if "ends" in fit:
        how.append(f"energies by {fit['ends']} sets at the ends of the fit's intervals")
    below = ["; ".join(how), "what the measurements leave open about the device; copies do not differ by it"]
    columns = ["quantity", "as fitted", "mean", f"{100 * fit['level']:g} %"]
    title = f"intervals from the fit in {fit['file']}"
    console.print_table(title, columns, rows, right=columns[1:], below="\n".join([*below, *_warnings(fit["problems"])]))


def _energy_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    part = {"memory": "memory", "total": "all neurons"}[row["part"]]
    label, [[value, low, high]] = console.scaled([[row["energy_per_trial_J"], row["low_J"], row["high_J"]]], "J")
    return f"energy per trial, {part}, {row['scope']}{label}", value, "", f"{low}\u00a0to\u00a0{high}"


def _warnings(problems: Sequence[str]) -> list[str]:
    return [f"warning: {text}" for text in problems]
