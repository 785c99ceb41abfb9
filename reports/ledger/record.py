"""Ledger of one paper: its published statements, how each is reproduced, and what kind of evidence that is.

A ledger is a TOML file beside the section that reproduces it, named by a paper of the family: a ``[paper]``
header, ``[decision.N]`` tables about open points of the source, and one ``[[claim]]`` per statement.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ipcircuit.errors import InputError
from ipcircuit.families import PAPERS

Evidence = Literal["predicted", "fitted", "input", "arithmetic", "construction", "post_hoc"]
Status = Literal["built", "not yet", "needs data"]
Text = Annotated[str, Field(min_length=1)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Paper(_Record):
    """Published source.

    Attributes:
        key: first author and year.
        citation: authors, title and where it appeared.
        number: `seed` of its rows in ``claims --json``.
    """

    key: Annotated[str, Field(pattern=r"^[a-z]\w*$")]
    citation: Text
    number: Annotated[int, Field(ge=1)]


class Decision(_Record):
    """How an open point of a source was settled, and why."""

    text: Text
    reason: Text


class Tolerance(_Record):
    """When a number counts as reproduced. For the kinds at_most and at_least `value` is a relative slack."""

    kind: Literal["relative", "absolute", "at_most", "at_least"]
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _ascending(value: Any) -> Any:
    """A range as a tuple, as TOML has lists only."""
    if isinstance(value, list):
        if len(value) != 2 or not value[0] < value[1]:
            raise ValueError("a range is [low, high]")
        return tuple(value)
    return value


class Claim(_Record):
    """One published statement.

    Attributes:
        id: group and part, such as ``A5.base``; the group's letters are the paper's own.
        published: number, (low, high), or words that are true or not.
        where: place in the paper.
        function: ``module:function`` that reproduces it from a `reports.section.Run`; with `key` it returns a mapping.
        evidence: what agreement would show; needed with a function.
        instead: the quantity that `function` computes where it is not the published one: nothing is judged then.
        reason: why it differs, or is not built. data: what it waits for. note: what else must be said.
        decisions: numbers of the decisions it rests on.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]*(\.[a-z0-9_]+)*$")]
    quantity: Text
    unit: Text
    published: Annotated[Number | tuple[Number, Number] | Text, BeforeValidator(_ascending)]
    where: Text
    status: Status
    tolerance: Tolerance | None = None
    function: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")] = ""
    key: str = ""
    evidence: Evidence | None = None
    instead: str = ""
    reason: str = ""
    data: str = ""
    note: str = ""
    decisions: list[int] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = (
            ((self.status == "built") != bool(self.function), "a row is built exactly when it names its function"),
            (bool(self.function) != bool(self.evidence), "a row has evidence exactly when it names its function"),
            (bool(self.key) and not self.function, "a key needs a function"),
            (isinstance(self.published, str) and self.tolerance, "a claim in words has no tolerance"),
            (
                self.function and not isinstance(self.published, str) and not self.tolerance,
                "a row with a function needs a tolerance",
            ),
            (self.status == "not yet" and not self.reason, "a row that is not built needs a reason"),
            (self.status == "needs data" and not self.data, "a row that needs data must name it"),
        )
        for wrong, problem in problems:
            if wrong:
                raise ValueError(problem)
        return self

    @property
    def group(self) -> str:
        """The id without its part: ``A5`` of ``A5.base``."""
        return self.id.partition(".")[0]

    @property
    def prefix(self) -> str:
        """Letters that the ids of one paper share: ``A`` of ``A5.base``."""
        return self.group.rstrip("0123456789")

    def _bounds(self) -> tuple[float, float]:
        assert not isinstance(self.published, str)
        return self.published if isinstance(self.published, tuple) else (self.published, self.published)

    def agrees(self, value: float | bool) -> bool:
        """Whether a reproduced value is within the tolerance; words agree with True."""
        if isinstance(self.published, str):
            return value is True
        assert self.tolerance is not None
        low, high = self._bounds()
        slack, absolute = self.tolerance.value, self.tolerance.kind == "absolute"
        at_least = value >= low - slack * (1 if absolute else abs(low))
        at_most = value <= high + slack * (1 if absolute else abs(high))
        return {"at_least": at_least, "at_most": at_most}.get(self.tolerance.kind, at_least and at_most)

    def ratio(self, value: float | bool | None) -> float | None:
        """Reproduced over published; for a range over its nearest end, 1 inside. None for words or a published zero."""
        if value is None or isinstance(self.published, str):
            return None
        low, high = self._bounds()
        nearest = min(max(value, low), high)
        if nearest == value:
            return 1.0
        return value / nearest if nearest else None


