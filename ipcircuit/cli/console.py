"""What a person sees on the terminal: rich tables, and a progress bar for what takes longer than a second.

Everything here takes plain JSON-like data (the contracts of ``--json``), so that a table and its machine output say the
same. Tables go to stdout, progress and errors to stderr.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ipcircuit.siblings import SIBLINGS
from ipcircuit.units import si

Progress = Callable[[int, int], None]  # (done, total)
PROGRESS_DELAY_s = 1.0
NOT_OBTAINED = si(None, "")
_PREFIXED_UNITS = ("J", "V", "A", "W", "s", "ohm", "F", "Hz")  # printed with SI prefixes; others as they are


def print_json(data: object) -> None:
    """Strict JSON on stdout. NaN and infinity are errors: a value that was not obtained is null.

    Raises:
        ValueError: the data hold NaN or infinity.
    """
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def print_error(message: str) -> None:
    """One message on stderr, never wrapped or coloured into something that cannot be searched for."""
    sys.stderr.write(f"ipcircuit: error: {message}\n")


@contextlib.contextmanager
def warnings_as_messages() -> Iterator[None]:
    """Warnings of this project as one line on stderr, without the place in the code; others as Python shows them."""
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if category.__module__.partition(".")[0] in ("ipcircuit", *SIBLINGS):
                sys.stderr.write(f"ipcircuit: warning: {message}\n")
            else:
                others(message, category, *place, **more)

        warnings.showwarning = show
        yield


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[str] = (),
    below: str = "",
    widest: str = "",
) -> None:
    """A table on stdout, with text `below` it.

    `right` names the columns of numbers, `widest` the one that keeps its room on a narrow terminal.
    """
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, collapse_padding=True)
    for index, column in enumerate(columns):
        justify = "right" if column in right else "left"
        room = 12 if column == widest else None
        # the first one is a name
        table.add_column(column, justify=justify, overflow="fold", no_wrap=index == 0, min_width=room)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    out = Console()
    out.print(table)
    if below:
        out.print(below + "\n", markup=False, highlight=False)


def number(value: float | None, digits: int = 4) -> str:
    """A plain number for a table cell."""
    return NOT_OBTAINED if value is None else f"{value:.{digits}g}"


def condition_text(conditions: Mapping[str, Any]) -> str:
    """``name = value`` pairs in one line."""
    return ", ".join(f"{key} = {number(v) if isinstance(v, float) else v}" for key, v in conditions.items())


@contextlib.contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """Yield a ``(done, total)`` callback that draws a bar on stderr once the work has taken a second, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    bar = Bar(console=Console(stderr=True), transient=True)
    task = bar.add_task(label, total=None)
    started = time.monotonic()

    def update(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if time.monotonic() - started > PROGRESS_DELAY_s:
            bar.start()  # a second start does nothing

    try:
        yield update
    finally:
        bar.stop()


def show_registries(registries: Mapping[str, Sequence[Mapping[str, str | None]]]) -> None:
    """The tables of ``ipcircuit list``: one for each kind."""
    for kind, entries in registries.items():
        rows = [
            (str(e["name"]), f"broken: {e['error']}" if e["error"] else str(e["summary"]), str(e["source"]))
            for e in entries
        ]
        print_table(kind, [kind.removesuffix("s"), "what it is", "from"], rows or [("none yet", "", "")])


def show_cost(cost: Mapping[str, Any]) -> None:
    """The tables of ``ipcircuit characterize``, from the JSON of a cost record."""
    scopes: Mapping[str, Mapping[str, Any]] = cost["scopes"]
    rows = [
        ("energy per operation", *(si(s["energy_per_operation_J"], "J") for s in scopes.values())),
        ("energy per spike", *(si(s["energy_per_spike_J"], "J") for s in scopes.values())),
        ("area", *(_area(s["area_um2"]) for s in scopes.values())),
    ]
    spread: Mapping[str, float] = cost["spread"] or {}
    for name in ("energy_per_operation", "energy_per_spike"):
        found = [_copies(spread, f"{scope}_{name}") for scope in scopes]
        if any(found):
            rows.append((f"{name.replace('_', ' ')}, copies", *found))
    devices = "".join(f", {count} {kind}" for kind, count in cost["devices"].items())
    below = [
        f"{cost['basis']}, {cost['simulator'] or 'no simulator'}",
        f"{cost['transistors']} transistors{devices}; latency {si(cost['latency_s'], 's')}",
        f"conditions: {condition_text(cost['conditions'])}",
    ]
    below[:0] = [f"warning: {text}" for text in cost.get("warnings", ())]
    if "yield" in spread:
        below.append(
            f"copies: mean ± σ of those of {spread['runs']:g} that work; yield {100 * spread['yield']:.1f} % (95 %: "
            f"{100 * spread['yield_low']:.1f} … {100 * spread['yield_high']:.1f}), seed {spread['seed']:g}"
        )
    elif spread:
        below.append(f"spread: {condition_text(spread)}")
    columns = ["quantity", *scopes]
    print_table(f"{cost['circuit']}: cost by scope", columns, rows, right=columns[1:], below="\n".join(below))
    _show_breakdown("energy per operation by component", scopes, "energy_breakdown_J", lambda value: si(value, "J"))
    _show_breakdown("area by component", scopes, "area_breakdown_um2", _area)


def _copies(spread: Mapping[str, float], name: str) -> str:
    """Mean and standard deviation over random copies; empty where not sampled."""
    mean, sigma = spread.get(f"{name}_mean_J"), spread.get(f"{name}_sigma_J")
    return "" if mean is None else si(mean, "J", 3) + ("" if sigma is None else f" ± {si(sigma, 'J', 2)}")


def _area(value: float | None) -> str:
    return NOT_OBTAINED if value is None else f"{value:.4g} µm²"


def _show_breakdown(
    title: str, scopes: Mapping[str, Mapping[str, Any]], key: str, form: Callable[[float], str]
) -> None:
    components = list(dict.fromkeys(name for scope in scopes.values() for name in scope[key]))
    rows = [
        (name, *(form(scope[key][name]) if name in scope[key] else "" for scope in scopes.values()))
        for name in components
    ]
    if rows:
        print_table(title, ["component", *scopes], rows, right=tuple(scopes))


def show_checks(result: Mapping[str, Any]) -> None:
    """The table of ``ipcircuit check``."""
    columns = ["circuit", "curve", "max error", "RMS error", "tolerance", "result"]
    rows = [
        (name, c["curve"], *(number(c[key]) for key in ("max_error", "rms_error", "tolerance")), _verdict(c))
        for name, curves in result["circuits"].items()
        for c in curves
    ]
    units = ", ".join(dict.fromkeys(c["unit"] for curves in result["circuits"].values() for c in curves))
    below = f"errors in {units}; all together: {_verdict(result)}"
    print_table("circuit against compact model", columns, rows, right=columns[2:5], below=below)


def _verdict(result: Mapping[str, Any]) -> str:
    return "pass" if result["pass"] else "FAIL"


def show_claims(rows: Sequence[Mapping[str, Any]]) -> None:
    """The table of ``ipcircuit claims``; notes stand below it, each once, with the rows that they belong to."""
    columns = ["id", "quantity", "published", "reproduced", "ratio", "verdict"]
    cells: list[tuple[str, ...]] = []
    notes: dict[str, list[str]] = {}
    for r in rows:
        ratio = "" if r["ratio"] is None else number(r["ratio"])
        values = (_claimed(r[key], r["unit"]) for key in ("published", "reproduced"))
        cells.append((r["id"], r["quantity"], *values, ratio, r["verdict"]))
        if r["note"]:
            notes.setdefault(r["note"], []).append(r["id"])
    below = "\n".join(f"{', '.join(ids)}: {note}" for note, ids in notes.items())
    counts = Counter(r["verdict"] for r in rows)
    title = "published against reproduced: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    print_table(title, columns, cells, right=columns[2:5], below=below, widest="quantity")


def _claimed(value: Any, unit: str) -> str:
    """A claim's value is a number or a range with a unit, or a word that stands for itself."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return " to ".join(_claimed(part, unit) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    return si(value, unit) if unit in _PREFIXED_UNITS else f"{value:.4g} {unit.removeprefix('1')}".strip()


def show_comparison(rows: Sequence[Mapping[str, Any]]) -> None:
    """The table of ``ipcircuit compare``."""
    columns = ["scope", "system", "basis", "energy per sample", "ratio to device"]
    cells = [
        (r["scope"], r["system"], r["basis"], si(r["energy_per_sample_J"], "J"), number(r["ratio_to_device"]))
        for r in rows
    ]
    print_table("memory energy per sample", columns, cells, right=columns[3:])


def show_training(result: Mapping[str, Any]) -> None:
    """The table of ``ipcircuit train``."""
    rows = [
        (name, number(s["mean"]), NOT_OBTAINED if s["low"] is None else f"{number(s['low'])} to {number(s['high'])}")
        for name, s in result["scores"].items()
    ]
    below = "\n".join(f"seed {run['seed']}: {run['steps']} steps, {run['seconds']:g} s" for run in result["runs"])
    title = f"{result['model']} on {result['task']}, {len(result['seeds'])} seed(s)"
    print_table(title, ["score", "mean", "95 % interval"], rows, right=["mean"], below=below)


def show_memory(rows: Sequence[Mapping[str, Any]]) -> None:
    """The table of ``ipcircuit study memory``."""
    cells = []
    for row in rows:
        options = {**row["task_options"], **row["model_options"]}
        for name, s in row["scores"].items():
            interval = "" if s["low"] is None else f"{number(s['low'])} to {number(s['high'])}"
            cells.append(
                (row["figure"], row["task"], row["model"], condition_text(options), name, number(s["mean"]), interval)
            )
    columns = ["figure", "task", "network", "options", "score", "mean", "95 % interval"]
    print_table("working memory", columns, cells, right=["mean"], widest="options")


def show_findings(findings: Sequence[Mapping[str, Any]]) -> None:
    """The table of ``ipcircuit doctor``."""
    rows = [(f["name"], f["version"] or "", f["status"], f["how_to_get"]) for f in findings]
    print_table("this machine", ["what", "version", "status", "what to do"], rows)
