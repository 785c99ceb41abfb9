"""A claim in words on one screen: labels at the left, texts wrapped beside them, commands in lines of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from ipcircuit.cli import console
from ipcircuit.cli.table import wrapped
from ipcircuit.units import with_unit

_LABEL = 11  # characters of the widest label and a blank


def show_explanation(row: Mapping[str, Any]) -> None:
    """Print `reports.explain.Explanation.to_json`."""
    width = shutil.get_terminal_size().columns
    lines = wrapped(console.printable(f"{row['id']}: {row['quantity']}"), width, hanging="  ")
    for label, text in _parts(row):
        lines += _labelled(label, text, width)
    if row["break_even"] is not None:
        lines += _ratio(row["break_even"], width)
    for line in lines:
        console.print_line(line)


def _parts(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and text of each part; an empty label goes on with the one before."""
    published = row["published"]
    stated = published.strip('"') if isinstance(published, str) else with_unit(published, row["unit"])
    words = f" “{row['sentence']}”" if row["sentence"] else ""
    yield "published", f"{stated} ({row['paper']}, {row['where']}):{words}"
    yield "ours", _ours(row)
    for decision in row["decisions"]:
        yield f"decision {decision['number']}"[: _LABEL - 1], decision["text"]
    yield "", row["command"]


def _ours(row: Mapping[str, Any]) -> str:
    note = f"; {row['note']}" if row["note"] else ""
    if row["reproduced"] is None:
        return row["verdict"] + note
    value = with_unit(row["reproduced"], row["unit"])
    ratio = "" if row["ratio"] is None else f", {console.number(row['ratio'], 3)} of the published figure"
    evidence = f" ({row['evidence'].replace('_', ' ')})" if row["evidence"] else ""
    return f"{value}{ratio}: {row['verdict']}{evidence}{note}"


def _ratio(part: Mapping[str, Any], width: int) -> list[str]:
    """What a ratio hangs on, and what speaks against it."""
    lines = _scopes(part, width)
    for i, one in enumerate(part["hangs_on"]):
        text = _decisive(one, part["labels"], " of the variance" if not i else "")
        lines += _labelled("" if i else "hangs on", text, width)
    lines += _labelled("", _crossing(part), width)
    label = "against it"
    for name in ("rival", "choice", "both"):
        if part[name] is not None:
            lines += _labelled(label, _change(name, part[name]), width)
            lines += _labelled("", part["commands"][name], width)
            label = ""
    if label:
        lines += _labelled(label, "no other system and no choice of the scenario lowers the ratio", width)
    return lines


def _scopes(part: Mapping[str, Any], width: int) -> list[str]:
    """A line for each scope, and the command of them."""
    ratios = [console.NOT_OBTAINED if s["ratio"] is None else console.number(s["ratio"], 3) for s in part["scopes"]]
    lines, wide = list[str](), max(map(len, ratios))
    for i, (scope, ratio) in enumerate(zip(part["scopes"], ratios, strict=True)):
        text = f"{scope['scope']:<8} {ratio:>{wide}}"
        if scope["ratio"] is None:
            text += f": {scope['reason']}"
        else:
            ends = console.interval(scope["low"], scope["high"], lambda value: console.number(value, 3))
            share = f"{100 * scope['above_1']:.3g}"
            text += f"  (95 % of values: {ends}; above 1: {share} %)" if not i else f"  ({ends}; {share} %)"
        lines += _labelled("" if i else "simulated", text.replace("  ", "\u00a0\u00a0"), width)
    return [*lines, *_labelled("", part["commands"]["scopes"], width)]


def _decisive(one: Mapping[str, Any], labels: Mapping[str, str], of: str) -> str:
    ends = [(console.number(one[f"at_{end}"], 3), with_unit(one[end], one["unit"], 3)) for end in ("low", "high")]
    ratios = ", ".join(f"{ratio} at {value}" for ratio, value in ends)
    return f"{labels[one['factor']]}, {100 * one['share']:.0f} %{of}: {ratios}"


def _crossing(part: Mapping[str, Any]) -> str:
    if (one := part["crossing"]) is not None:
        value, stated = (with_unit(one[key], one["unit"], 3) for key in ("value", "nominal"))
        return f"at {part['labels'][one['factor']]} = {value} (stated: {stated}) alone it is 1"
    if not part["together"]:
        return "no factor changes it"
    last, count = part["together"][-1]["ratio"], len(part["together"])
    crosses = (last > 1) != (part["ratio"] > 1)
    worst = f"the {count} strongest at their ends do" if crosses else "nor all at their worst ends"
    return f"no factor alone brings it to 1, {worst}: {console.number(last, 3)}"


def _change(name: str, change: Mapping[str, Any]) -> str:
    choice = "" if change["axis"] is None else f"{change['axis']} = {change['value']}"
    words = {"rival": change["about"], "choice": f"the same with {choice}", "both": f"both, {choice}"}
    return f"{words[name]}: {console.number(change['ratio'], 3)}"


def _labelled(label: str, text: str, width: int) -> list[str]:
    """A text beside its label."""
    lines = wrapped(console.printable(text), width - _LABEL)
    return [f"{label if not i else '':<{_LABEL}}{line}".rstrip() for i, line in enumerate(lines)]
