"""A constant of the accounting together with its unit and where it comes from."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from ipcircuit.errors import InputError

BASES = ("measured", "published", "assumed", "fitted", "derived")


@dataclass(frozen=True)
class Parameter:
    """One constant with its provenance, validated when built.

    Args:
        name: full-word name, as it is printed in the report.
        value: in `unit`.
        unit: SI unit text, ``"1"`` for a pure number.
        source: paper, table, equation, or who assumed it.
        basis: one of `BASES`.
        note: for ``assumed`` and ``fitted`` the reason, which is then required.

    Raises:
        InputError: value not finite, unknown basis, missing source or missing reason.
    """

    name: str
    value: float
    unit: str
    source: str
    basis: str
    note: str = ""

    def __post_init__(self) -> None:
        where = f"parameter {self.name!r}"
        if not math.isfinite(self.value):
            raise InputError("value is not a finite number", where=where, found=self.value)
        if self.basis not in BASES:
            raise InputError("unknown basis", where=where, found=self.basis, allowed=", ".join(BASES))
        if not self.unit or not self.source:
            raise InputError("unit and source must be given", where=where, found=(self.unit, self.source))
        if self.basis in ("assumed", "fitted") and not self.note:
            raise InputError(f"a parameter that is {self.basis} needs its reason in `note`", where=where)

    def to_json(self) -> dict[str, str | float]:
        """Plain dictionary, keys as the fields."""
        return asdict(self)
