"""What a report is of: everything, or the circuits and sections that a user names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from circuits.catalog import load
from ipcircuit.errors import InputError, nearest
from ipcircuit.families import CIRCUITS, SECTIONS
from ipcircuit.loading import is_description, is_file_name


@dataclass(frozen=True)
class Scope:
    """Names of circuits and sections; None: all of them. `names`: of both, as the user gave them."""

    circuits: tuple[str, ...] | None = None
    sections: tuple[str, ...] | None = None
    names: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the report is of everything."""
        return self.circuits is None and self.sections is None

    def evaluates(self, function: str) -> bool:
        """Whether the report has the claims that a function reproduces: all, or those beside a named section."""
        package = function.partition(":")[0].rpartition(".")[0]
        return self.sections is None or package in [package_of(name) for name in self.sections]


def package_of(section: str) -> str:
    """Package that holds a section."""
    return SECTIONS.get(section).target.partition(":")[0].rpartition(".")[0]


def scope_of(names: Sequence[str]) -> Scope:
    """The scope of ``--only``: circuits, also from a Python file or TOML, and sections; a name of both is both.

    Raises:
        InputError: a name of neither, a circuit that cannot be loaded, or a name given twice.
    """
    if not names:
        return Scope()
    circuits: list[str] = []
    sections: list[str] = []
    for name in names:
        if name in circuits or name in sections:
            raise InputError("given twice", where="--only", found=name)
        known = [entry.name for entry in CIRCUITS.entries()]
        if is_file_name(name) or is_description(name):
            load(name)  # its faults are told before anything is simulated
            circuits.append(name)
        elif name in known:
            circuits.append(CIRCUITS.get(name).name)
        if name in [entry.name for entry in SECTIONS.entries()]:
            sections.append(SECTIONS.get(name).name)
        if name not in circuits and name not in sections:
            raise _unknown(name)
    return Scope(tuple(circuits), tuple(sections), tuple(names))


def _unknown(name: str) -> InputError:
    allowed = list(dict.fromkeys((*CIRCUITS.names(), *SECTIONS.names())))
    hint = nearest(name.lower(), allowed)
    own = "a Python file (circuit.py:NAME), a TOML (circuit.toml)"
    return InputError(
        f"unknown circuit or section{hint}", where="--only", found=name, allowed=f"{', '.join(allowed)}, {own}"
    )
