"""Reading and validating the claims ledger, `claims.toml`."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from ipcircuit.errors import InputError

SEEDS = {"A": 1, "B": 2, "C": 3}
STATUSES = ("built", "not yet", "needs data")
TOLERANCE_KINDS = ("relative", "absolute", "at_most", "at_least")

_ID = re.compile(r"[ABC][1-9]\d*(\.[a-z0-9_]+)*")
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_TEXTS = ("id", "quantity", "unit", "where", "status", "function", "reason", "data", "note")
_REQUIRED = ("id", "seed", "quantity", "unit", "published", "where", "status")
_FIELDS = (*_REQUIRED, "tolerance", "function", "reason", "data", "decisions", "note")


@dataclass(frozen=True)
class Tolerance:
    """How close is reproduced. `at_most`/`at_least`: the published value is a bound and `value` its relative slack."""

    kind: str
    value: float


@dataclass(frozen=True)
class Decision:
    """How an open point of a source was settled, and why."""

    text: str
    reason: str


@dataclass(frozen=True)
class Claim:
    """One row of the ledger. `published`: a number, a (low, high) range, or a claim in words."""

    id: str
    seed: int
    quantity: str
    unit: str
    published: float | tuple[float, float] | str
    where: str
    status: str
    tolerance: Tolerance | None = None
    function: str = ""
    reason: str = ""
    data: str = ""
    decisions: tuple[int, ...] = ()
    note: str = ""

    @property
    def group(self) -> str:
        """The id without its part: ``A5`` for ``A5.base``."""
        return self.id.split(".")[0]

    def _bounds(self) -> tuple[float, float]:
        assert not isinstance(self.published, str)
        return self.published if isinstance(self.published, tuple) else (self.published, self.published)

    def agrees(self, value: float | bool) -> bool:
        """Whether a reproduced value is within the tolerance of what was published."""
        if isinstance(self.published, str):
            return bool(value)
        if self.tolerance is None:
            return False
        low, high = self._bounds()
        slack = self.tolerance.value
        if self.tolerance.kind == "absolute":
            return low - slack <= value <= high + slack
        at_least = value >= low - slack * abs(low)
        at_most = value <= high + slack * abs(high)
        return {"at_least": at_least, "at_most": at_most, "relative": at_least and at_most}[self.tolerance.kind]

    def ratio(self, value: float | bool | None) -> float | None:
        """Reproduced over published; for a range over its nearest end, 1 inside. None for words or a published zero."""
        if value is None or isinstance(self.published, str):
            return None
        low, high = self._bounds()
        nearest = min(max(value, low), high)
        if nearest == value:
            return 1.0
        return value / nearest if nearest else None


@dataclass(frozen=True)
class Ledger:
    """All claims in file order, and the decisions by number."""

    claims: tuple[Claim, ...]
    decisions: Mapping[int, Decision]


def load_ledger(path: Path | str | None = None) -> Ledger:
    """Read a ledger; the shipped `claims.toml` by default.

    Raises:
        InputError: unreadable file, or a bad row, naming file, row and field.
    """
    name = str(path) if path is not None else "claims.toml"
    try:
        source = Path(path) if path is not None else files("reports") / "claims.toml"
        data = tomllib.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot read the ledger: {error}", where=name) from error
    if unknown := sorted(set(data) - {"claim", "decision"}):
        raise InputError("unknown table", where=name, found=", ".join(unknown), allowed="claim, decision")
    decisions = _decisions(data.get("decision", {}), name)
    rows = data.get("claim")
    if not isinstance(rows, list) or not rows:
        raise InputError("no [[claim]] rows", where=name)
    claims = tuple(_claim(row, f"{name}: claim[{index}]", name, decisions) for index, row in enumerate(rows))
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise InputError("two rows have the same id", where=f"{name}: {claim.id}")
        seen.add(claim.id)
    return Ledger(claims, decisions)


def _decisions(table: Any, name: str) -> dict[int, Decision]:
    decisions = {}
    for key, entry in table.items() if isinstance(table, dict) else ():
        where = f"{name}: decision.{key}"
        if not key.isdecimal():
            raise InputError("decisions are numbered", where=where, found=key)
        if (
            not isinstance(entry, dict)
            or set(entry) != {"text", "reason"}
            or not all(isinstance(value, str) and value for value in entry.values())
        ):
            raise InputError("needs exactly a text and a reason", where=where, found=entry)
        decisions[int(key)] = Decision(**entry)
    return decisions


def _claim(row: dict[str, Any], place: str, name: str, decisions: Mapping[int, Decision]) -> Claim:
    where = f"{name}: {row['id']}" if isinstance(row.get("id"), str) else place
    for field in _REQUIRED:
        if field not in row:
            raise InputError("missing", where=f"{where}.{field}")
    if unknown := sorted(set(row) - set(_FIELDS)):
        raise InputError("unknown field", where=where, found=", ".join(unknown), allowed=", ".join(_FIELDS))
    for field in _TEXTS:
        if not isinstance(row.get(field, ""), str) or (field in _REQUIRED and not row[field]):
            raise InputError("must be a text", where=f"{where}.{field}", found=row.get(field))
    if not _ID.fullmatch(row["id"]):
        raise InputError("malformed id", where=f"{where}.id", found=row["id"], allowed="A1, A5.base, …")
    if row["seed"] != SEEDS[row["id"][0]] or isinstance(row["seed"], bool):
        raise InputError("does not match the id", where=f"{where}.seed", found=row["seed"])
    published = _published(row["published"], f"{where}.published")
    claim = Claim(
        **{
            **row,
            "published": published,
            "tolerance": _tolerance(row.get("tolerance"), published, bool(row.get("function")), f"{where}.tolerance"),
            "decisions": _decision_numbers(row.get("decisions", []), decisions, f"{where}.decisions"),
        }
    )
    _check_status(claim, where)
    return claim


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _published(value: Any, where: str) -> float | tuple[float, float] | str:
    if isinstance(value, str) and value:
        return value
    if _is_number(value):
        return float(value)
    if isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)) and value[0] < value[1]:
        return float(value[0]), float(value[1])
    raise InputError("not a published value", where=where, found=value, allowed="a number, [low, high], or words")


def _tolerance(value: Any, published: object, needed: bool, where: str) -> Tolerance | None:
    if isinstance(published, str):
        if value is not None:
            raise InputError("a claim in words has no tolerance", where=where, found=value)
        return None
    if value is None:
        if needed:
            raise InputError("missing; a row with a function needs one", where=where)
        return None
    if not isinstance(value, dict) or set(value) != {"kind", "value"}:
        raise InputError("needs exactly a kind and a value", where=where, found=value)
    if value["kind"] not in TOLERANCE_KINDS:
        raise InputError("unknown kind", where=f"{where}.kind", found=value["kind"], allowed=", ".join(TOLERANCE_KINDS))
    if not _is_number(value["value"]) or value["value"] < 0:
        raise InputError("must be a number >= 0", where=f"{where}.value", found=value["value"])
    return Tolerance(value["kind"], float(value["value"]))


def _decision_numbers(value: Any, decisions: Mapping[int, Decision], where: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(isinstance(number, int) for number in value):
        raise InputError("must be a list of decision numbers", where=where, found=value)
    if unknown := [number for number in value if number not in decisions]:
        raise InputError("no such decision", where=where, found=unknown, allowed=", ".join(map(str, decisions)))
    return tuple(value)


def _check_status(claim: Claim, where: str) -> None:
    if claim.status not in STATUSES:
        raise InputError("unknown status", where=f"{where}.status", found=claim.status, allowed=", ".join(STATUSES))
    if (claim.status == "built") != bool(claim.function):
        raise InputError(
            "a row is built exactly when it names its function",
            where=f"{where}.status",
            found=(claim.status, claim.function),
        )
    if claim.function and not _FUNCTION.fullmatch(claim.function):
        raise InputError("malformed", where=f"{where}.function", found=claim.function, allowed="module:function")
    if claim.status == "not yet" and not claim.reason:
        raise InputError("a row that is not built needs a reason", where=f"{where}.reason")
    if claim.status == "needs data" and not claim.data:
        raise InputError("a row that needs data must name it", where=f"{where}.data")
