"""Energy, area and time of neurons built from emerging devices and CMOS, from ngspice to network memory energy.

Importing this package loads nothing heavy: what `__all__` names is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ipcircuit.api.circuit import LoadedCircuit, load
    from ipcircuit.api.networks import network_cost
    from ipcircuit.api.sweeps import sweep
    from ipcircuit.errors import InputError, IpcircuitError, MissingDependencyError, SimulationError
    from ipcircuit.families import CIRCUITS, DEVICES, TASKS
    from ipcircuit.spice.own_process import use_ngspice
    from ipcircuit.technology.card_file import card_path
    from ipcircuit.units import si

    __version__: str

__all__ = [
    "CIRCUITS",
    "DEVICES",
    "TASKS",
    "InputError",
    "IpcircuitError",
    "LoadedCircuit",
    "MissingDependencyError",
    "SimulationError",
    "__version__",
    "card_path",
    "load",
    "network_cost",
    "si",
    "sweep",
    "use_ngspice",
]

_HOME = {  # public name: module that defines it; the imports above say the same to type checkers
    "CIRCUITS": "ipcircuit.families",
    "DEVICES": "ipcircuit.families",
    "TASKS": "ipcircuit.families",
    "InputError": "ipcircuit.errors",
    "IpcircuitError": "ipcircuit.errors",
    "LoadedCircuit": "ipcircuit.api.circuit",
    "MissingDependencyError": "ipcircuit.errors",
    "SimulationError": "ipcircuit.errors",
    "card_path": "ipcircuit.technology.card_file",
    "load": "ipcircuit.api.circuit",
    "network_cost": "ipcircuit.api.networks",
    "si": "ipcircuit.units",
    "sweep": "ipcircuit.api.sweeps",
    "use_ngspice": "ipcircuit.spice.own_process",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value = _version()
    elif name in _HOME:
        from importlib import import_module

        value = getattr(import_module(_HOME[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    """Of the installed distribution; `0+unknown` in a source tree that is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ipcircuit")
    except PackageNotFoundError:
        return "0+unknown"
