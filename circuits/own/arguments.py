"""Numbers of a testbench that `--set` reaches: arguments of the circuit, parameters of its devices, its stimuli."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PySpice.Spice.Netlist import SubCircuit

from circuits.own.stimulus import Input
from circuits.testbench import Settings, numeric_fields
from ipcircuit.declaration.device import Device


def defaults_of(circuit: SubCircuit | Callable[..., SubCircuit] | None) -> dict[str, Any]:
    """Arguments of what makes a circuit whose default is a number or a device, with it."""
    if circuit is None or isinstance(circuit, SubCircuit):
        return {}
    defaults = {name: parameter.default for name, parameter in inspect.signature(circuit).parameters.items()}
    return {
        name: value
        for name, value in defaults.items()
        if isinstance(value, int | float | Device) and not isinstance(value, bool)
    }


def size_settings(names: tuple[str, ...]) -> Settings:
    """Numeric arguments of the circuit."""

    def apply(bench: Any, values: Mapping[str, float]) -> Any:
        return replace(bench, sizes={**bench.sizes, **values})

    return Settings(names, apply, lambda bench: {name: bench.arguments[name] for name in names})


def put(name: str) -> Callable[[Any, Device], Any]:
    """Put a device into an argument of the circuit."""
    return lambda bench, device: replace(bench, sizes={**bench.sizes, name: device})


def device_settings(name: str, device: Device) -> Settings:
    """Parameters of a device as ``<argument>_<parameter>``."""
    names = {f"{name}_{parameter}": parameter for parameter in device.values()}

    def apply(bench: Any, values: Mapping[str, float]) -> Any:
        changed = {names[key]: value for key, value in values.items()}
        return put(name)(bench, bench.arguments[name].with_parameters(**changed))

    def read(bench: Any) -> dict[str, float]:
        values = bench.arguments[name].values()
        return {key: values[parameter] for key, parameter in names.items()}

    return Settings(tuple(names), apply, read)


def stimulus_settings(port: str, signal: Input) -> Settings:
    """Numbers of a stimulus as ``<port>_<number>``."""
    names = {f"{port}_{name}": name for name in numeric_fields(signal)}

    def apply(bench: Any, values: Mapping[str, float]) -> Any:
        changed = replace(bench.inputs[port], **{names[name]: value for name, value in values.items()})
        return replace(bench, inputs={**bench.inputs, port: changed})

    def read(bench: Any) -> dict[str, float]:
        return {key: getattr(bench.inputs[port], name) for key, name in names.items()}

    return Settings(tuple(names), apply, read)
