"""A circuit in SPICE text as a testbench: as `CircuitTestbench`, with its subcircuit from a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from circuits.cells.devices import DeviceSubCircuit
from circuits.cells.layout import Cell, TextSubCircuit
from circuits.own.testbench import CircuitTestbench
from circuits.parts import Part
from ipcircuit.declaration.device import Device
from ipcircuit.declaration.spice import subcircuit_name
from ipcircuit.errors import InputError
from ipcircuit.families import DEVICES
from ipcircuit.spice.expressions import evaluate
from ipcircuit.spice.subcircuits import SubcircuitFile
from ipcircuit.technology.record import REFERENCE_DEVICES

_SHOWN = 20  # names of a technology, in a message


@dataclass(frozen=True)
class NetlistTestbench(CircuitTestbench):
    """A circuit of a SPICE file; its subcircuit's numeric parameters can be set.

    Attributes:
        file: as it was read. summary_text: one line for lists.
        cells: layout width by subcircuit, contacted poly pitches.
        measured: devices with the parameters of a file, by name.
    """

    file: SubcircuitFile = field(kw_only=True)
    summary_text: str = field(default="", kw_only=True)
    cells: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    measured: Mapping[str, Device] = field(default_factory=dict, kw_only=True)

    @property
    def summary(self) -> str:
        return self.summary_text or "a circuit in SPICE text"

    def build(self) -> TextSubCircuit:
        return subcircuit_of(self.file, self.cells, self.arguments, self.measured)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Declared devices that the file uses; what the line of an instance states is the circuit's own."""
        devices = {s.device.name: s.device for s in declared(self.file.used_subcircuits, self.measured)}
        return tuple(Part(device, _with_device) for device in devices.values())

    @property
    def arguments(self) -> dict[str, Any]:
        return {**self.file.parameters, **self.sizes}

    @property
    def instance_parameters(self) -> Mapping[str, float]:
        return self.sizes

    def check_uses(self) -> None:
        """Raise InputError for a model or subcircuit that neither file nor technology has, or a model of both."""
        used = frozenset(self.file.used_subcircuits)
        card = self.conditions.technology.models(self.conditions.corner, used).text
        models, subcircuits = (set(re.findall(rf"^\.{kind}\s+([\w.]+)", card, re.M)) for kind in ("model", "subckt"))
        models |= {re.sub(r"\.\d+$", "", name) for name in models} | set(REFERENCE_DEVICES)
        if taken := sorted(models & self.file.models):
            raise InputError("the circuit defines a model of the technology", found=taken[0], allowed="another name")
        subcircuits |= {str(s.name) for s in declared(self.file.used_subcircuits)}
        _check_known("model", self.file.used_models, models)
        _check_known("subcircuit", self.file.used_subcircuits, subcircuits)


def _with_device(bench: NetlistTestbench, device: Device) -> NetlistTestbench:
    return replace(bench, measured={**bench.measured, device.name: device})


def _check_known(kind: str, used: Mapping[str, str], known: set[str]) -> None:
    for name, place in used.items():
        if name not in known:
            some = ", ".join(sorted(known)[:_SHOWN])
            allowed = f"a {kind} of the file{' or the technology: ' if some else ''}{some}"
            raise InputError(f"unknown {kind}", where=place, found=name, allowed=allowed)


def declared(names: Iterable[str], measured: Mapping[str, Device] | None = None) -> list[DeviceSubCircuit]:
    """Declared devices by the names of their subcircuits, ``mtj_thermal_sampled`` of device and mode.

    Args:
        measured: those that take the place of declared ones of their name.
    """
    found = []
    for entry in DEVICES.entries():
        if any(name.startswith(entry.name) for name in names) and entry.error is None:
            device: Device = DEVICES.load(entry.name)
            device = (measured or {}).get(device.name, device)
            found += [DeviceSubCircuit(device, mode) for mode in device.modes if subcircuit_name(device, mode) in names]
    return found


def subcircuit_of(
    file: SubcircuitFile,
    cells: Mapping[str, float],
    values: Mapping[str, float],
    measured: Mapping[str, Device] | None = None,
) -> TextSubCircuit:
    """The circuit, with the declared devices that it uses in front of it.

    Args:
        cells: layout width by subcircuit.
        values: of its parameters.
        measured: see `declared`.
    """
    devices = declared(file.used_subcircuits, measured)
    known = re.findall(r"^\.subckt (\S+)", file.text, re.MULTILINE)
    if unknown := [name for name in cells if name not in known]:
        raise InputError("no such subcircuit", where="cells", found=unknown[0], allowed=", ".join(known))
    widths = [Cell(name, width_cpp=width) for name, width in cells.items()]
    text = "".join(map(str, devices)) + "\n".join(_sized(file, values))
    return TextSubCircuit(file.name, file.ports, text, (*devices, *widths))


def _sized(file: SubcircuitFile, values: Mapping[str, float]) -> Iterator[str]:
    """Lines of the file; transistors of the circuit itself with numbers where their sizes are expressions.

    Only with a number can a transistor be counted and have a mismatch.
    """
    depth, inside = 0, False
    for line in file.text.replace("\n+", " ").splitlines():
        if line.startswith(".subckt "):
            depth += 1
            inside = inside or (depth == 1 and line.split()[1] == file.name)
        elif line.startswith(".ends"):
            depth -= 1
            inside = inside and depth > 0
        if inside and depth == 1 and line[0] in "mx":
            line = re.sub(r"\b(w|l)=(\{[^}]*\}|[a-z]\w*)", lambda size: _size(size, values), line)
        yield line


def _size(size: re.Match[str], values: Mapping[str, float]) -> str:
    value = evaluate(size[2], values)
    return size[0] if value is None else f"{size[1]}={value!r}"
