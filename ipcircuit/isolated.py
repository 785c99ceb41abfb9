"""Calls in a process of their own, for readers whose library may end the process that it runs in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from ipcircuit.errors import InputError

_R = TypeVar("_R")


class Isolated:
    """Runs functions in one other process, which starts with the first call; as a context, it ends with it."""

    def __init__(self) -> None:
        self._executor: Any = None

    def __call__(self, function: Callable[..., _R], *arguments: Any, where: Path, most_s: float | None = None) -> _R:
        """The function's result or exception.

        Raises InputError: the process died of the file `where`, or took more than `most_s` seconds; another process
            takes its place for the next call.
        """
        from joblib.externals.loky import ProcessPoolExecutor
        from joblib.externals.loky.process_executor import BrokenProcessPool

        if self._executor is None:
            self._executor = ProcessPoolExecutor(max_workers=1)
        try:
            return self._executor.submit(function, *arguments).result(most_s)
        except BrokenProcessPool:
            self.close()
            raise InputError("is damaged: its reader broke off", where=str(where)) from None
        except TimeoutError:
            self.close()
            raise InputError(f"is damaged, or too large: not read within {most_s:g} s", where=str(where)) from None

    def close(self) -> None:
        """End the process."""
        if self._executor is not None:
            self._executor.shutdown(kill_workers=True)
            self._executor = None

    def __enter__(self) -> Isolated:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
