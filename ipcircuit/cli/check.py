"""The command `check`: transfer curves, circuit against compact model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ipcircuit.cli import completion, console, options
from ipcircuit.cli.options import (
    Cluster,
    Corner,
    DeviceFile,
    Fresh,
    Jobs,
    Json,
    Models,
    Set,
    TechnologyName,
    Temperature,
)
from ipcircuit.errors import InputError

if TYPE_CHECKING:
    from circuits.measurement import CurveCheck


def command(
    circuit: Annotated[
        str | None,
        typer.Argument(
            help="One circuit; default: all.",
            autocompletion=completion.circuits,
        ),
    ] = None,
    set_: Set = None,
    corner: Corner = "tt",
    temperature: Temperature = 27.0,
    technology: TechnologyName = None,
    models: Models = None,
    device: DeviceFile = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """Transfer curves, circuit against compact model, with pass or fail against the stated tolerance (exit code 1).

    --set and the conditions reach both, circuit and compact model; the tolerances are those set for the defaults. What
    no curve depends on is refused.
    """
    from ipcircuit.families import CIRCUITS

    if set_ and circuit is None:
        raise InputError("a parameter belongs to one circuit", where="--set", allowed="ipcircuit check CIRCUIT --set …")
    if device and circuit is None:
        raise InputError(
            "a device belongs to a circuit", where="--device", allowed="ipcircuit check CIRCUIT --device …"
        )
    from circuits.relevance import Choice, ignored

    file = options.parameters(device)
    choice = Choice(corner, temperature, options.process(technology, models), options.overrides(set_), file)
    curves: dict[str, list[dict[str, Any]]] = {}
    unused: dict[str, list[str]] = {}
    for name in CIRCUITS.names() if circuit is None else [circuit]:
        testbench = options.testbench_of(name)
        with console.progress_bar(f"checking {name}") as progress:
            checks = testbench.configured(**choice.options()).check(n_jobs=jobs, progress=progress)
            ignores = ignored(testbench, checks, choice, n_jobs=jobs, progress=progress)
        curves[name] = [_curve_json(curve, names) for curve, names in zip(checks, ignores, strict=True)]
        if names := [option for option in choice.without() if all(option in row for row in ignores)]:
            unused[name] = names
    if unused and len(unused) == len(curves):
        _refuse(unused)
    result: dict[str, Any] = {"pass": all(c["pass"] for rows in curves.values() for c in rows), "circuits": curves}
    if unused:
        result["unused"] = unused
    console.print_json(result) if json else show_checks(result)
    if not result["pass"]:
        raise typer.Exit(1)


def _refuse(unused: Mapping[str, Sequence[str]]) -> NoReturn:
    """Raise InputError for conditions that no curve of any circuit depends on."""
    [(circuit, names), *others] = unused.items()
    raise InputError(
        f"no curve of {circuit} depends on it"
        + (f", nor of {', '.join(name for name, _ in others)}" if others else ""),
        where="check",
        found=", ".join(names),
        allowed="what a curve depends on (here the compact model does not change, the circuit's curve hardly)",
    )


def _curve_json(curve: CurveCheck, ignores: Sequence[str] = ()) -> dict[str, Any]:
    """One row of ``check --json``; an error that is not a number was not obtained."""
    errors = {"max_error": curve.max_error, "rms_error": curve.rms_error}
    return {
        "curve": curve.curve,
        **{name: value if math.isfinite(value) else None for name, value in errors.items()},
        "unit": curve.unit,
        "tolerance": curve.tolerance,
        "pass": curve.passed,
        **({"ignores": list(ignores)} if ignores else {}),
    }


def show_checks(result: Mapping[str, Any]) -> None:
    """One table for each circuit."""
    columns = ["curve", "unit", "max error", "RMS error", "tolerance", "result"]
    for name, curves in result["circuits"].items():
        if not curves:
            console.print_line(f"{name}: states no curve to compare; nothing was checked")
            continue
        rows = [
            (
                c["curve"],
                "" if c["unit"] == "1" else c["unit"],
                *(console.number(c[key]) for key in ("max_error", "rms_error", "tolerance")),
                _verdict(c),
            )
            for c in curves
        ]
        console.print_table(f"{name}: circuit against compact model", columns, rows, right=columns[2:5])
        for text in _notes(curves, result.get("unused", {}).get(name, ())):
            console.print_line(text)
    if len(result["circuits"]) > 1:
        console.print_line(f"all together: {_verdict(result)}")


def _notes(curves: Sequence[Mapping[str, Any]], unused: Sequence[str]) -> list[str]:
    """What the curves say nothing of."""
    notes = [f"unused: no curve depends on {', '.join(unused)}"] if unused else []
    for curve in curves:
        if names := [name for name in curve.get("ignores", ()) if name not in unused]:
            notes.append(f"{curve['curve']} does not depend on {', '.join(names)}")
    return notes


def _verdict(result: Mapping[str, Any]) -> str:
    return "pass" if result["pass"] else "FAIL"
