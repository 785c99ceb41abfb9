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
        part: figure, table, finding, … in words.
        cause: the error in one line.
    """

    part: str
    cause: str

    def __str__(self) -> str:
        return f"{self.part}: {self.cause}"


def attempt(part: str, work: Callable[[], _T]) -> _T | Failure:
    """The result of `work`, or its failure: sections come from plug-ins too, and may raise anything."""
    try:
        return work()
    except IpcircuitError as error:
        return Failure(part, str(error))
    except Exception as error:  # unexpected: the line that raised it is named too
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{frame.name}, line {frame.lineno} of {frame.filename.rpartition('/')[2]}"
        return Failure(part, f"{type(error).__name__}: {error} ({where})")
