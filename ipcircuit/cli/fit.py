"""The command `fit`: parameters of a device from measured data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ipcircuit.cli import completion, console, values
from ipcircuit.cli.options import Json

if TYPE_CHECKING:
    from ipcircuit.declaration.device import Device


def command(
    device: Annotated[
        str,
        typer.Argument(
            help="A device of `ipcircuit list`, or your own: path/to/file.py:NAME.", autocompletion=completion.devices
        ),
    ],
    data: Annotated[
        str | None, typer.Argument(help="Data file (TOML); without it: what of this device can be fitted.")
    ] = None,
    output: Annotated[
        Path | None,
        values.output_path("--output", "-o", help="Folder for parameter file, JSON, residuals and figures."),
    ] = None,
    json: Json = False,
) -> None:
    """Parameters of a device from CSV files of measured data: values, intervals, what the data do not determine.

    With -o, DIR/parameters.toml is the parameter file that --device takes.
    """
    from ipcircuit.families import DEVICES

    DEVICES.get(device)
    declared = DEVICES.load(device)
    if data is None:
        result = _observables(declared)
        console.print_json(result) if json else show_observables(result)
        return
    from ipcircuit.fitting.plan import read_plan
    from ipcircuit.fitting.result import run

    plan = read_plan(Path(data), declared)
    with console.progress_bar(f"fitting {declared.name}") as progress:
        fitted = run(plan, progress)
    if output is not None:
        from ipcircuit.fitting.write import write

        write(fitted, output)
    result = {**fitted.to_json(), "folder": None if output is None else str(output)}
    console.print_json(result) if json else show_fit(result)


def _observables(device: Device) -> dict[str, Any]:
    """Content of ``ipcircuit fit DEVICE --json``."""
    from ipcircuit.fitting.observable import observables_of

    rows = []
    for name, observable in observables_of(device).items():
        quantities = [observable.value, *observable.conditions]
        rows.append(
            {
                "name": name,
                "summary": observable.summary,
                "value": observable.value.name,
                "counted": observable.counted,
                "quantities": [
                    {"name": q.name, "unit": q.unit, "description": q.description, "default": q.default}
                    for q in quantities
                ],
            }
        )
    return {
        "device": device.name,
        "parameter_sets": list(device.parameter_sets),
        "parameters": [p.name for p in device.parameters],
        "observables": rows,
    }


def show_observables(result: Mapping[str, Any]) -> None:
    """A table for each observable of a device."""
    columns = ["column", "unit", "default", "meaning"]
    for item in result["observables"]:
        rows = [
            (
                q["name"],
                q["unit"] or "1",
                _default(q, item["value"]),
                q["description"],
            )
            for q in item["quantities"]
        ]
        counted = "may be given as counts: columns fired and trials" if item["counted"] else ""
        console.print_table(f"{item['name']}: {item['summary']}", columns, rows, right=["default"], below=counted)
    console.print_line(f"parameter sets: {', '.join(result['parameter_sets']) or 'none'}")


def _default(quantity: Mapping[str, Any], value: str) -> str:
    if quantity["name"] == value:
        return "measured"
    return "needed" if quantity["default"] is None else console.number(quantity["default"])


def show_fit(result: Mapping[str, Any]) -> None:
    """Tables of values, of goodness by data set, and of what each set is predicted by the others."""
    level = f"{100 * result['level']:g} %"
    rows = [_parameter_row(name, p) for name, p in result["parameters"].items()]
    if rows:
        columns = ["parameter", "value", "standard error", f"{level} interval"]
        console.print_table(
            f"{result['device']}: {result['method']} intervals, from {result['base']}", columns, rows, right=columns[1:]
        )
    if undetermined := _undetermined(result["parameters"]):
        console.print_lines(undetermined)
        console.print_line("")
    if len(result["correlation"]["names"]) > 1:
        _show_correlations(result["correlation"])
    if result["data"]:
        _show_data(result)
    folder = Path(result["folder"]) if result["folder"] else None
    console.print_lines([*(f"note: {note}" for note in result["notes"]), *console.file_lines(folder)])


def _parameter_row(name: str, p: Mapping[str, Any]) -> tuple[str, ...]:
    from ipcircuit.units import UNITS

    digits, error = _digits(p["value"], p["standard_error"]), p["standard_error"]
    numbers, unit = [p["value"], error and float(f"{error:.3g}"), *(p["interval"] or ())], UNITS.get(p["unit"])
    if unit and unit.prefixed:
        label, [cells] = console.scaled([numbers], unit.symbol, digits=digits)
    else:
        symbol = unit.symbol if unit else p["unit"]
        label, cells = f" ({symbol})" if symbol else "", [console.number(x, digits) for x in numbers]
    value, error, *ends = cells
    return (name + label, value, error if p["standard_error"] is not None else "", " to ".join(ends))


def _digits(value: float, error: float | None) -> int:
    """Significant digits that show two of the standard error's."""
    return 4 if not error or not value else min(max(4, math.ceil(math.log10(abs(value) / error)) + 2), 10)


def _undetermined(parameters: Mapping[str, Any]) -> list[str]:
    """One sentence per reason."""
    reasons: dict[str, list[str]] = {}
    for name, p in parameters.items():
        if p["not_identified"]:
            reasons.setdefault(p["not_identified"], []).append(name)
    return [f"not identified: {', '.join(names)}: {reason}" for reason, names in reasons.items()]


def _show_correlations(correlation: Mapping[str, Any]) -> None:
    names = correlation["names"]
    rows = [
        (name, *(f"{x:.3f}" for x in row[:i]), *[""] * (len(names) - 1 - i))
        for i, (name, row) in enumerate(zip(names, correlation["matrix"], strict=True))
    ]
    console.print_table("correlations", ["", *names[:-1]], rows[1:], right=names[:-1])


def _show_data(result: Mapping[str, Any]) -> None:
    left = {row["data"]: row for row in result["left_out"]}
    rows = []
    for item in result["data"]:
        other = left.get(item["name"], {})
        deviations = other.get("rms_deviations")
        rows.append(
            (
                item["name"],
                str(item["points"]),
                console.with_unit(item["rms_residual"], item["unit"], 3),
                *([] if not left else [console.with_unit(other["rms_error"], item["unit"], 3)]),
                *([] if not left else ["" if deviations is None else console.number(deviations, 3)]),
            )
        )
    columns = ["data", "points", "RMS residual", *(["RMS error when left out", "in σ"] if left else [])]
    goodness = [f"degrees of freedom: {result['degrees_of_freedom']}"]
    if result["chi_squared"] is not None:
        goodness.insert(0, f"chi² = {console.number(result['chi_squared'])}")
    if result["reduced_chi_squared"] is not None:
        goodness.append(f"reduced chi² = {console.number(result['reduced_chi_squared'], 3)}")
    if result["aic"] is not None:
        goodness.append(f"AIC = {console.number(result['aic'])}")
    reasons = [f"{row['data']} left out: {row['reason']}" for row in result["left_out"] if row["reason"]]
    console.print_table("data", columns, rows, right=columns[1:], below="\n".join([", ".join(goodness), *reasons]))
