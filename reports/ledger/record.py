"""Ledger of one paper: its published statements, how each is reproduced, and what kind of evidence that is.

A ledger is a TOML file beside the section that reproduces it, named by a paper of the family: a ``[paper]``
header, ``[decision.N]`` tables about open points of the source, a ``[sentence]`` table of its own words, a ``[group]``
table of what rows have in common, and one ``[[claim]]`` per statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from ipcircuit.errors import InputError
from ipcircuit.families import PAPERS
from ipcircuit.records import Name, NonNegative, PositiveCount, parse, read_toml, record

Evidence = Literal["predicted", "fitted", "input", "arithmetic", "construction", "post_hoc"]
Status = Literal["built", "not yet", "needs data"]


@record
class Paper:
    """Published source.

    Attributes:
        key: first author and year.
        citation: authors, title and where it appeared.
        number: `seed` of its rows in ``claims --json``.
    """

    key: Annotated[str, Field(pattern=r"^[a-z]\w*$")]
    citation: Name
    number: PositiveCount


@record
class Decision:
    """How an open point of a source was settled, and why."""

    text: Name
    reason: Name


@record
class Tolerance:
    """When a number counts as reproduced. For the kinds at_most and at_least `value` is a relative slack."""

    kind: Literal["relative", "absolute", "at_most", "at_least"]
    value: NonNegative


@record
class Compared:
    """Ratio of two energies that a claim states, as `energy.break_even.costing.ratio` has it.

    Attributes:
        task, against, device: names there; no device: the task's first.
        scenario: choices by axis that differ from the default.
    """

    task: Name
    against: Name
    device: str = ""
    scenario: dict[str, float | int | str] = field(default_factory=dict)


@record
class Claim:
    """One published statement.

    Attributes:
        id: group and part, such as ``A5.base``; the group's letters are the paper's own.
        published: number, (low, high), or words that are true or not.
        where: place in the paper.
        status: ``needs data`` with a function: reproduced from runs on the data, where the `Run` has them.
        function: ``module:function`` that reproduces it from a `reports.section.Run`; with `key` it returns a mapping.
        evidence: what agreement would show; needed with a function.
        instead: the quantity that `function` computes where it is not the published one: nothing is judged then.
        reason: why it differs, or is not built. data: what it waits for. note: what else must be said.
        decisions: numbers of the decisions it rests on.
        compared: the ratio of energies that it states, if it does.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]*(\.[a-z0-9_]+)*$")]
    quantity: Name
    unit: Name
    published: float | tuple[float, float] | Name
    where: Name
    status: Status
    tolerance: Tolerance | None = None
    function: Annotated[str, Field(pattern=r"^([A-Za-z_][\w.]*:[A-Za-z_]\w*)?$")] = ""
    key: str = ""
    evidence: Evidence | None = None
    instead: str = ""
    reason: str = ""
    data: str = ""
    note: str = ""
    decisions: tuple[int, ...] = ()
    compared: Compared | None = None

    def __post_init__(self) -> None:
        words, function = isinstance(self.published, str), bool(self.function)
        problems = {
            "a range is [low, high]": isinstance(self.published, tuple) and not self.published[0] < self.published[1],
            "a row that is built names its function": self.status == "built" and not function,
            "a row that is not yet built has no function": self.status == "not yet" and function,
            "a row has evidence exactly when it names its function": function != bool(self.evidence),
            "a key needs a function": self.key and not function,
            "a claim in words has no tolerance": words and self.tolerance,
            "a row with a function needs a tolerance": function and not words and not self.tolerance,
            "a row that is not built needs a reason": self.status == "not yet" and not self.reason,
            "a row that needs data must name it": self.status == "needs data" and not self.data,
        }
        for problem, wrong in problems.items():
            if wrong:
                raise ValueError(problem)

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


@dataclass(frozen=True)
class Ledger:
    """A paper's claims in file order, and decisions about it by number.

    Attributes:
        sentences: the paper's own words, by the id of a claim or by what ids of several begin with (``A13``).
        groups: what the rows of a group are about, by group; one of a single row needs none.
    """

    paper: Paper
    claims: tuple[Claim, ...]
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    sentences: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def sentence(self, claim: Claim) -> str:
        """The paper's words for a claim, those of the longest beginning of its id; empty where none are stored."""
        parts = claim.id.split(".")
        ids = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
        return next((self.sentences[name] for name in ids if name in self.sentences), "")


@record
class _File:
    paper: Paper
    claim: Annotated[list[dict[str, Any]], Field(min_length=1)]
    decision: dict[PositiveCount, Decision] = field(default_factory=dict)
    sentence: dict[Name, Name] = field(default_factory=dict)
    group: dict[Name, Name] = field(default_factory=dict)


def read_ledger(path: Path) -> Ledger:
    """Read and validate one ledger.

    Raises:
        InputError: unreadable file, or a bad row, naming file, row and field.
    """
    file: _File = parse(_File, read_toml(path), path.name)
    rows: dict[str, Claim] = {}
    for i, row in enumerate(file.claim):
        where = f"{path.name}: {row.get('id', f'claim[{i}]')}"
        claim = parse(Claim, row, where)
        first = next(iter(rows.values()), claim)
        if claim.id in rows:
            raise InputError("two rows have the same id", where=where)
        if claim.prefix != first.prefix:
            allowed = f"{first.prefix}…, as in the file's first row"
            raise InputError("ids of one paper begin alike", where=where, allowed=allowed)
        if unknown := [number for number in claim.decisions if number not in file.decision]:
            known = ", ".join(map(str, file.decision))
            raise InputError("no such decision", where=f"{where}.decisions", found=unknown, allowed=known)
        rows[claim.id] = claim
    ledger = Ledger(file.paper, tuple(rows.values()), file.decision, file.sentence, file.group)
    used = {ledger.sentence(claim) for claim in ledger.claims}
    if idle := [name for name, text in file.sentence.items() if text not in used]:
        raise InputError("no row has an id that begins so", where=f"{path.name}: sentence", found=", ".join(idle))
    if idle := [name for name in file.group if name not in {claim.group for claim in ledger.claims}]:
        raise InputError("no row is of this group", where=f"{path.name}: group", found=", ".join(idle))
    return ledger


def ledgers() -> tuple[Ledger, ...]:
    """Ledgers of every paper, ours first.

    Raises:
        InputError: a bad ledger, or two papers whose ids begin alike.
    """
    return _ledgers(tuple(_paths()))


def _paths() -> list[Path]:
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
    for claim in (claim for ledger in ledgers() for claim in ledger.claims if claim.id == row):
        if isinstance(claim.published, float):
            return claim.published
    raise InputError("no claim with a single published number", where="ledger", found=row)
