"""Technologies by name, or from a user's TOML.

A file states the library, the length and the supply; what else it leaves out follows from these by a rule that the
parameter's source states, as an assumption. A value is a number or a table of value, low, high, source and basis; a
number's source is that of its section.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Mapping
from dataclasses import field
from importlib import resources
from pathlib import Path
from typing import Any

from ipcircuit.errors import InputError
from ipcircuit.parameters import Basis, Parameter
from ipcircuit.records import Name, Positive, parse, read_toml, record
from ipcircuit.technology.record import DEFAULT, UNIT_LENGTH, IoDevice, IoTransistors, Technology

_BUILTIN = resources.files("ipcircuit.technology").joinpath("builtin")
_LIBRARIES = resources.files("netlists").joinpath("models")
#: Name in tables and unit of each value.
_VALUES = {
    "length": ("gate length", "m"),
    "width": ("minimum width", "m"),
    "v_dd": ("nominal supply", "V"),
    "temperature_C": ("temperature", "°C"),
    "a_vt": ("A_VT", "V m"),
    "a_beta": ("A_beta", "m"),
    "feature_size": ("feature size", "m"),
    "poly_pitch": ("contacted poly pitch", "m"),
    "row_height": ("cell height", "m"),
}
_REQUIRED = ("length", "v_dd")
_OF_DRIVER = {
    "supply": ("I/O supply", "V"),
    "on_current_n": ("n drive current", "A/m"),
    "on_current_p": ("p drive current", "A/m"),
    "saturation": ("saturation voltage", "V"),
    "gate_length": ("gate length", "m"),
    "gate_capacitance": ("gate capacitance", "F/m"),
    "off_current": ("off current", "A/m"),
}
#: Unit of each figure that a file may state of its devices, magnitudes; `v_dd` is the supply at which it does.
FIGURES = {
    "v_dd": "V",
    **{f"{figure}_{polarity}": unit for figure, unit in (("i_on", "A/m"), ("i_off", "A/m")) for polarity in "np"},
    **{f"{figure}_{polarity}": "V" for figure in ("v_th_lin", "v_th_sat") for polarity in "np"},
    **{f"dibl_{polarity}": "V/V" for polarity in "np"},
    **{f"swing_{polarity}": "V/decade" for polarity in "np"},
    "v_switch": "V",
    "inverter_gain": "",
    "fo4": "s",
    "ring_delay": "s",
    "ring_energy": "J",
}


@record
class _Value:
    value: float | None = None
    low: float | None = None
    high: float | None = None
    source: str | None = None
    basis: Basis | None = None


_Values = dict[str, float | str | _Value]


@record
class _Models:
    file: Name
    corners: dict[str, str] = field(default_factory=dict)
    unit_m: Positive | None = None


@record
class _Devices:
    n: Name | None = None
    p: Name | None = None


@record
class _File:
    name: Name
    values: _Values
    summary: str = ""
    models: _Models | None = None
    devices: _Devices = field(default_factory=_Devices)
    driver: dict[str, _Values] = field(default_factory=dict)
    figures: _Values = field(default_factory=dict)


def folder() -> Path:
    """Where the files of the built-in technologies are."""
    return Path(str(_BUILTIN))


def names() -> tuple[str, ...]:
    """Built-in technologies, the default first."""
    found = sorted(entry.name.removesuffix(".toml") for entry in _BUILTIN.iterdir() if entry.name.endswith(".toml"))
    return (DEFAULT, *(name for name in found if name != DEFAULT))


def technology(name: str | Path = DEFAULT) -> Technology:
    """A technology by name, or from a TOML.

    Args:
        name: one of `names`, or path of a file.

    Raises:
        InputError: no such technology, an unreadable file, or a field or value that a technology cannot have.
    """
    if isinstance(name, str) and name in names():
        return _built_in(name)
    path = Path(name)
    if isinstance(name, str) and path.suffix != ".toml" and not os.path.exists(name):  # which raises nothing
        allowed = f"{', '.join(names())}, or path of a TOML"
        raise InputError("unknown technology", where="technology", found=name, allowed=allowed)
    read = read_technology(path, path.parent)
    if read.name in names():
        raise InputError(
            "name of a built-in technology", where=f"{path}: name", found=read.name, allowed="another name"
        )
    return read


def drive_ratio(process: Technology, polarity: str) -> float | None:
    """On-current of a transistor over that of the same one of a circuit in lp28, from what both state; None: unknown.

    Each at the supply that it is stated for: a rough measure, for checks that a design has room.
    """
    own, there = (t.stated(f"i_on_{polarity}") for t in (_built_in(DEFAULT), process))
    return None if own is None or there is None else there / own * process.width_scale


def chosen(name: str | Path | Technology | None, card: str | Path | None) -> Technology | None:
    """A technology as users state one; None where they state nothing.

    Args:
        name: as of `technology`, or a record; None with a card: the default one.
        card: a library in place of its own.

    Raises:
        InputError: as `technology`.
    """
    if name is None and card is None:
        return None
    process = name if isinstance(name, Technology) else technology(DEFAULT if name is None else name)
    return process if card is None else process.with_card(Path(card))


@functools.cache
def _built_in(name: str) -> Technology:
    return read_technology(_BUILTIN.joinpath(f"{name}.toml"), Path(str(_LIBRARIES)))


def read_technology(file: object, folder: Path) -> Technology:
    """The technology of a TOML (path or packaged resource) whose library lies in or below `folder`.

    Raises:
        InputError: as `technology`.
    """
    return technology_of(read_toml(file), str(file), folder)


def technology_of(content: Mapping[str, Any], file: str, folder: Path) -> Technology:
    """The technology of a TOML's content; `file` is its name in messages. As `read_technology`."""
    data = parse(_File, content, file)
    values = _parameters(data.values, _VALUES, f"{file}: values")
    for needed in _REQUIRED:
        if needed not in values:
            raise InputError(f"missing {needed}", where=f"{file}: values")
    if set(_VALUES) - set(values) - {"a_beta"}:
        values = {**_defaults(values["length"]), **values}
    if data.models is None and data.name != DEFAULT:
        raise InputError("missing models", where=file)
    models = data.models
    if models and models.corners and "tt" not in {corner.lower() for corner in models.corners}:
        found = ", ".join(models.corners)
        raise InputError("no typical corner", where=f"{file}: models.corners", found=found, allowed="tt among them")
    return Technology(
        name=data.name,
        summary=data.summary,
        card=_library(folder, models.file, file) if models else None,
        root=folder if models else None,
        corners=tuple((corner.lower(), section) for corner, section in models.corners.items()) if models else (),
        unit_m=models.unit_m if models else None,
        n=data.devices.n,
        p=data.devices.p,
        temperature=values.pop("temperature_C"),
        io=_io_devices(data.driver, file),
        figures=tuple(_parameters(data.figures, {f: (f, u) for f, u in FIGURES.items()}, f"{file}: figures").values()),
        **values,
    )


