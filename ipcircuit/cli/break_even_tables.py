"""Tables of the command `break-even`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ipcircuit.cli import console
from ipcircuit.units import with_unit

_SHOWN = 10  # factors
_DECADES = 0.004  # of a bar that is shown: one per cent of the ratio
_INDEX = 0.005

Row = Mapping[str, Any]


def show_catalog(catalog: Sequence[Row]) -> None:
    """Tasks, and the systems of each."""
    for task in catalog:
        rows = [(name, "device", "" if i else "default") for i, name in enumerate(task["devices"])]
        rows += [(name, "compared with it", about) for name, about in task["systems"].items()]
        console.print_table(f"{task['task']}: {task['summary']}", ["name", "part", "what it is"], rows)


def show(result: Row, output: Path | None = None) -> None:
    """All tables of a result's JSON."""
    _show_ratio(result)
    _show_factors(result)
    _show_scenario(result)
    _show_conditions(result)
    _show_confirmed(result)
    if lines := console.file_lines(output):
        console.print_lines(lines)


def _show_ratio(result: Row) -> None:
    """The ratio as stated, its distribution, and the energies behind it."""
    low, high = result["interval"]
    quantiles, target = result["quantiles"], result["target"]
    rows = [
        ("as stated", console.number(result["nominal"])),
        ("median", console.number(quantiles["0.5"])),
        (
            f"{100 * result['confidence']:g} % of it",
            console.interval(low, high, lambda value: console.number(value, 3)),
        ),
        ("probability that it is above 1 (%)", _probability(result["probability_above_1"])),
        (f"probability that it is {target:g} or more (%)", _probability(result["probability_of_target"])),
    ]
    systems = [(result[name], with_unit(result[f"{name}_J"], "J")) for name in ("other", "device")]
    count = len(result["factors"])
    factors = f"{count} factors" if count > 1 else "one factor"
    below = [
        "; ".join(f"{name}: {energy} a sample" for name, energy in systems),
        f"above 1 the device takes less; {result['samples']:,} samples of the ranges of {factors}, "
        f"seed {result['seed']}",
    ]
    title = f"{result['task']}: energy of {result['other']} over that of {result['device']}"
    console.print_table(title, ["ratio", "value"], rows, right=["value"], below="\n".join(below))


def _short(ratio: float | None) -> str:
    return console.number(ratio, 3)


def _probability(found: Row) -> str:
    digits = console.interval(found["low"], found["high"], lambda share: f"{100 * share:.3g}")
    return f"{100 * found['value']:.3g} ({digits})"


def _show_factors(result: Row) -> None:
    """Factors by their total index: range, ratio at its ends, indices."""
    bars = {bar["factor"]: bar for bar in result["tornado"]}
    choices = {row["factor"]: row["values"] for row in result["factors"] if row.get("values")}
    rows, shown = [], [row for row in result["sobol"]["factors"] if _matters(row, bars)][:_SHOWN]
    for row in shown:
        bar = bars[row["factor"]]
        rows.append(
            (
                row["factor"],
                _values(choices[row["factor"]]) if row["factor"] in choices else _range(bar),
                console.interval(bar["at_low"], bar["at_high"], _short),
                f"{_percent(row['first'])} / {_percent(row['total'])}",
            )
        )
    others = len(result["tornado"]) - len(shown)
    below = [
        "ratio: with this factor at the ends of its range, all others as stated; index: first-order / total Sobol "
        f"index of {result['sobol']['of']} (%)",
        *([f"{others} more: each changes it by less, or by nothing"] if others else []),
        *_crossing_lines(result),
        *_fixed_lines(result["fixed"]),
    ]
    columns = ["factor", "range", "ratio", "index"]
    console.print_table("what the ratio hangs on", columns, rows, right=columns[2:], below="\n".join(below))


def _range(bar: Row) -> str:
    return console.interval(bar["low"], bar["high"], lambda value: with_unit(value, bar["unit"]))


def _values(choices: Sequence[Any]) -> str:
    return ", ".join(map(_name, choices))


def _name(value: Any) -> str:
    """A choice: a word, a number, or none."""
    if value is None:
        return "none"
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else f"{value}"


def _matters(row: Row, bars: Mapping[str, Row]) -> bool:
    return row["total"] >= _INDEX or bars[row["factor"]]["decades"] >= _DECADES


def _percent(share: float) -> str:
    return f"{max(100 * share, 0):.0f}"


def _crossing_lines(result: Row) -> list[str]:
    """Where the ratio crosses 1, in sentences."""
    lines = [_crossing(row) for row in result["crossings"][:3]]
    if lines:
        return lines
    together = result["together"]
    if not together or (together[-1]["ratio"] > 1) == (result["nominal"] > 1):
        return ["no factor alone brings the ratio to 1, nor do all of them together at the ends of their ranges"]
    names = ", ".join(f"{row['factor']} = {with_unit(row['value'], row['unit'])}" for row in together)
    return [f"no factor alone brings the ratio to 1; together these do: {names} (ratio {together[-1]['ratio']:.3g})"]


