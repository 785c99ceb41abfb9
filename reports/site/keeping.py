"""What a report computed, kept for the next one as long as the project's files are the same.

Plug-ins, circuits from a user's file and folders of runs may change without notice: nothing that could rest on them is
kept. What failed is computed again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import metadata
from typing import Any, TypeVar

from ipcircuit.errors import InputError
from ipcircuit.families import BUILT_IN, CIRCUITS, REGISTRIES
from ipcircuit.kept import kept
from ipcircuit.spice.jobs import simulator_build
from reports.section import Run

_T = TypeVar("_T")


class _UnkeptError(Exception):
    """Carries a result past the cache."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


@cache
def _only_ours() -> bool:
    """Whether no plug-in is there: sections count, compare and draw whatever is registered."""
    return all(entry.source == BUILT_IN for registry in REGISTRIES for entry in registry.entries())


def of_circuit(name: str) -> bool:
    """Whether what is computed of a circuit may be kept."""
    try:
        return CIRCUITS.get(name).source == BUILT_IN
    except InputError:  # a plug-in's that cannot be used: told where it is computed
        return False


def of_sections(run: Run) -> bool:
    """Whether what sections compute may be kept."""
    return run.runs is None and _only_ours()


def keep(name: str, may: bool, compute: Callable[[], _T], whole: Callable[[_T], bool]) -> _T:
    """The result of `compute`, from the cache where it holds it.

    Args:
        name: of the computation.
        may: whether it may be kept.
        whole: whether nothing of a result failed; else it is not kept.
    """

    def checked() -> _T:
        result = compute()
        if not whole(result):
            raise _UnkeptError(result)
        return result

    if not may:
        return compute()
    try:
        return kept(f"report: {name}", checked, metadata.version("matplotlib"), simulator_build())
    except _UnkeptError as unkept:
        return unkept.result


def recalled(name: str, may: bool) -> Any | None:
    """What is kept under a name; None: nothing."""

    def nothing() -> Any:
        raise _UnkeptError(None)

    return keep(name, True, nothing, whole=bool) if may else None
