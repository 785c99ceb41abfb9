"""Break-even of a task: its ratio in a scenario, analysed, with the ratio along each axis of the scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from energy.break_even.analysis import SAMPLES, BreakEven, analyse, check_request
from energy.break_even.changes import Changes
from energy.break_even.choices import along, switches
from energy.break_even.confirmation import confirmed
from energy.break_even.costing import Costing, costing
from energy.break_even.costing import ratio as ratio_of
from energy.break_even.mixture import mixture
from energy.break_even.problem import Ratio
from energy.break_even.scenario import Scenario
from ipcircuit.spice.jobs import Progress

ALL = "all"
_STAGES = 5


def break_even(
    task: str | Costing,
    other: str,
    scenario: Scenario | None = None,
    device: str | None = None,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    target: float = 100.0,
    confidence: float = 0.95,
    changes: Changes | None = None,
    over: Sequence[str] = (),
    confirm: int = 0,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> BreakEven:
    """What the ratio of another system's energy to a device's hangs on.

    Args:
        task, other, scenario, device: as of `energy.break_even.costing.ratio`.
        samples, seed, target, confidence: as of `energy.break_even.analysis.analyse`.
        changes: own values and ranges of factors.
        over: axes of the scenario that are drawn too (`energy.break_even.mixture`); ``("all",)``: all that bear on it.
        confirm: random points of the distribution, in the scenario as chosen, that are simulated at reference.
        n_jobs: worker processes of those. progress: called with stages done and all.

    Raises:
        InputError: as `ratio` and `analyse`, for changes of what does not vary, and for points to confirm of a circuit
            that does not vary.
        SimulationError: a circuit's simulation failed.
    """
    check_request(samples, target, confidence)
    tell = progress or (lambda done, total: None)
    tell(0, _STAGES)
    plain = ratio_of(task, other, scenario, device)
    changed = (changes or Changes()).resolved(plain)
    ratio = changed.applied(plain)
    chosen = Scenario(**ratio.scenario)

    def at(**values: Any) -> Ratio:
        """The ratio with other choices."""
        return changed.applied(ratio_of(task, other, replace(chosen, **values), device))

    tell(1, _STAGES)
    table = along(ratio.axes, ratio.scenario, lambda axis, value: at(**{axis: value}))
    tell(2, _STAGES)
    axes = [axis.name for axis in ratio.axes] if tuple(over) == (ALL,) else over
    problem = mixture(ratio, axes, at) if axes else ratio
    found = analyse(problem, samples=samples, seed=seed, target=target, confidence=confidence, choices=table)
    tell(3, _STAGES)
    steps = () if ratio.nominal >= target else switches(ratio, at, target)
    tell(4, _STAGES)
    points = ()
    if confirm:
        circuit = device or (costing(task) if isinstance(task, str) else task).devices[0]
        points = confirmed(ratio, circuit, confirm, seed, held=changed.values, n_jobs=n_jobs)
    tell(_STAGES, _STAGES)
    return replace(found, switches=steps, confirmed=points)
