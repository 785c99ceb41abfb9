"""Parameter files: values of a device with their sources and, from a fit, how well its data determine them.

The format of the built-in sets: a TOML table per parameter, with the fields of `Parameter`. One further table,
``[fit]``, names the device and holds what `ipcircuit fit` found out about its free parameters; a file without it states
values only.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ipcircuit.declaration.device import Device
from ipcircuit.errors import InputError
from ipcircuit.files import read_input, write_text_atomic
from ipcircuit.parameters import Parameter, parse_parameters
from ipcircuit.records import Name, parse, read_toml, record
from ipcircuit.toml_text import table

FIT = "fit"  # the reserved table
Method = Literal["profile", "bootstrap", "linear"]
MOST_NAMES = 100
_ROUNDING = 1e-9  # of a correlation, 1 at most


@record
class Fit:
    """What data say about the free parameters of a device.

    Attributes:
        device: name of the device.
        names: free parameters.
        covariance: of their values, in the order of `names`; SI units.
        level: confidence of `intervals`.
        method: how the intervals were found.
        intervals: lowest and highest value by name.
        data: files that were fitted.
        not_identified: parameters that the data do not determine, each with the reason.

    Raises:
        InputError: a name given twice, an interval of what is not free, or a matrix that is no covariance of `names`.
    """

    device: Name
    names: Annotated[tuple[Name, ...], Field(max_length=MOST_NAMES)] = ()
    covariance: tuple[tuple[float, ...], ...] = ()
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    method: Method = "linear"
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    data: tuple[str, ...] = ()
    not_identified: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.names):
            raise InputError("given twice", where="names", found=", ".join(self.names))
        for name in self.intervals:
            if name not in self.names:
                allowed = ", ".join(self.names) or "none: no parameter is free"
                raise InputError("interval of a parameter that is not free", found=name, allowed=allowed)
        _require_covariance(self.covariance, len(self.names))

    @cached_property
    def correlation(self) -> np.ndarray:
        """Correlation matrix of the free parameters, shape (n, n); a parameter without variance has 0 throughout."""
        return _correlation(np.array(self.covariance))

    @cached_property
    def sigma(self) -> np.ndarray:
        """Standard deviation of each free parameter, shape (n,); SI units."""
        return np.sqrt(np.diag(np.array(self.covariance)))


def _correlation(matrix: np.ndarray) -> np.ndarray:
    scale = np.sqrt(np.diag(matrix))
    scale = np.where(scale > 0, scale, math.inf)
    return matrix / scale[:, None] / scale


def _require_covariance(rows: tuple[tuple[float, ...], ...], size: int) -> None:
    """Raise InputError for what is no covariance of `size` values."""
    shape = f"{len(rows)} rows of {', '.join(sorted({str(len(row)) for row in rows})) or '0'}"
    if len(rows) != size or any(len(row) != size for row in rows):
        allowed = f"{size} rows of {size}, one for each of names"
        raise InputError("not a square matrix of the free parameters", where="covariance", found=shape, allowed=allowed)
    if not size:
        return
    matrix = np.array(rows)
    if (np.diag(matrix) < 0).any():
        found = float(np.diag(matrix).min())
        raise InputError("negative variance", where="covariance", found=found, allowed="0 or more")
    fixed = np.diag(matrix) == 0
    if matrix[fixed].any() or matrix[:, fixed].any():
        raise InputError("covariance with a parameter that has no variance", where="covariance")
    correlation = _correlation(matrix)
    if np.abs(correlation - correlation.T).max() > _ROUNDING:
        raise InputError("not symmetric", where="covariance")
    lowest = float(np.linalg.eigvalsh(correlation).min())
    if lowest < -_ROUNDING * size:
        problem = "not positive semidefinite: no set of values has these variances and covariances"
        raise InputError(problem, where="covariance", found=f"eigenvalue {lowest:.3g} of the correlations")


@record
class ParameterFile:
    """Content of a parameter file.

    Attributes:
        parameters: values with their sources.
        fit: how well they are known; None where the file does not say.
        path, sha256: file that it was read from, and of its bytes; no part of the content.

    Raises:
        InputError: a free parameter without a value, or a value outside its interval.
    """

    parameters: tuple[Parameter, ...]
    fit: Fit | None = None
    path: str = field(default="", compare=False)
    sha256: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        values = self.values()
        for name in self.fit.names if self.fit else ():
            if name not in values:
                allowed = ", ".join(values)
                raise InputError("free parameter without a value", where="fit: names", found=name, allowed=allowed)
        for name, (low, high) in self.fit.intervals.items() if self.fit else ():
            if not low <= values[name] <= high:
                where, allowed = f"fit: intervals: {name}", f"low ≤ {values[name]:g} ≤ high"
                raise InputError("interval does not contain the value", where=where, found=[low, high], allowed=allowed)

    @property
    def device(self) -> str | None:
        """Name of the device; None where the file does not say."""
        return self.fit.device if self.fit else None

    @property
    def label(self) -> str:
        """Name of the file with the first digits of its digest, for results."""
        digest = self.sha256 or hashlib.sha256(self.text().encode()).hexdigest()
        return f"{Path(self.path).name or 'parameters'} (sha256 {digest[:12]})"

    @property
    def origin(self) -> dict[str, str]:
        """Where the values come from, for the record of a run."""
        return {"file": Path(self.path).name, "sha256": self.sha256}

    def values(self) -> dict[str, float]:
        """Values by name, SI."""
        return {p.name: p.value for p in self.parameters}

    def applied(self, device: Device) -> Device:
        """The device with these values, each with its own source; its ranges and constraints hold as before.

        Raises:
            InputError: made for another device, a parameter that it lacks, another unit, or a value out of range.
        """
        if self.device not in (None, device.name):
            raise InputError("parameters of another device", where=self.path, found=self.device, allowed=device.name)
        own = {p.name: p for p in device.parameters}
        try:
            return device.with_set(tuple(_joined(own.get(p.name), p) for p in self.parameters))
        except InputError as error:
            raise InputError(str(error), where=self.path or None) from None

    def text(self) -> str:
        """The file's content as TOML."""
        tables = [(p.name, _fields(p)) for p in self.parameters]
        if self.fit is not None:
            tables.append((FIT, _fields(self.fit)))
        return "\n".join(table(content, name) for name, content in tables)