def _library(folder: Path, name: str, where: str) -> Path:
    path = folder / name
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        allowed = "a file in or below the folder of the technology's file"
        raise InputError("library lies elsewhere", where=f"{where}: models.file", found=name, allowed=allowed)
    return path


def _parameters(
    entries: _Values, known: Mapping[str, tuple[str, str]], where: str, suffix: str = ""
) -> dict[str, Parameter]:
    """Parameters of a section; `known` is their name in tables and unit by field."""
    common = entries.get("source")
    parameters = {}
    for name, entry in entries.items():
        if name == "source":
            continue
        if name not in known:
            raise InputError("unknown field", where=where, found=name, allowed=", ".join((*known, "source")))
        given = entry if isinstance(entry, _Value) else _Value(value=entry if isinstance(entry, float) else None)
        title, unit = known[name]
        parameters[name] = _parameter(given, f"{title}{suffix}", unit, common, f"{where}.{name}", name)
    return parameters


def _parameter(given: _Value, title: str, unit: str, common: object, where: str, name: str) -> Parameter:
    value, source = given.value, given.source or (common if isinstance(common, str) else None)
    if value is None and name == "temperature_C":
        value = 27.0
    if value is None:
        raise InputError("missing value", where=where, allowed="a number, or a table with value and source")
    if not source:
        raise InputError("missing source", where=where, allowed='where it is from, or "assumed: …" and why')
    if source.strip(" :;.") == "assumed":
        raise InputError("an assumption needs its reason", where=where, found=source, allowed='"assumed: …"')
    if name != "temperature_C" and value <= 0:
        raise InputError("must be positive", where=where, found=value)
    low, high = given.low, given.high
    if (low is not None and low > value) or (high is not None and high < value):
        raise InputError("value out of its own range", where=where, found=value, allowed=f"{low} … {high}")
    basis = given.basis or ("assumed" if source.startswith("assumed") else "published")
    return Parameter(
        title,
        value,
        unit,
        "",
        source,
        basis,
        -math.inf if low is None else low,
        math.inf if high is None else high,
    )


def _io_devices(driver: Mapping[str, _Values], where: str) -> tuple[IoDevice | IoTransistors, ...]:
    """I/O devices in ascending supply; those of lp28 where a file has none."""
    if not driver:
        return _built_in(DEFAULT).io
    devices = (_io_device(entries, f"{where}: driver.{name}") for name, entries in driver.items())
    return tuple(sorted(devices, key=lambda device: device.supply.value))


def _io_device(entries: _Values, where: str) -> IoDevice | IoTransistors:
    """An I/O device by its figures, or by the names `n` and `p` of its transistors in the library."""
    names = {key: name for key in "np" if isinstance(name := entries.get(key), str)}
    known = {key: _OF_DRIVER[key] for key in ("supply", "gate_length")} if names else _OF_DRIVER
    supply = entries.get("supply")
    volts = supply.value if isinstance(supply, _Value) else supply
    figures = {key: entry for key, entry in entries.items() if key not in names}
    values = _parameters(figures, known, where, f", {volts} V device")
    if missing := [key for key in (*known, *("np" if names else "")) if key not in {**values, **names}]:
        raise InputError(f"missing {', '.join(missing)}", where=where)
    return IoTransistors(names["n"], names["p"], **values) if names else IoDevice(**values)


def _defaults(length: Parameter) -> dict[str, Parameter]:
    """What a file may leave out: that of lp28, scaled with the gate length."""
    own, ratio = _built_in(DEFAULT), length.value / UNIT_LENGTH
    proportional = "assumed: that of lp28, in proportion to the gate length"
    root = "assumed: that of lp28, with the square root of the gate length (2 mV µm at 28 nm, 5 mV µm at 180 nm)"
    return {
        "width": _scaled(own.width, ratio, proportional),
        "feature_size": _scaled(own.feature_size, ratio, "assumed: the gate length"),
        "poly_pitch": _scaled(own.poly_pitch, ratio, proportional),
        "row_height": _scaled(own.row_height, ratio, proportional),
        "a_vt": _scaled(own.a_vt, math.sqrt(ratio), root),
        "temperature_C": _scaled(own.temperature, 1.0, "assumed: that of lp28"),
    }


def _scaled(parameter: Parameter, factor: float, source: str) -> Parameter:
    value, low, high = (factor * x for x in (parameter.value, parameter.minimum, parameter.maximum))
    return Parameter(parameter.name, value, parameter.unit, "", source, "assumed", low, high)
