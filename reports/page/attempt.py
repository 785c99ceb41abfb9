"""A part of the report that fails leaves the rest: its error is a value that stands in its place."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ipcircuit.errors import IpcircuitError

_T = TypeVar("_T")


@dataclass(frozen=True)
class Failure:
    """Part of the report that raised.

    Attributes:
        part: figure, table, finding, … as ``module.function`` or in words.
        cause: the error in one line, and where it was raised if it is no error on purpose.
    """

    part: str
    cause: str

    def __str__(self) -> str:
        return f"{self.part}: {self.cause}"


def attempt(part: str, work: Callable[[], _T]) -> _T | Failure:
    """The result of `work`, or its failure."""
    try:
        return work()
    except Exception as error:  # sections come from plug-ins too: whatever one raises is its own
        return Failure(part, cause_of(error))


def cause_of(error: Exception) -> str:
    """An error in one line; of an unexpected one also its type and the line that raised it."""
    if isinstance(error, IpcircuitError):
        return str(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({frame.name}, line {frame.lineno} of {frame.filename.rpartition('/')[2]})"
