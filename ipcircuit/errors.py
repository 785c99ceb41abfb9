"""Errors a user can act on. Each carries the exit code the command line returns for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_LONGEST = 300  # characters of a value or place in a message


class IpcircuitError(Exception):
    """Base of every error this project raises on purpose; `exit_code` is what the CLI returns."""

    exit_code = 2


class InputError(IpcircuitError):
    """Bad input: says where it was found, what was found and what is allowed.

    Args:
        message: the whole sentence a user reads, or the bare problem when `where`/`found`/`allowed` are given.
        where: file and field (for example ``"params.toml: r_parallel"``).
        found: the offending value, as given.
        allowed: what would have been accepted.
    """

    def __init__(
        self, message: str, *, where: str | None = None, found: object | None = None, allowed: str | None = None
    ) -> None:
        text = f"{cut(where)}: {message}" if where else message
        if found is not None:
            text += f"; found {shown(found)}"
        if allowed is not None:
            text += f"; allowed: {allowed}"
        super().__init__(text)
        self.where: str | None = where
        self.found: object | None = found
        self.allowed: str | None = allowed


def nearest(name: str, known: Iterable[str]) -> str:
    """What follows "unknown …" in a message: the known name that is most like `name`, or nothing."""
    import difflib

    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def shown(value: object) -> str:
    """`repr` of a value for a message, cut; a number too long for it is named."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of more than 4300 digits
        return "a number of thousands of digits"
    return cut(text)


def cut(text: str) -> str:
    """A text for a message; what is longer than `_LONGEST` lacks its end."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


class OutputError(IpcircuitError):
    """Standard output cannot be written: the disk is full, it is closed, or its reader has left (`reader_left`)."""

    def __init__(self, message: str, reader_left: bool = False) -> None:
        super().__init__(message)
        self.reader_left = reader_left


class MissingDependencyError(IpcircuitError):
    """A program or library this command needs is absent or too old; the message says how to get it."""


class ClusterError(IpcircuitError):
    """A dask cluster has lost what it was given; what had been finished is kept."""

    exit_code = 1


class SimulationError(IpcircuitError):
    """The simulator failed.

    Args:
        circuit, condition: what was simulated, under what.
        cause: a sentence for people.
        deck_path: where the deck was saved.
        failure: the reason for programs, a `ipcircuit.spice.protocol.Failure`.
    """

    def __init__(
        self, circuit: str, condition: str, cause: str, deck_path: Path | str | None, failure: str | None = None
    ) -> None:
        deck = f"; deck saved at {deck_path}" if deck_path else ""
        super().__init__(f"{circuit} ({condition}): {cause}{deck}")
        self.circuit: str = circuit
        self.condition: str = condition
        self.cause: str = cause
        self.deck_path: Path | str | None = deck_path
        self.failure: str | None = failure

    def __reduce__(self) -> tuple[type[SimulationError], tuple[object, ...]]:
        return type(self), (self.circuit, self.condition, self.cause, self.deck_path, self.failure)
