"""Search for cheap designs that reach a yield: optuna proposes points, from all that is known of earlier ones.

The yield is a constraint, as a standard normal deviate: for a fixed design it goes about linearly with the sizes, where
the yield itself is flat at both ends. Costs are told as logarithms. A point that cannot be simulated counts as the
dearest so far and far below the target, so that the search leaves its surroundings.

Proposals depend on seed and results only: a search that goes on with stored results proposes the same points.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from energy.variation.sizing.evaluation import Evaluation
from energy.variation.sizing.space import OBJECTIVES, Aim, Variable, sobol_points
from energy.variation.sizing.tail import deviate
from ipcircuit.errors import MissingDependencyError

#: Model behind the proposals: Gaussian processes need the fewest points and a second or two for each, tree-structured
#: Parzen estimators hardly any time.
MODELS = ("gp", "tpe")
HOPELESS = 3.0  # deviates below the target: what a point that cannot be simulated counts as
_CONSTRAINT = "missing"


def starting_points(variables: Sequence[Variable]) -> int:
    """Points of the Sobol sequence before any is proposed: at least two for each variable, a power of two."""
    return max(8, 2 ** math.ceil(math.log2(2 * len(variables))))


def search(
    variables: Sequence[Variable],
    aim: Aim,
    evaluate: Callable[[dict[str, float | str]], Evaluation],
    *,
    evaluations: int,
    seed: int = 0,
    model: str = "gp",
    first: Sequence[dict[str, float | str]] = (),
) -> list[Evaluation]:
    """Evaluations in their order, those of `first` before all others.

    Raises:
        MissingDependencyError: no optuna.
    """
    optuna = _optuna()
    points = [*first, *sobol_points(variables, starting_points(variables), seed)]
    results: list[Evaluation] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.simplefilter("ignore", FutureWarning)  # optuna renames options of its samplers
        study = optuna.create_study(
            directions=["minimize"] * len(aim.objectives), sampler=_sampler(optuna, model, seed)
        )
        space = {v.name: _distribution(optuna, v) for v in variables}
        for number in range(evaluations):
            if number < len(points):
                study.enqueue_trial({v.name: _told(v, points[number][v.name]) for v in variables})
            trial = study.ask(space)
            values = {v.name: _value(v, trial.params[v.name]) for v in variables}
            result = evaluate(values)
            results.append(result)
            trial.set_user_attr(_CONSTRAINT, [_missing(result, aim)])
            study.tell(trial, _objectives(results, aim))
    return results


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise MissingDependencyError("sizing needs optuna: pip install 'ipcircuit[size]'") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def version() -> str:
    """Version of optuna, which decides the proposals. Raises MissingDependencyError."""
    return str(_optuna().__version__)


def _sampler(optuna: Any, model: str, seed: int) -> Any:
    def missing(trial: Any) -> Sequence[float]:
        return trial.user_attrs[_CONSTRAINT]

    chosen: dict[str, Any] = {"seed": seed, "n_startup_trials": 0, "constraints_func": missing}
    if model == "tpe":
        return optuna.samplers.TPESampler(multivariate=True, **chosen)
    return optuna.samplers.GPSampler(deterministic_objective=True, **chosen)  # the copies are the same at all points


def _distribution(optuna: Any, variable: Variable) -> Any:
    if variable.choices:
        return optuna.distributions.IntDistribution(0, len(variable.choices) - 1)
    return optuna.distributions.FloatDistribution(variable.low, variable.high, log=variable.logarithmic)


def _told(variable: Variable, value: float | str) -> float:
    """A value as optuna has it: the place of a choice."""
    if variable.choices:
        return [*variable.choices].index(value)
    return min(max(float(value), variable.low), variable.high)


def _value(variable: Variable, told: float) -> float | str:
    return variable.choices[int(told)] if variable.choices else float(told)


def _missing(result: Evaluation, aim: Aim) -> float:
    """Deviates that a point lacks to the target; not above 0 where it reaches it."""
    if result.share is None:
        return HOPELESS
    return min(HOPELESS, deviate(aim.share) - deviate(result.share))


def _objectives(results: Sequence[Evaluation], aim: Aim) -> list[float]:
    """Logarithms of the newest result's costs; those of the dearest one where it has none."""
    told = []
    for objective in aim.objectives:
        costs = [r.costs.get(OBJECTIVES[objective]) for r in results]
        known = [math.log10(cost) for cost in costs if cost]
        told.append(math.log10(costs[-1]) if costs[-1] else max(known, default=0.0))
    return told
