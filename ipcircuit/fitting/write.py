"""A fit as files: the parameter file, the numbers as JSON and CSV, figures of data and residuals."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from ipcircuit.devices.parameter_file import Fit, ParameterFile
from ipcircuit.files import staged_directory
from ipcircuit.fitting.plan import Bounded
from ipcircuit.fitting.result import Fitted
from ipcircuit.parameters import Parameter

PARAMETERS = "parameters.toml"
_SETTLED = 0.01  # standard deviations: less is not worth another value, nor another digit


def parameter_file(fitted: Fitted) -> ParameterFile:
    """The device's whole parameter set, with what the data say about the free ones.

    A value of the base that the fit confirms within 1 % of its standard error stays, to the last digit: a set does not
    change with the machine on which it is fitted again.
    """
    plan, wishes = fitted.plan, {p.name: p for p in fitted.plan.free}
    deviation = dict(zip(fitted.names, np.sqrt(np.diag(fitted.covariance)).tolist(), strict=True))
    parameters = tuple(
        _fitted(own, wishes[own.name], fitted, deviation.get(own.name)) if own.name in wishes else own
        for own in plan.device.parameters
    )
    values = {p.name: p.value for p in parameters}
    ends = {name: (_rounded(low), _rounded(high)) for name, (low, high) in fitted.intervals.items()}
    intervals = {n: (min(a, values[n]), max(b, values[n])) for n, (a, b) in ends.items()}
    fit = Fit(
        device=plan.device.name,
        names=fitted.names,
        covariance=tuple(tuple(map(_rounded, row)) for row in fitted.covariance.tolist()),
        level=plan.level,
        method=plan.method,
        intervals=intervals,
        data=tuple(item.file for item in plan.data),
        not_identified=fitted.not_identified,
    )
    return ParameterFile(parameters, fit)


def _fitted(own: Parameter, wish: Bounded, fitted: Fitted, deviation: float | None) -> Parameter:
    """A free parameter with its fitted value and where that comes from."""
    value, command = fitted.values[own.name], f"ipcircuit fit {fitted.plan.path}"
    if reason := fitted.not_identified.get(own.name):
        return own.with_value(value, source=f"{command}: not determined by the data: {reason}", basis="assumed")
    source = f"{command}: {wish.source or ', '.join(item.name for item in fitted.plan.data)}"
    return replace(own, value=_stated(value, own.value, wish.digits, deviation), source=source, basis="fitted")


def _stated(value: float, base: float, digits: int, deviation: float | None) -> float:
    """The base's value where the fit confirms it, else the fitted one with as many digits as it deserves."""
    if deviation is None or not deviation > 0:
        return float(f"{value:.{digits}g}")
    if abs(value - base) <= _SETTLED * deviation:
        return base
    needed = math.ceil(math.log10(max(abs(value) / (_SETTLED * deviation), 1.0))) + 1
    return float(f"{value:.{max(digits, needed)}g}")


def _rounded(value: float) -> float:
    """Without the digits in which machines differ."""
    return float(f"{value:.10g}")


def write(fitted: Fitted, folder: Path) -> list[str]:
    """Write parameter file, JSON, residuals and figures into `folder`, all or nothing; returns their names.

    Raises:
        InputError: the folder cannot be written.
    """
    from ipcircuit.fitting.figures import drawn

    texts = {
        PARAMETERS: parameter_file(fitted).text(),
        "fit.json": json.dumps(fitted.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n",
        "residuals.csv": _residuals(fitted),
    }
    plan = fitted.plan
    values = {**plan.device.values(), **fitted.values}
    with staged_directory(folder) as staged:
        for name, text in texts.items():
            (staged / name).write_text(text, encoding="utf-8")
        for number, item in enumerate(plan.data):
            predict = partial(item.observable.predict, plan.device, values)
            stem = f"{number + 1}_{re.sub(r'[^A-Za-z0-9_-]+', '_', item.name)[:60]}"
            for ending, content in drawn(item, fitted.points[number], predict).items():
                (staged / f"{stem}.{ending}").write_bytes(content)
        return sorted(path.name for path in staged.iterdir())


def _residuals(fitted: Fitted) -> str:
    """One line per datum; empty where there is no standard deviation."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["data", "datum", "measured", "predicted", "sigma"])
    for points in fitted.points:
        sigma = [""] * len(points.measured) if points.sigma is None else points.sigma.tolist()
        rows = zip(points.measured.tolist(), points.predicted.tolist(), sigma, strict=True)
        writer.writerows([points.name, i, *row] for i, row in enumerate(rows, 1))
    return stream.getvalue()
