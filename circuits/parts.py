"""Devices of a circuit, and how the parameters of a file are put into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ipcircuit.declaration.device import Device
from ipcircuit.devices.parameter_file import ParameterFile
from ipcircuit.errors import InputError


@dataclass(frozen=True)
class Part:
    """A device of a circuit whose parameters a file may state.

    Attributes:
        device: as the circuit has it.
        put: (testbench, device) to the testbench with that device in its place.
        own: parameters that the circuit decides, whatever a file says.
    """

    device: Device
    put: Callable[[Any, Device], Any]
    own: tuple[str, ...] = ()

    @classmethod
    def of(cls, testbench: Any, path: str, *own: str) -> Part:
        """The device in the field at a dotted path below the testbench."""
        device = testbench
        for name in path.split("."):
            device = getattr(device, name)
        record, _, field = path.rpartition(".")
        return cls(device, lambda bench, other: replaced(bench, record, {field: other}), own)


def replaced(record: Any, path: str, values: Mapping[str, Any]) -> Any:
    """Copy of a dataclass with new values in the record at a dotted path below it, ``""`` for itself."""
    if not path:
        return replace(record, **values)
    first, _, rest = path.partition(".")
    return replace(record, **{first: replaced(getattr(record, first), rest, values)})


def meant(parts: Sequence[Part], file: ParameterFile) -> list[Part]:
    """The parts that a parameter file is for: of the device that it names, or else the only one with its parameters."""
    if file.device is not None:
        return [part for part in parts if part.device.name == file.device]
    names = set(file.values())
    return [part for part in parts if names <= set(part.device.values())]


def with_parameters_of(testbench: Any, file: ParameterFile) -> Any:
    """The testbench whose devices have the parameters of a file; several of one kind all get them.

    Raises:
        InputError: no device of the circuit is meant, or several kinds are, or a value that the device cannot have.
    """
    parts = meant(testbench.parts, file)
    kinds = sorted({part.device.name for part in parts})
    if len(kinds) != 1:
        known = ", ".join(dict.fromkeys(part.device.name for part in testbench.parts))
        raise InputError(
            f"no device of circuit {testbench.name} has these parameters"
            if not kinds
            else f"several devices of circuit {testbench.name} have these parameters: [fit] device names one",
            where=f"--device {file.path}".strip(),
            found=file.device or ", ".join(file.values()),
            allowed=known or "none: this circuit has no device of which it says so",
        )
    for part in parts:
        kept = tuple(p for p in part.device.parameters if p.name in part.own)
        testbench = part.put(testbench, file.applied(part.device).with_set(kept))
    return testbench