def _joined(own: Parameter | None, given: Parameter) -> Parameter:
    """A parameter of a file as the device takes it: within the ranges of both."""
    if own is None:
        return given  # refused by name, with those that there are
    if given.unit != own.unit:
        raise InputError("another unit", where=f"{given.name}: unit", found=given.unit, allowed=repr(own.unit))
    low, high = max(own.minimum, given.minimum), min(own.maximum, given.maximum)
    return replace(given, minimum=low, maximum=high, description=given.description or own.description)


def read(path: Path) -> ParameterFile:
    """The parameter file at `path`.

    Raises:
        InputError: unreadable, or no parameter file; names the file and the field.
    """
    data = read_input(path)
    content = read_toml(path)
    fit = content.pop(FIT, None)
    if not content:
        raise InputError("no parameters", where=path.name, allowed="a table for each, [name] and its fields")
    parameters = parse_parameters(content, path.name)
    try:
        checked = None if fit is None else parse(Fit, fit, f"{path.name}: {FIT}")
        return ParameterFile(parameters, checked, str(path), hashlib.sha256(data).hexdigest())
    except InputError as error:  # of a check that does not know its file
        raise error if path.name in str(error) else InputError(str(error), where=path.name) from None


def write(path: Path, file: ParameterFile) -> Path:
    """Write a parameter file; `read` gives the same content. Raises InputError: it cannot be written."""
    return write_text_atomic(path, file.text())


def _fields(kept: Any) -> dict[str, Any]:
    """Fields of a record that are not at a default which goes without saying."""
    values = {f.name: getattr(kept, f.name) for f in fields(kept) if f.name != "name"}
    return {name: v for name, v in values.items() if v is not None and v not in ((), {}) and not _infinite(v)}


def _infinite(value: object) -> bool:
    return isinstance(value, float) and math.isinf(value)
