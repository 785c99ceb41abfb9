"""What the fronts say of the device at equal accuracy: where it wins, what of it does, and what it leaves behind."""

from __future__ import annotations

import math

from ipcircuit.units import in_full
from network.experiments.fronts.front import EqualAccuracy
from network.experiments.fronts.results import DEVICE, bench_tasks
from network.experiments.fronts.view import View
from reports.break_even import fronts
from reports.prose import Prose
from reports.section import Finding, Run

PROSE = Prose(__file__)
MEMORY = View("memory")
FORGETFUL = "no memory"  # the family that holds no state


def where_it_wins(run: Run) -> Finding:
    """Tasks on which the device takes least energy at equal accuracy, and what beats it elsewhere by most and least."""
    tasks, strongest = fronts.stored().tasks(), _strongest(fronts.VIEW)
    beaten = sorted((one for one in strongest if _factor(one) < 1), key=_factor)
    won = [one.task for one in strongest if _factor(one) > 1]
    ends = [beaten[0], beaten[-1]] if len(beaten) > 1 else beaten
    values = {"tasks": len(tasks), "won": len(won), "wins": "; ".join(bench_tasks()[task].title for task in won)}
    values |= {"losses": "; ".join(map(_beaten, ends)), "scope": fronts.VIEW.scope}
    if not won:
        return PROSE.finding("wins_nowhere", **values)
    if not beaten:
        return PROSE.finding("wins_everywhere", **values)
    return PROSE.finding("wins_somewhere", **values)


def memory_alone(run: Run) -> Finding:
    """Tasks on which the device takes least energy of all that remember, and who takes less as a whole network."""
    won = [one for one in _strongest(MEMORY) if _factor(one) > 1]
    names = [bench_tasks()[one.task].title for one in won]
    values = {"tasks": len(fronts.stored().tasks()), "won": len(won), "wins": "; ".join(names), "scope": MEMORY.scope}
    if not won:
        return PROSE.finding("remembers_nowhere", **values)
    values["leads"] = "; ".join(f"{name}, {_ahead(one)}" for name, one in zip(names, won, strict=True))
    whole = [one for one in _strongest(fronts.VIEW) if one.task in {row.task for row in won} and _factor(one) < 1]
    values["whole"] = "; ".join(map(_beaten, whole)) or "no family"
    same = [row for one in won for row in fronts.compared(one.task) if row.other == FORGETFUL and row.ratio is not None]
    values["same"] = "; ".join(bench_tasks()[row.task].title for row in same) or "no task"
    return PROSE.finding("remembers_somewhere", **values)


def _strongest(view: View) -> list[EqualAccuracy]:
    """The family that takes least on each task at equal accuracy, beside the device."""
    found = ([one for one in fronts.compared(task, view) if one.factor is not None] for task in fronts.stored().tasks())
    return [min(rows, key=_factor) for rows in found if rows]


def ahead(run: Run) -> Finding:
    """Families that the device beats on a task: at equal accuracy in energy, or in accuracy beyond what they reach."""
    cheaper, better = list[str](), list[str]()
    for task in fronts.stored().tasks():
        best = {front.family: front.best for front in fronts.shown(task)}
        for one in fronts.compared(task):
            mine, its = best.get(DEVICE), best.get(one.other)
            name = f"{one.other} ({bench_tasks()[task].title})"
            if one.factor is not None and one.factor > 1:
                cheaper.append(f"{name} {in_full(one.factor)} times")
            elif one.ratio is None and mine and (not its or mine[0].score.mean > its[-1].score.mean):
                better.append(name)
    values = {"cheaper": "; ".join(cheaper) or "no family", "better": "; ".join(better) or "no family"}
    return PROSE.finding("ahead", count=len(cheaper), others=len(better), **values)


def _factor(one: EqualAccuracy) -> float:
    return math.inf if one.factor is None else one.factor


def _ahead(one: EqualAccuracy) -> str:
    ends = "" if one.low is None or one.high is None else f" (95 %: {in_full(one.low)} to {in_full(one.high)})"
    return f"{one.other}: {in_full(_factor(one))}{ends}"


def _beaten(one: EqualAccuracy) -> str:
    bound, factor = "at most " if one.ratio is None else "", _factor(one)
    ratio = f"1/{1 / factor:,.0f}" if factor < 0.1 else in_full(factor)
    at = "" if one.score is None else f" at {one.score:.3g}"
    return f"{bench_tasks()[one.task].title}: {one.other} takes {bound}{ratio} of it{at}"
