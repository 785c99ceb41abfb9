"""Tables of the opening chapter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from energy.break_even.analysis import BreakEven
from energy.break_even.choices import Choice
from energy.break_even.counter import choices
from energy.break_even.effects import Crossing
from energy.break_even.scenario import AXES, Scenario
from energy.break_even.surrogates.surrogate import Surrogate, fitted_circuits, surrogate_of
from energy.cost import SCOPES
from ipcircuit.units import in_full, split_unit, with_unit, words
from reports.break_even import results
from reports.break_even.results import TARGET, Named
from reports.prose import Prose
from reports.section import Run
from reports.tables.table import Table

PROSE = Prose(__file__)


def systems(run: Run) -> Table:
    """Every system of the claim's task in every scope."""
    rows = list[dict[str, Any]]()
    for other, by_scope in results.systems().items():
        for scope, one in by_scope.items():
            head = {"against": one.label if isinstance(one, Named) else other, "other": other, "scope": scope}
            rows.append(head | (_numbers(one) if isinstance(one, Named) else {"remark": str(one)}))
    return PROSE.table("break_even_systems", rows, target=TARGET, samples=results.SAMPLES)


def _numbers(one: Named) -> dict[str, Any]:
    result = one.result
    low, high = result.interval
    crossing = "" if not result.crossings else _crossing(result, result.crossings[0])
    first = result.label(result.indices[0]["factor"]) if result.indices else ""
    values = {"ratio": result.nominal, "low": low, "high": high, "above_1": result.above_1.value}
    return values | {"at_target": result.at_target.value, "hangs_on": first, "is_1_at": crossing, "remark": ""}


def _crossing(result: BreakEven, one: Crossing) -> str:
    value, stated = (with_unit(number, one.unit, 3) for number in (one.value, one.nominal))
    return f"{result.label(one.factor)} = {value} (stated: {stated})"


def factors(run: Run) -> Table:
    """What the claim's ratio and the rival's hang on, factor by factor."""
    rows = [row for one in _both() for row in _factors(one)]
    return PROSE.table("break_even_factors", rows)


def _both() -> list[Named]:
    return [one for one in (results.headline(), results.rival()) if one is not None]


def _factors(one: Named) -> Iterator[dict[str, Any]]:
    result = one.result
    bars = {bar.factor: bar for bar in result.tornado}
    about = {factor.name: factor for factor in result.factors}
    crossings = {crossing.factor: crossing for crossing in result.crossings}
    for index in result.indices:
        name = index["factor"]
        factor, bar, crossing = about[name], bars.get(name), crossings.get(name)
        yield {
            "against": one.label,
            "factor": result.label(name),
            "what": getattr(factor, "description", ""),
            "stated": with_unit(factor.nominal, factor.unit, 3),
            "range": with_unit([factor.range.low, factor.range.high], factor.unit, 3),
            "law": factor.range.law,
            **{key: index[key] for key in ("first", "total", "total_low", "total_high")},
            "at_low": bar and bar.at_low,
            "at_high": bar and bar.at_high,
            "is_1_at": "" if crossing is None else with_unit(crossing.value, crossing.unit, 3),
            "source": factor.range.source,
        }


def scenarios(run: Run) -> Table:
    """The claim's ratio and the rival's along every axis; axes of the system scope alone start from that."""
    columns = {"ratio": results.headline_system()}
    if (rival := results.rival()) is not None:
        columns["rival"] = rival.other
    found = {(scope, key): _along(other, scope) for key, other in columns.items() for scope in ("circuit", "system")}
    rows = list[dict[str, Any]]()
    for axis in (f.name for f in fields(Scenario)):
        scope = next((s for s in ("circuit", "system") if any(axis in found[s, key] for key in columns)), None)
        if scope is not None:
            rows += _axis(axis, scope, {key: found[scope, key].get(axis, []) for key in columns})
    names = {key: results.label(other) for key, other in columns.items()}
    return PROSE.table("break_even_scenarios", rows, first=names["ratio"], second=names.get("rival", "no other"))


def _along(other: str, scope: Any) -> dict[str, list[Choice]]:
    """The ratio along each axis that bears on it; none in a scope without a ratio."""
    rows: dict[str, list[Choice]] = {}
    if isinstance(results.analysed(other, scope), Named):
        for choice in choices(results.headline_task(), other, Scenario(scope=scope)):
            rows.setdefault(choice.axis, []).append(choice)
    return rows


