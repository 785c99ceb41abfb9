"""Declared devices as they are made: each instance of a random copy with parameters of its own, at its temperature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from PySpice.Spice.Netlist import SubCircuit

from circuits.cells.layout import TextSubCircuit
from ipcircuit.declaration.device import Device
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.spice.expressions import evaluate
from ipcircuit.spice.netlist import Subcircuit, read, tokenize
from ipcircuit.units import NOMINAL_C

Devices = Mapping[str, tuple[Device, str]]  # device and mode by the name of their subcircuit


def as_made(
    circuit: SubCircuit,
    devices: Devices,
    values: Mapping[str, Any],
    sample: Sample | None,
    temperature_C: float = NOMINAL_C,
) -> SubCircuit:
    """The circuit whose device instances have their parameters in a copy, at an ambient temperature (°C).

    An instance is known by its path.

    Args:
        values: of the circuit's parameters, which an instance may use.
        sample: None: as designed.

    Raises:
        InputError: a device in a cell that is used several times, whose copies would be the same; a parameter that
            leaves the range in which the device's model holds, or a temperature at which a law does not.
    """
    drawn = sample is not None and any(device.variations for device, _ in devices.values())
    if not drawn and all(device.at_ambient(temperature_C) is device for device, _ in devices.values()):
        return circuit
    text = str(circuit)
    paths = _paths(read(text), str(circuit.name).lower(), devices, once=drawn)
    lines = _lines(text, paths, devices, values, sample, temperature_C)
    return TextSubCircuit(circuit.name, circuit.external_nodes, "\n".join(lines), circuit.subcircuits)


def _paths(top: Subcircuit, name: str, devices: Devices, *, once: bool) -> dict[tuple[str, str], str]:
    """Path below the circuit of each device instance, by the subcircuit around it and its name.

    Args:
        once: refuse an instance that has several paths.
    """
    paths: dict[tuple[str, str], str] = {}

    def visit(body: Subcircuit, path: str) -> None:
        for statement in body.statements:
            if statement[0].lower() != "x":
                continue
            used, definition = body.used_by(statement)
            instance = statement.split()[0].lower()
            if used.lower() in devices:
                if paths.setdefault((body.name, instance), path + instance) != path + instance and once:
                    raise InputError(
                        "a device in a cell that is used several times: its copies would be the same",
                        where=f"{body.name}: {instance}",
                        allowed="devices in the circuit itself, or in a cell that it uses once",
                    )
            elif definition is not None:
                visit(definition, f"{path}{instance}.")

    circuit = top.find(name)
    if circuit is not None:
        visit(circuit, "")
    return paths


def _lines(
    text: str,
    paths: Mapping[tuple[str, str], str],
    devices: Devices,
    values: Mapping[str, Any],
    sample: Sample | None,
    temperature_C: float,
) -> Iterator[str]:
    around = [""]
    for line in text.replace("\n+", " ").splitlines():
        words = line.lower().split()
        if words[:1] == [".subckt"]:
            around.append(words[1])
        elif words[:1] == [".ends"]:
            around.pop()
        path = paths.get((around[-1], words[0])) if words else None
        yield line if path is None else _instance(line, path, devices, values, sample, temperature_C)


def _instance(
    line: str, path: str, devices: Devices, values: Mapping[str, Any], sample: Sample | None, temperature_C: float
) -> str:
    tokens, texts = tokenize(line)
    device, _ = devices[tokens[-1].lower()]
    numbers = {name.lower(): evaluate(text.lower(), values) for name, text in texts.items()}
    if unknown := [name for name, value in numbers.items() if value is None]:
        why = "a random copy" if sample is not None else "another temperature"
        raise InputError(f"no number, which {why} needs", where=path, found=texts[unknown[0]])
    set_ = {name: value for name, value in numbers.items() if value is not None}
    before = device.values()
    own = device.with_parameters(**set_)
    after = (own if sample is None else own.varied(sample, path)).at_ambient(temperature_C).values()
    changed = {name: value for name, value in after.items() if value != before[name]}
    return " ".join([*tokens, *(f"{name}={value!r}" for name, value in changed.items())])
