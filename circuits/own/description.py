"""A circuit that a TOML describes: the SPICE file of its subcircuit, and what `CircuitTestbench` needs to know of it.

docs/howto/your_own_neuron.md has an example; every key is a field of `CircuitTestbench`, with the fields of its parts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field, fields
from pathlib import Path
from typing import Any

from circuits.conditions import Conditions
from circuits.events import Event
from circuits.own.curves import Curve
from circuits.own.netlist import NetlistTestbench
from circuits.own.operation import Operation, Period, SpikeInterval
from circuits.own.stimulus import Current, Input, Piecewise, Pulses, Spikes
from ipcircuit.errors import InputError
from ipcircuit.records import Name, NonNegative, Positive, parse, read_toml, record
from ipcircuit.spice.subcircuits import read_subcircuit
from ipcircuit.technology.catalog import DEFAULT, names, technology

#: By the key that tells them apart; the first that is there counts.
_INPUTS: dict[str, type[Input]] = {"level_A": Current, "times_s": Spikes, "corners": Piecewise, "width_s": Pulses}
_OPERATIONS: dict[str, type[Operation]] = {"operation_s": Period, "run_s": SpikeInterval}


@record
class _Curve:
    name: Name
    setting: Name
    values: tuple[float, ...]
    quantity: Name
    expected: tuple[float, ...]
    tolerance: Positive


@record
class _Description:
    netlist: Name
    supplies: dict[str, float]
    inputs: dict[str, dict[str, Any]]
    operation: dict[str, Any]
    subcircuit: Name | None = None
    summary: str = ""
    technology: Name = DEFAULT
    outputs: tuple[Name, ...] = ("output",)
    biases: dict[str, float] = field(default_factory=dict)
    unconnected: tuple[Name, ...] = ()
    sizes: dict[str, float] = field(default_factory=dict)
    loads: dict[str, NonNegative] = field(default_factory=dict)
    initial_V: dict[str, float] = field(default_factory=dict)
    spike_level: Positive = 0.5
    fed_by: dict[str, Name] = field(default_factory=dict)
    meters: dict[str, Name] = field(default_factory=dict)
    paid_per: dict[str, Event] = field(default_factory=dict)
    write_input: str = ""
    paper: tuple[Name, ...] = ()
    overlay_um2: dict[str, NonNegative] = field(default_factory=dict)
    estimate_J: dict[str, float] = field(default_factory=dict)
    capacitor_F_m2: Positive = 2e-3
    cells: dict[str, Positive] = field(default_factory=dict)
    curve: tuple[_Curve, ...] = ()


def read_testbench(path: Path) -> NetlistTestbench:
    """The testbench that a TOML describes. Names are those of SPICE, without regard to case.

    Raises:
        InputError: file and field, or of the SPICE file the line; a port that the subcircuit does not have, or of which
            nothing is said.
    """
    d: _Description = parse(_Description, read_toml(path), str(path))
    file = read_subcircuit(_below(path, "netlist", d.netlist), d.subcircuit, root=path.parent)
    process = technology(d.technology if d.technology in names() else _below(path, "technology", d.technology))
    lower = {name: _lower(getattr(d, name)) for name in _PORTS}
    inputs = {port.lower(): _part(_INPUTS, table, f"{path}: inputs.{port}") for port, table in d.inputs.items()}
    same = ("spike_level", "capacitor_F_m2", "estimate_J")
    try:
        bench = NetlistTestbench(
            inputs=inputs,
            operation=_part(_OPERATIONS, d.operation, f"{path}: operation"),
            file=file,
            summary_text=d.summary,
            cells=_lower(d.cells),
            conditions=Conditions(v_dd=max(d.supplies.values(), default=1.0), technology=process),
            curves=tuple(Curve(**{f.name: getattr(c, f.name) for f in fields(_Curve)}) for c in d.curve),  # pyright: ignore[reportArgumentType]
            **lower,
            **{name: getattr(d, name) for name in same},
        )
        bench.check_ports()
        if unknown := [name for name in bench.sizes if name not in file.parameters]:
            allowed = ", ".join(file.parameters) or "none: its .subckt line has no NAME=NUMBER"
            raise InputError("the subcircuit has no such parameter", where="sizes", found=unknown[0], allowed=allowed)
    except InputError as error:
        raise InputError(str(error), where=str(path)) from None
    return bench


_PORTS = (
    *("supplies", "outputs", "biases", "unconnected", "sizes", "loads", "initial_V", "fed_by", "meters"),
    *("paid_per", "write_input", "paper", "overlay_um2"),
)


def _below(path: Path, key: str, name: str) -> Path:
    """A file that a description names. Raises InputError: it lies, followed through links, outside its folder."""
    folder, file = Path(os.path.realpath(path.parent)), path.parent / name
    if not Path(os.path.realpath(file)).is_relative_to(folder):
        raise InputError(
            "outside the folder of the description",
            where=f"{path}: {key}",
            found=name,
            allowed=f"a file below {folder}",
        )
    return file


def _lower(value: Any) -> Any:
    """Names in lower case, as SPICE reads them: keys of a table, words of a list, a word."""
    if isinstance(value, Mapping):
        return {str(key).lower(): other for key, other in value.items()}
    return value.lower() if isinstance(value, str) else tuple(word.lower() for word in value)


def _part(kinds: Mapping[str, Any], table: Mapping[str, Any], where: str) -> Any:
    """An object of the kind that one of its keys tells."""
    for key, kind in kinds.items():
        if key in table:
            return parse(kind, dict(table), where)
    allowed = "; ".join(f"{key} ({kind.__name__})" for key, kind in kinds.items())
    raise InputError("which kind is it?", where=where, found=", ".join(table) or "nothing", allowed=allowed)