def _crossing(row: Row) -> str:
    value, stated = (with_unit(row[name], row["unit"]) for name in ("value", "nominal"))
    away = f"{stated} as stated, {row['distance']:.2f} of its range away"
    return f"crosses 1 where {row['factor']} is {value} ({away}); above 1 where it is {row['above_when']}"


def _fixed_lines(fixed: Mapping[str, str]) -> list[str]:
    return [f"held fixed: {'; '.join(f'{name} ({reason})' for name, reason in fixed.items())}"] if fixed else []


def _show_scenario(result: Row) -> None:
    """A row for each axis: the ratio at each of its values."""
    axes: dict[str, list[Row]] = {}
    for row in result["scenario_table"]:
        axes.setdefault(row["axis"], []).append(row)
    rows = [(axis, ", ".join(_choice(row) for row in table)) for axis, table in axes.items()]
    if not rows:
        return
    missing = {row["reason"]: None for row in result["scenario_table"] if row["ratio"] is None}
    below = ["*: as chosen; one choice is replaced at a time, all factors as stated", *missing]
    console.print_table("ratio along the scenario", ["choice", "ratio"], rows, below="\n".join(below))


def _choice(row: Row) -> str:
    mark = "*" if row["chosen"] else ""
    return f"{_name(row['value'])}{mark}:\u00a0{_short(row['ratio'])}".replace(" ", "\u00a0")


def _show_conditions(result: Row) -> None:
    """What must hold for the target: choices of the scenario, and limits of factors."""
    found, target = result["conditions"], result["target"]
    if found is None:
        return
    rows = [
        (
            one["factor"],
            _limits(one),
            _name(one["chosen"]) if one["values"] else with_unit(one["nominal"], one["unit"]),
            f"{100 * one['probability']:.2g}",
        )
        for one in found["conditions"]
    ]
    share = f"{100 * found['share']:.3g} % of {found['rows']:,} new samples"
    if not found["reachable"]:
        rows = []
        lines = [
            f"a ratio of {target:g} is not reachable within the ranges of the factors: even at their most favourable "
            "ends it is only "
            f"{_short(found['low_quantile'])} or more in {100 * found['share_wanted']:g} % of cases"
        ]
    elif not rows:
        lines = [f"for a ratio of {target:g} no factor is limited: it holds over the whole ranges, {share}"]
    else:
        lines = [f"all of them together: {share}; they hold with a probability of {100 * found['probability']:.2g} %"]
    lines += _switch_lines(result)
    if not rows:
        console.print_lines(lines)
        console.print_line("")
        return
    columns = ["factor", "must be", "as stated", "probability (%)"]
    title = f"for a ratio of {target:g} all of this must hold"
    console.print_table(title, columns, rows, right=columns[2:], below="\n".join(lines))


def _show_confirmed(result: Row) -> None:
    """Points that were simulated, those of the largest deviation first."""
    rows = result["confirmed"]
    if not rows:
        return
    known = sorted((row for row in rows if row["deviation"] is not None), key=lambda row: -abs(row["deviation"]))
    table = [
        (
            f"{i}",
            _short(row["ratio"]),
            _short(row["simulated"]),
            with_unit(row["predicted_J"], "J"),
            with_unit(row["simulated_J"], "J"),
            f"{100 * row['deviation']:+.2f}",
        )
        for i, row in enumerate(known[:_SHOWN], 1)
    ]
    causes = dict.fromkeys(row["cause"] for row in rows if row["cause"])
    below = [
        f"{len(known)} of {len(rows)} random points of the distribution simulated in ngspice at reference; energy of "
        "an operation by the surrogate beside it, and the ratio with each; points in the JSON",
        *(f"not simulated, or the circuit failed there: {cause}" for cause in causes),
    ]
    columns = ["point", "ratio", "ratio, simulated", "surrogate", "simulated", "deviation (%)"]
    console.print_table("confirmed in ngspice", columns, table, right=columns[1:], below="\n".join(below))


def _limits(one: Row) -> str:
    if one["values"]:
        return _values(one["values"])
    low, high = (None if one[end] is None else with_unit(one[end], one["unit"]) for end in ("at_least", "at_most"))
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"at least {low}" if high is None else f"at most {high}"


def _switch_lines(result: Row) -> list[str]:
    """Choices that bring the ratio as stated to the target, where it is below."""
    steps = result["switches"]
    if not steps:
        return []
    path = ", ".join(f"{row['axis']} = {_name(row['value'])} ({_short(row['ratio'])})" for row in steps)
    reached = "reach it" if steps[-1]["ratio"] >= result["target"] else "do not reach it either"
    return [f"choices of the scenario, all factors as stated: {path}: they {reached}"]
