"""Spreads as a user states them: a TOML file (``--variation``), single sigmas (``--sigma``).

A file has a table for each parameter, by its name, and correlations between names::

    [mtj_thermal.resistance]
    sigma = 0.03
    distribution = "lognormal"   # normal, uniform, "truncated normal"
    die = 0.3                    # share of the variance that all devices of a die have in common
    source = "wafer map, 2026-05"

    [[correlation]]
    between = ["mtj_thermal.resistance", "mtj_reference.resistance"]
    value = 0.5

Fields that are left out stay as declared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ipcircuit.distributions import Distribution
from ipcircuit.errors import InputError
from ipcircuit.parameters import Basis, Variation
from ipcircuit.records import Name, parse, read_toml, record
from ipcircuit.spreads import Change, Correlation, Spreads
from ipcircuit.toml_text import table

_PAIRS = "correlation"


@record
class _Stated:
    """Table of one parameter."""

    sigma: Annotated[float, Field(ge=0, lt=1)] | None = None
    distribution: Distribution | None = None
    die: Annotated[float, Field(ge=0, le=1)] | None = None
    basis: Basis | None = None
    source: str = ""


@record
class _Pair:
    """Table of one correlation."""

    between: tuple[Name, Name]
    value: Annotated[float, Field(ge=-1, le=1)]
    source: str = ""


def read(path: Path) -> Spreads:
    """Spreads of a file.

    Raises:
        InputError: unreadable, or a field that cannot be; names the file and the field.
    """
    content, file = read_toml(path), path.name
    pairs = parse(list[_Pair], content.pop(_PAIRS, []), f"{file}: {_PAIRS}")
    stated = parse(dict[str, dict[str, _Stated]], content, file)
    if not stated and not pairs:
        allowed = "a table for each parameter, such as [mtj_thermal.resistance], or [[correlation]]"
        raise InputError("no spreads", where=file, allowed=allowed)
    changes = {
        f"{owner}.{name}": Change(file, s.sigma, s.distribution, s.die, s.basis, s.source)
        for owner, tables in stated.items()
        for name, s in tables.items()
    }
    correlations = [
        Correlation((pair.between[0].lower(), pair.between[1].lower()), pair.value, file, pair.source) for pair in pairs
    ]
    return Spreads(tuple(changes.items()), tuple(correlations))


def sigmas(values: Mapping[str, Any], origin: str = "--sigma") -> Spreads:
    """Spreads of which only the sigmas are stated, by the name of the parameter.

    Raises:
        InputError: not a number, or out of range.
    """
    changes = []
    for name, given in values.items():
        try:
            sigma = float(given)
        except (TypeError, ValueError):
            sigma = math.nan
        if not 0 <= sigma < 1:  # also of NaN
            raise InputError("out of range", where=f"{origin} {name}", found=given, allowed="0 or more, below 1")
        changes.append((name, Change(origin, sigma)))
    return Spreads(tuple(changes))


def text(variations: Mapping[str, Variation], correlations: Iterable[Correlation] = ()) -> str:
    """Spreads by name as the content of a file, which `read` takes."""
    tables = [
        f"# {v.name}: {', '.join(v.parameters)}; sigma: {v.unit}\n"
        + table(
            {"sigma": v.sigma, "distribution": str(v.distribution), "die": v.die, "basis": v.basis, "source": v.source},
            *name.split("."),
        )
        for name, v in variations.items()
    ]
    tables += [
        "[" + table({"between": c.between, "value": c.value, "source": c.source}, _PAIRS).replace("]\n", "]]\n", 1)
        for c in correlations
    ]
    return "\n".join(tables)
