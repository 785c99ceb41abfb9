"""Plain PySpice 1.5 with ngspice 34 and later, in the user's own process: `use_ngspice`.

This project simulates in worker processes (`ipcircuit.spice.workers`). A script of PySpice's own, with
``circuit.simulator()``, runs the library where the script runs, and PySpice 1.5 fails there: it looks for
``libngspice.so``, which Debian has in a -dev package only, and takes every note on standard error for a failure.
"""

from __future__ import annotations

import re
import threading
from typing import Any

from PySpice.Spice.NgSpice.Shared import NgSpiceCircuitError, NgSpiceCommandError, NgSpiceShared
from PySpice.Spice.NgSpice.Shared import ffi as _ffi
from PySpice.Spice.NgSpice.SimulationType import SIMULATION_TYPE

from ipcircuit.errors import MissingDependencyError
from ipcircuit.spice import diagnosis
from ipcircuit.spice.library import HOW_TO_GET, judge, library_candidates

ffi: Any = _ffi  # its functions come from a header read at run time
_DEFAULT_ID = 0  # of the instance that `circuit.simulator()` takes
_ERROR = re.compile(r"\s*(fatal )?error\b", re.IGNORECASE)
_lock = threading.Lock()


def use_ngspice() -> NgSpiceShared:
    """Make ``circuit.simulator()`` of plain PySpice 1.5 work with the installed ngspice.

    From then on PySpice's default simulator finds the library as this project does (``NGSPICE_LIBRARY_PATH`` names
    another one), fails when a run has failed and not because ngspice says something, and warns of no version that
    works. A second call changes nothing.

    The library runs in this process. A deck that crashes it ends the script; one that leaves it unusable (an undefined
    parameter) makes every later run of the process fail; files in ``.include`` are read, and commands in a deck are
    obeyed, with the rights of the user. `ipcircuit.load(…).simulate` and `ipcircuit.spice.jobs.simulate` run in worker
    processes, where none of this reaches the script.

    Returns:
        PySpice's object for the library, for `exec_command` and the like.

    Raises:
        MissingDependencyError: no library, or an unsupported version.
    """
    with _lock:
        known = NgSpiceShared._instances.get(_DEFAULT_ID)
        if not isinstance(known, _OwnProcess):
            known = NgSpiceShared._instances[_DEFAULT_ID] = _loaded()
        return known


def _loaded() -> _OwnProcess:
    problems = []
    for name in library_candidates():
        try:
            return _OwnProcess(name)
        except OSError as error:
            problems.append(str(error).splitlines()[0])
    raise MissingDependencyError(f"libngspice not found: {'; '.join(problems)}. {HOW_TO_GET}")


class _OwnProcess(NgSpiceShared):
    """PySpice's binding with callbacks that judge ngspice's words as `ipcircuit.spice.diagnosis` does."""

    def __init__(self, path: str) -> None:
        self.LIBRARY_PATH = path
        self._gone = False
        self._of_loading: list[str] = []  # what ngspice said of the circuit when it was loaded
        super().__init__(ngspice_id=_DEFAULT_ID)
        self.exec_command("set num_threads=1")  # see `ipcircuit.spice.workers.SINGLE_THREADED`

    def _get_version(self) -> None:
        super()._get_version()
        SIMULATION_TYPE.setdefault(judge(self.ngspice_version), SIMULATION_TYPE["last"])

    @staticmethod
    def _send_char(message: Any, ngspice_id: int, user_data: Any) -> int:
        self = ffi.from_handle(user_data)
        stream, _, text = ffi.string(message).decode("utf-8", "replace").partition(" ")
        if stream == "stderr":
            self._stderr.append(text)
            fatal = diagnosis.is_fatal([text])
            self._error_in_stderr = self._error_in_stderr or fatal
            (self._logger.error if fatal else self._logger.info)(text)
        else:
            self._stdout.append(text)
            self._error_in_stdout = self._error_in_stdout or bool(_ERROR.match(text))
        return self.send_char(f"{stream} {text}", ngspice_id)

    @staticmethod
    def _background_thread_running(not_running: bool, ngspice_id: int, user_data: Any) -> int:
        # PySpice's own returns None where C wants an int, and takes the flag for its opposite.
        ffi.from_handle(user_data)._is_running = not not_running
        return 0

    @staticmethod
    def _exit(status: int, unload: bool, quitting: bool, ngspice_id: int, user_data: Any) -> int:
        ffi.from_handle(user_data)._gone = True
        return 0

    def exec_command(self, command: str, join_lines: bool = True) -> Any:
        """Execute a command and return its output.

        Raises:
            NgSpiceCommandError: it failed; the message has ngspice's own words.
        """
        self._still_usable()
        try:
            return super().exec_command(command, join_lines)
        except NameError as error:  # PySpice's errors are of this kind
            raise NgSpiceCommandError(f"{error}: {self._why()}") from None

    def load_circuit(self, circuit: object) -> None:
        """Load a circuit.

        Raises:
            NgSpiceCircuitError: ngspice does not accept it; the message has its own words.
        """
        self._still_usable()
        self._of_loading = []
        refused = False
        try:
            super().load_circuit(circuit)
        except NameError:
            refused = True
        self._of_loading = list(self._stderr)
        if refused or self._error_in_stderr:
            raise NgSpiceCircuitError(f"circuit not accepted: {self._why()}")

    def _why(self) -> str:
        words = dict.fromkeys([*self._of_loading, *self._stderr])
        return diagnosis.cause(words) or diagnosis.cause(self._stdout) or "no reason given"

    def _still_usable(self) -> None:
        if self._gone or diagnosis.is_poisoned(self._stderr):
            self._gone = True
            raise NgSpiceCommandError("an earlier circuit has left ngspice unusable: start the script anew")