class Ledger(_Record):
    """A paper's claims in file order, and decisions about it by number."""

    paper: Paper
    decision: Mapping[Annotated[str, Field(pattern=r"^[1-9]\d*$")], Decision] = {}
    claim: Annotated[list[Claim], Field(min_length=1)]

    @property
    def claims(self) -> Sequence[Claim]:
        """All claims."""
        return self.claim

    @property
    def decisions(self) -> dict[int, Decision]:
        """Decisions by number."""
        return {int(number): decision for number, decision in self.decision.items()}


def read_ledger(path: Path) -> Ledger:
    """Read and validate one ledger.

    Raises:
        InputError: unreadable file, or a bad row, naming file, row and field.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot read the ledger: {error}", where=str(path)) from error
    try:
        ledger = Ledger.model_validate(data)
    except ValidationError as error:
        raise _input_error(error, data, path.name) from error
    seen: set[str] = set()
    for claim in ledger.claims:
        if claim.id in seen:
            raise InputError("two rows have the same id", where=f"{path.name}: {claim.id}")
        if claim.prefix != ledger.claims[0].prefix:
            allowed = f"{ledger.claims[0].prefix}…, as in the file's first row"
            raise InputError("ids of one paper begin alike", where=f"{path.name}: {claim.id}", allowed=allowed)
        if unknown := [number for number in claim.decisions if number not in ledger.decisions]:
            known = ", ".join(map(str, ledger.decisions))
            raise InputError(
                "no such decision", where=f"{path.name}: {claim.id}.decisions", found=unknown, allowed=known
            )
        seen.add(claim.id)
    return ledger


def _input_error(error: ValidationError, data: Mapping[str, Any], file: str) -> InputError:
    """The first problem, with the row's id in place of its index."""
    problem = error.errors()[0]
    place = [str(part) for part in problem["loc"]]
    if place[:1] == ["claim"] and len(place) > 1 and isinstance(data["claim"], list):
        row = data["claim"][int(place[1])]
        name = row.get("id") if isinstance(row, dict) else None
        place[:2] = [name if isinstance(name, str) else f"claim[{place[1]}]"]
    if place[1:2] == ["published"]:
        place = place[:2]  # without the alternative that pydantic tried first
    message = {"missing": "missing", "extra_forbidden": "unknown field"}.get(
        problem["type"], problem["msg"].removeprefix("Value error, ")
    )
    found = None if problem["type"] == "missing" or isinstance(problem["input"], dict) else problem["input"]
    return InputError(message, where=f"{file}: {'.'.join(place)}", found=found)


def ledgers() -> tuple[Ledger, ...]:
    """Ledgers of every paper, ours first.

    Raises:
        InputError: a bad ledger, or two papers whose ids begin alike.
    """
    return _ledgers(tuple(_paths()))


def _paths() -> Iterable[Path]:
    """Ledger files of all families."""
    return [PAPERS.load(key).ledger_path() for key in PAPERS.names()]


@cache
def _ledgers(paths: tuple[Path, ...]) -> tuple[Ledger, ...]:
    read = sorted((read_ledger(path) for path in paths), key=lambda ledger: ledger.paper.number)
    owners: dict[str, str] = {}
    for ledger in read:
        prefix, key, number = ledger.claims[0].prefix, ledger.paper.key, f"number {ledger.paper.number}"
        if prefix in owners:
            raise InputError(f"ids begin with {prefix} as those of {owners[prefix]} do", where=f"paper {key}")
        if number in owners:
            raise InputError(f"{number} is that of {owners[number]}", where=f"paper {key}")
        owners |= {prefix: key, number: key}
    return tuple(read)


def published(row: str) -> float:
    """Published number of a claim, in the claim's unit (SI), so that no figure or sentence keeps a copy of its own.

    Raises:
        InputError: no such claim, or it is not a single number.
    """
    for ledger in ledgers():
        for claim in ledger.claims:
            if claim.id == row and isinstance(claim.published, float):
                return claim.published
    raise InputError("no claim with a single published number", where="ledger", found=row)