def _axis(axis: str, scope: str, columns: dict[str, list[Choice]]) -> Iterator[dict[str, Any]]:
    """A row for each value; of a ratio on which the axis does not bear the cell is empty."""
    about = next(known.description for known in AXES if known.name == axis)
    longest = max(columns.values(), key=len)
    for i, choice in enumerate(longest):
        values = {key: (found[i].ratio if found else None) for key, found in columns.items()}
        reasons = dict.fromkeys(found[i].reason for found in columns.values() if found and found[i].reason)
        head = {"choice": about, "value": _text(axis, choice.value)}
        scope = choice.value if axis == "scope" else scope
        remark = "; ".join(map(str, reasons))
        yield {**head, "scope": scope, **values, "chosen": "yes" if choice.chosen else "", "remark": remark}


def _text(axis: str, value: Any) -> str:
    """A value of an axis with its unit."""
    if value is None:
        return "none"
    _, unit = split_unit(axis)
    return with_unit(value, unit, 3) if unit else f"{value:g}" if isinstance(value, float) else str(value)


def target(run: Run) -> Table:
    """What must hold for a target ratio, against every system, in the default scope."""
    rows = list[dict[str, Any]]()
    for by_scope in results.systems().values():
        one = by_scope[Scenario().scope]
        if isinstance(one, Named):
            rows += _conditions(one)
    return PROSE.table("break_even_target", rows, target=TARGET)


def _conditions(one: Named) -> Iterator[dict[str, Any]]:
    """Limits of parameters; where they cannot reach the target, how far their best corner comes."""
    found = one.result.conditions
    assert found is not None  # asked for
    head = {"against": one.label, "reachable": found.reachable}
    if not found.reachable:
        best = f"not by parameters: 95 % of the draws in the best corner reach {in_full(found.low_quantile)}"
        yield {**head, "factor": best, "must_be": "", "stated": "", "met": False}
        return
    share = {"probability": found.probability, "share": found.share}
    if not found.conditions:
        yield {
            **head,
            "factor": "no parameter",
            "must_be": "any value in its range",
            "stated": "",
            "met": True,
            **share,
        }
    for row in found.conditions:
        limits = [f"at least {with_unit(row.at_least, row.unit, 3)}"] if row.at_least is not None else []
        limits += [f"at most {with_unit(row.at_most, row.unit, 3)}"] if row.at_most is not None else []
        stated = with_unit(row.nominal, row.unit, 3)
        yield {
            **head,
            "factor": one.result.label(row.factor),
            "must_be": " and ".join(limits),
            "stated": stated,
            "met": row.met,
            **share,
        }
    yield from _choices(one, head)


def _choices(one: Named, head: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Axes along which the ratio, every factor as stated, misses the target for some choices."""
    for axis, found in _along(one.other, one.scope).items():
        reach = [choice for choice in found if choice.ratio is not None and choice.ratio >= TARGET]
        if not reach or len(reach) == len(found):
            continue
        chosen = next(choice for choice in found if choice.chosen)
        about = next(known.description for known in AXES if known.name == axis)
        allowed, stated = " or ".join(_text(axis, choice.value) for choice in reach), _text(axis, chosen.value)
        yield {**head, "factor": about, "must_be": allowed, "stated": stated, "met": chosen in reach}


def tasks(run: Run) -> Table:
    """Every task with costs against all that it can be compared with, as stated."""
    rows = [
        {
            "task": one.task,
            "against": one.other,
            "system": one.about,
            **{f"{scope}_ratio": ratio for scope, ratio in one.ratios.items()},
            "score": one.score,
            "device_score": one.device_score,
            "other_score": one.other_score,
            "remark": one.reason,
        }
        for one in results.comparisons()
    ]
    return PROSE.table("break_even_tasks", rows)


def surrogates(run: Run) -> Table:
    """What stands for simulations of a circuit, and how far it is off at points that it was not fitted to."""
    rows = [
        {
            "circuit": one.circuit,
            "scope": scope,
            "largest": one.deviations[scope].largest,
            "rms": one.deviations[scope].rms,
            "held_out": one.held_out,
            "fitted": len(one.fitted),
            "over": ", ".join(_box(one)),
            "simulator": one.simulator,
        }
        for one in map(surrogate_of, fitted_circuits())
        for scope in SCOPES
        if scope in one.deviations
    ]
    return PROSE.table("break_even_surrogates", rows)


def _box(one: Surrogate) -> list[str]:
    """Coordinates with their limits."""
    return [f"{c.label or words(n)} {with_unit([c.low, c.high], c.unit, 3)}" for n, c in one.plan.coordinates.items()]
