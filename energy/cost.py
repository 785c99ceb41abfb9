"""The cost of one neuron: energy, area, latency, in three accounting scopes, with its provenance.

The JSON form is a contract (`characterize --json`): a value that was not obtained is null, never 0 and never -1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ipcircuit.errors import InputError

SCOPES = ("paper", "circuit", "system")
COST_BASES = ("simulated", "measured", "published", "assumed")
SUM_TOLERANCE = 1e-9  # relative: breakdowns are sums of the same numbers, only rounding may differ

_SCOPE_KEYS = (
    "energy_per_operation_J",
    "energy_per_spike_J",
    "area_um2",
    "energy_breakdown_J",
    "area_breakdown_um2",
)
_COST_KEYS = (
    "circuit",
    "basis",
    "simulator",
    "conditions",
    "transistors",
    "devices",
    "latency_s",
    "spread",
    "scopes",
)


def _require_number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError("not a finite number", where=where, found=value, allowed="a number, or None if not obtained")
    return float(value)


def _require_non_negative(value: object, where: str) -> float | None:
    if value is None:
        return None
    number = _require_number(value, where)
    if number < 0:
        raise InputError("is negative", where=where, found=value, allowed=">= 0, or None if not obtained")
    return number


def _require_mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InputError("not a mapping from names", where=where, found=value)
    return value


def _require_sum(total: float | None, parts: Mapping[str, float], where: str) -> None:
    """A total must equal the sum of its parts; with no total, the parts are what could be obtained and stand alone."""
    if total is None:
        return
    found = math.fsum(parts.values())
    if abs(found - total) > SUM_TOLERANCE * max(abs(total), *map(abs, parts.values()), 0.0):
        raise InputError(f"parts add up to {found!r}, not to the total {total!r}", where=where)


@dataclass(frozen=True)
class ScopeCost:
    """Energy and area of one neuron as one accounting scope counts them.

    Energies in J per operation (`energy_breakdown_J` splits the energy per operation by component; a component that
    returns stored energy may be negative), areas in µm². None: not obtained.

    Raises:
        InputError: a value is NaN, infinite or negative, or a breakdown does not add up to its total.
    """

    energy_per_operation_J: float | None = None
    energy_per_spike_J: float | None = None
    area_um2: float | None = None
    energy_breakdown_J: Mapping[str, float] = field(default_factory=dict)
    area_breakdown_um2: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in _SCOPE_KEYS[:3]:
            object.__setattr__(self, name, _require_non_negative(getattr(self, name), name))
        for name in _SCOPE_KEYS[3:]:
            parts = _require_mapping(getattr(self, name), name)
            checked = {key: _require_number(value, f"{name}.{key}") for key, value in parts.items()}
            object.__setattr__(self, name, checked)  # a private copy: the record cannot change behind its back
        for key, value in self.area_breakdown_um2.items():
            _require_non_negative(value, f"area_breakdown_um2.{key}")
        _require_sum(self.energy_per_operation_J, self.energy_breakdown_J, "energy_breakdown_J")
        _require_sum(self.area_um2, self.area_breakdown_um2, "area_breakdown_um2")

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary with the five contract keys."""
        return {
            name: dict(value) if isinstance(value := getattr(self, name), Mapping) else value for name in _SCOPE_KEYS
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ScopeCost:
        """Inverse of `to_json`. Raises InputError for missing or unknown keys."""
        _require_keys(data, _SCOPE_KEYS, "scope")
        return cls(**data)


def _require_keys(data: object, keys: tuple[str, ...], where: str) -> None:
    found = set(_require_mapping(data, where))
    if missing := [key for key in keys if key not in found]:
        raise InputError(f"missing {', '.join(missing)}", where=where)
    if unknown := sorted(found - set(keys)):
        raise InputError("unknown key", where=where, found=", ".join(unknown), allowed=", ".join(keys))


@dataclass(frozen=True)
class NeuronCost:
    """What one neuron costs, in every scope of `SCOPES`.

    Args:
        circuit: registry name.
        basis: one of `COST_BASES`.
        simulator: for example ``"ngspice-39"``; required when the basis is ``simulated``.
        conditions: what it was obtained under (corner, temperature_C, amplitude_V, density …).
        transistors: counted from the simulated netlist (or stated by the source).
        devices: other devices by kind.
        latency_s: input edge to valid output; None if not obtained.
        spread: sampled uncertainty by quantity (`energy.variation.montecarlo.MonteCarlo.spread_record`); None if
        nothing was
            sampled.
        scopes: one `ScopeCost` for each of `SCOPES`; ``ScopeCost()`` where a scope was not obtained.
        warnings: what the circuit did not do that the cost is of, a sentence each; in the JSON only if there are any.

    Raises:
        InputError: naming the field.
    """

    circuit: str
    basis: str
    simulator: str | None
    conditions: Mapping[str, float | str]
    transistors: int
    devices: Mapping[str, int]
    latency_s: float | None
    spread: Mapping[str, float] | None
    scopes: Mapping[str, ScopeCost]
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.circuit, str) or not self.circuit:
            raise InputError("must be a name", where="circuit", found=self.circuit)
        if self.basis not in COST_BASES:
            raise InputError("unknown basis", where="basis", found=self.basis, allowed=", ".join(COST_BASES))
        if self.simulator is None and self.basis == "simulated":
            raise InputError("a simulated cost needs its simulator and version", where="simulator")
        _require_count(self.transistors, "transistors")
        for kind, count in _require_mapping(self.devices, "devices").items():
            _require_count(count, f"devices.{kind}")
        for name, value in _require_mapping(self.conditions, "conditions").items():
            if not isinstance(value, str):
                _require_number(value, f"conditions.{name}")
        if self.spread is not None:
            for name, value in _require_mapping(self.spread, "spread").items():
                _require_number(value, f"spread.{name}")
            object.__setattr__(self, "spread", dict(self.spread))
        _require_keys(self.scopes, SCOPES, "scopes")
        for name, scope in self.scopes.items():
            if not isinstance(scope, ScopeCost):
                raise InputError("not a ScopeCost", where=f"scopes.{name}", found=type(scope).__name__)
        if isinstance(self.warnings, str) or not all(isinstance(text, str) and text for text in self.warnings):
            raise InputError("not a list of sentences", where="warnings", found=self.warnings)
        object.__setattr__(self, "warnings", tuple(self.warnings))
        object.__setattr__(self, "latency_s", _require_non_negative(self.latency_s, "latency_s"))
        object.__setattr__(self, "conditions", dict(self.conditions))
        object.__setattr__(self, "devices", dict(self.devices))
        object.__setattr__(self, "scopes", {name: self.scopes[name] for name in SCOPES})

    def to_json(self) -> dict[str, Any]:
        """The `characterize --json` dictionary; `json.dumps` takes it as it is."""
        return {
            "circuit": self.circuit,
            "basis": self.basis,
            "simulator": self.simulator,
            "conditions": dict(self.conditions),
            "transistors": self.transistors,
            "devices": dict(self.devices),
            "latency_s": self.latency_s,
            "spread": None if self.spread is None else dict(self.spread),
            "scopes": {name: scope.to_json() for name, scope in self.scopes.items()},
            **({"warnings": list(self.warnings)} if self.warnings else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NeuronCost:
        """Inverse of `to_json`. Raises InputError for missing or unknown keys and for invalid values."""
        told = _require_mapping(data, "cost").get("warnings", ())
        data = {key: value for key, value in data.items() if key != "warnings"}
        _require_keys(data, _COST_KEYS, "cost")
        scopes = _require_mapping(data["scopes"], "scopes")
        records = {name: ScopeCost.from_json(scope) for name, scope in scopes.items()}
        return cls(**{**data, "scopes": records, "warnings": told})


def _require_count(value: object, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError("is not a count", where=where, found=value, allowed="an integer >= 0")
