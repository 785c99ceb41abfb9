"""The command `doctor`: versions of what is installed and where it lies, what is missing, and how to get it."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

from ipcircuit.cli import console
from ipcircuit.cli.options import Json
from ipcircuit.errors import MissingDependencyError
from ipcircuit.siblings import SIBLINGS, sibling_problems
from ipcircuit.spice.library import HOW_TO_GET

OLDEST_PYTHON = (3, 11)


class Finding(TypedDict):
    """One line of the diagnosis; `version` is None where none was found, `status` is ok, missing or optional.

    `optional` means absent, and that only the commands named in `how_to_get` need it. `path` is a file or folder, None
    where there is none to tell.
    """

    name: str
    version: str | None
    status: str
    how_to_get: str
    path: str | None


def command(json: Json = False) -> None:
    """Versions of what is installed and where it lies; what is missing and how to get it."""
    findings = diagnose()
    console.print_json(findings) if json else show_findings(findings)
    if names := missing(findings):
        raise MissingDependencyError(f"missing or unusable: {', '.join(names)}")


def show_findings(findings: Sequence[Finding]) -> None:
    """A row for each thing the project uses, then where things are."""
    rows = [(f["name"], f["version"] or "", f["status"], f["how_to_get"]) for f in findings]
    console.print_table("this machine", ["what", "version", "status", "what to do"], rows)
    console.print_table("where", ["what", "path"], [(f["name"], f["path"]) for f in findings if f["path"]])


def diagnose() -> list[Finding]:
    """Everything the project uses. Starts a simulator process; imports no heavy package here."""
    checks: tuple[Callable[[], Finding], ...] = (
        _python,
        lambda: _package("PySpice", "pip install PySpice"),
        _libngspice,
        _sandbox,
        _ngspice_program,
        lambda: _package("openvaf-py", "pip install openvaf-py (compiles the Verilog-A in the tests)", needed=False),
        lambda: _package("torch", "pip install torch (network experiments and compact models)"),
        _gpu,
        _siblings,
        _cache,
        _card,
        _technologies,
        _failed_decks,
    )
    return [check() for check in checks]


def missing(findings: Sequence[Finding]) -> list[str]:
    """Names of what is needed and not there."""
    return [finding["name"] for finding in findings if finding["status"] == "missing"]


def _found(name: str, version: str, path: object = None) -> Finding:
    where = None if path is None else str(path)
    return {"name": name, "version": version, "status": "ok", "how_to_get": "", "path": where}


def _absent(name: str, how_to_get: str, *, needed: bool = True, version: str | None = None) -> Finding:
    status = "missing" if needed else "optional"
    return {"name": name, "version": version, "status": status, "how_to_get": how_to_get, "path": None}


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return _found("Python", version, sys.executable)
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return _absent("Python", f"needs Python {oldest} or newer", version=version)


def _package(name: str, how_to_get: str, needed: bool = True) -> Finding:
    try:
        return _found(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return _absent(name, how_to_get, needed=needed)


def _libngspice() -> Finding:
    from ipcircuit.spice.workers import pool

    try:
        with pool().worker() as worker:
            hello = worker.wait_ready()
    except MissingDependencyError as error:
        return _absent("libngspice", str(error))
    return _found("libngspice", str(hello.version), next(iter(hello.files), hello.library))


def _sandbox() -> Finding:
    from ipcircuit.spice.sandbox import HOW_TO_GET, PROTECTIONS

    try:
        active = _protections()
    except MissingDependencyError:
        active = ()
    lacking = [name for name in PROTECTIONS if name not in active]
    if not lacking:
        return _found("simulator's sandbox", ", ".join(active))
    how = f"not active: {', '.join(lacking)}; needs {HOW_TO_GET}"
    return _absent("simulator's sandbox", how, needed=False, version=", ".join(active) or None)


def _protections() -> tuple[str, ...]:
    """Rights that a simulator process has given up."""
    from ipcircuit.spice.workers import pool

    with pool().worker() as worker:
        return worker.wait_ready().protections


def _ngspice_program() -> Finding:
    how = f"{HOW_TO_GET} (needed only to run exported decks)"
    program = shutil.which("ngspice")
    if program is None:
        return _absent("ngspice program", how, needed=False)
    try:
        shown = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return _absent("ngspice program", f"{program} does not run: {error}. {how}", needed=False)
    words = [word for word in shown.split() if word.startswith("ngspice-")]
    return _found("ngspice program", words[0].removeprefix("ngspice-") if words else "unknown", program)


def _gpu() -> Finding:
    how = "an NVIDIA GPU with its driver, and pip install nvidia-ml-py; needed only to measure GPU energy"
    try:
        import pynvml  # type: ignore[import-not-found]
    except ImportError:
        return _absent("GPU (NVML)", how, needed=False)
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return _absent("GPU (NVML)", f"{error}; {how}", needed=False)
    try:
        count = pynvml.nvmlDeviceGetCount()
        names = [str(pynvml.nvmlDeviceGetName(pynvml.nvmlDeviceGetHandleByIndex(i))) for i in range(count)]
        driver = pynvml.nvmlSystemGetDriverVersion()
    except pynvml.NVMLError as error:
        return _absent("GPU (NVML)", f"{error}; {how}", needed=False)
    finally:
        pynvml.nvmlShutdown()
    if not names:
        return _absent("GPU (NVML)", how, needed=False)
    return _found("GPU (NVML)", f"driver {driver}: {', '.join(names)}")


def _siblings() -> Finding:
    problems = sibling_problems()
    if not problems:
        return _found("sibling packages", ", ".join(SIBLINGS), Path(__file__).resolve().parents[2])
    return _absent("sibling packages", "; ".join(problems.values()))


def _cache() -> Finding:
    from ipcircuit.spice import cache

    store = cache.active()
    if store is None:
        return _absent("simulation cache", f"switched off: {cache.FOLDER_VARIABLE} is {cache.OFF!r}", needed=False)
    return _found("simulation cache", f"up to {store.limit_bytes / 2**30:g} GiB", store.path)


def _card() -> Finding:
    from ipcircuit.spice.models import card_file

    return _found("model card", "lp28", card_file())


def _technologies() -> Finding:
    from ipcircuit.technology import catalog

    return _found("technologies", ", ".join(catalog.names()), catalog.folder())


def _failed_decks() -> Finding:
    from ipcircuit.spice.decks import deck_folder

    folder = deck_folder()
    return _found("failed decks", f"{sum(1 for _ in folder.glob('*.cir'))} kept", folder)
