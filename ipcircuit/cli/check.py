"""The command `check`: transfer curves, circuit against compact model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ipcircuit.cli import console, options
from ipcircuit.cli.options import Cluster, Corner, Fresh, Jobs, Json, Models, Set, Temperature
from ipcircuit.errors import InputError

if TYPE_CHECKING:
    from circuits.testbench import CurveCheck


def command(
    circuit: Annotated[str | None, typer.Argument(help="One circuit; default: all.")] = None,
    set_: Set = None,
    corner: Corner = "tt",
    temperature: Temperature = 27.0,
    models: Models = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """Transfer curves, circuit against compact model, with pass or fail against the stated tolerance (exit code 1).

    --set and the conditions reach both, circuit and compact model; the tolerances are those set for the defaults.
    """
    from ipcircuit.families import CIRCUITS

    if set_ and circuit is None:
        raise InputError("a parameter belongs to one circuit", where="--set", allowed="ipcircuit check CIRCUIT --set …")
    curves: dict[str, list[dict[str, Any]]] = {}
    for name in CIRCUITS.names() if circuit is None else [circuit]:
        testbench = options.configured(name, models, corner, temperature, set_)
        with console.progress_bar(f"checking {name}") as progress:
            curves[name] = [_curve_json(curve) for curve in testbench.check(n_jobs=jobs, progress=progress)]
    result = {"pass": all(c["pass"] for rows in curves.values() for c in rows), "circuits": curves}
    console.print_json(result) if json else show_checks(result)
    if not result["pass"]:
        raise typer.Exit(1)


def _curve_json(curve: CurveCheck) -> dict[str, Any]:
    """One row of ``check --json``; an error that is not a number was not obtained."""
    errors = {"max_error": curve.max_error, "rms_error": curve.rms_error}
    return {
        "curve": curve.curve,
        **{name: value if math.isfinite(value) else None for name, value in errors.items()},
        "unit": curve.unit,
        "tolerance": curve.tolerance,
        "pass": curve.passed,
    }


def show_checks(result: Mapping[str, Any]) -> None:
    """One table for each circuit."""
    columns = ["curve", "unit", "max error", "RMS error", "tolerance", "result"]
    for name, curves in result["circuits"].items():
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
    if len(result["circuits"]) > 1:
        console.print_line(f"all together: {_verdict(result)}")


def _verdict(result: Mapping[str, Any]) -> str:
    return "pass" if result["pass"] else "FAIL"
