"""Units: how a number reads for people, from the unit that a name ends in. Machines get plain SI floats.

The one table of the project, for the console, the report's tables and the claims.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from ipcircuit.errors import InputError

NOMINAL_C = 27.0  # °C, at which a declaration's values hold; ngspice's TNOM
#: Temperatures (°C) at which a simulation is tried; models of silicon hold for far fewer.
COLDEST_C, HOTTEST_C = -270.0, 500.0
_PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}


@dataclass(frozen=True)
class Unit:
    """Symbol of a unit, and whether SI prefixes go with it."""

    symbol: str
    prefixed: bool = False


#: By the text that names end in (``energy_J``) and that stands in the `unit` of parameters and claims.
UNITS = {
    **{text: Unit(text, True) for text in ("J", "V", "A", "W", "s", "F", "Hz", "S", "T", "m")},
    "ohm": Unit("Ω", True),
    "K": Unit("K"),
    "C": Unit("°C"),
    "deg": Unit("°"),
    "nm": Unit("nm"),
    "m2": Unit("m²"),
    "um2": Unit("µm²"),
    "ohm_m2": Unit("Ω·m²"),
    "A_m2": Unit("A/m²"),
    "A_per_m2": Unit("A/m²"),
    "TA_per_m2": Unit("TA/m²"),
    "m2_per_A": Unit("m²/A"),
    "V_per_s": Unit("V/s"),
    "per_V": Unit("1/V"),
    "V2": Unit("V²"),
    "Vs": Unit("V·s"),
    "V_um": Unit("V·µm"),
}
_PURE = ("", "1", "-")
_LONGEST = max(text.count("_") for text in UNITS) + 1


def finite(text: str, where: str) -> float:
    """A finite number in SI units from the text of an option. Raises InputError, which names the place."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError("not a number", where=where, found=text, allowed="a finite number in SI units")
    return value


def is_word(text: str) -> bool:
    """Whether a value is a word: no number, not even one that is refused."""
    try:
        float(text)
    except ValueError:
        return text.isidentifier()
    return False


def si(value: float | None, unit: str, digits: int = 4) -> str:
    """Format `value` with an SI prefix, e.g. ``si(4.501e-10, "J") == "450.1 pJ"``; None reads "not obtained"."""
    if value is None:
        return "not obtained"
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}".strip()
    exponent = _power(abs(value))
    scaled = f"{value / 10.0**exponent:.{digits}g}"
    if abs(float(scaled)) >= 1000 and exponent < 12:  # rounding carried into the next prefix
        exponent += 3
        scaled = f"{value / 10.0**exponent:.{digits}g}"
    return f"{scaled} {_PREFIXES[exponent]}{unit}".rstrip()


def _power(size: float) -> int:
    """Power of ten of the prefix that suits a size above 0."""
    return min(12, max(-18, 3 * math.floor(math.log10(size) / 3)))


def in_full(value: float, digits: int = 3) -> str:
    """A number with so many digits; a larger one in full, with its thousands separated: ``0.0417``, ``12,346``."""
    short = f"{value:.{digits}g}"
    return f"{value:,.0f}" if abs(float(short)) >= 10.0 ** (digits - 1) else short


def prefixed(largest: float, unit: str) -> tuple[float, str]:
    """Divisor of numbers up to `largest` for a prefix that suits them, and the unit with it: ``(1e-12, "pJ")``.

    Args:
        largest: above 0; one that rounding leaves just below a power of ten counts as that.
        unit: symbol without prefix.
    """
    power = _power(largest * (1 + 1e-9))
    return float(f"1e{power}"), f"{_PREFIXES[power]}{unit}"


def in_unit(value: Any, form: str) -> str:
    """A value in a format that may end in a unit: ``in_unit(1e-8, ".1f ns") == "10.0 ns"``, ``in_unit(0.5, ".0f %")``.

    Digits alone before the unit leave the prefix to `si`: ``in_unit(4.5e-10, "3 J") == "450 pJ"``.
    """
    plain, _, unit = form.partition(" ")
    if not unit:
        return format(value, plain)
    if plain.isdigit():
        return si(value, unit, int(plain))
    return f"{_per_unit(unit) * value:{plain}} {unit}"


@cache
def _per_unit(unit: str) -> float:
    """How many of a unit, such as ``ns`` or ``%``, are one of SI."""
    symbols = {known.symbol for known in UNITS.values() if known.prefixed} | {"A/m²"}
    powers = {prefix + symbol: power for power, prefix in _PREFIXES.items() for symbol in symbols}
    return 100.0 if unit == "%" else float(f"1e{-powers.get(unit, 0)}")


def factor(unit: str, si_unit: str) -> float | None:
    """How many of `si_unit` are one `unit`: 1e-9 for ``("ns", "s")``, 0.01 for ``("%", "")``; None where it is none."""
    text = unit.replace("μ", "µ").replace("Ohm", "ohm").replace("Ω", "ohm")
    if text == si_unit:
        return 1.0
    if not si_unit:
        return 0.01 if text == "%" else None
    prefix = text.removesuffix(si_unit)
    powers = {symbol: power for power, symbol in _PREFIXES.items() if symbol} | {"u": -6}
    return 10.0 ** powers[prefix] if text.endswith(si_unit) and prefix in powers else None


def split_unit(name: str) -> tuple[str, str]:
    """``("energy", "J")`` of ``energy_J``; the unit is "" where the name ends in none."""
    words = name.split("_")
    for count in range(min(_LONGEST, len(words) - 1), 0, -1):
        unit = "_".join(words[-count:])
        if unit in UNITS and any(words[:-count]):
            return "_".join(words[:-count]), unit
    return name, ""


def words(name: str) -> str:
    """A name without its unit, for a heading: ``energy per spike`` of ``energy_per_spike_J``."""
    return split_unit(name)[0].replace("_", " ")


def with_unit(value: Any, unit: str, digits: int = 4) -> str:
    """A value as it reads: ``450.1 pJ``, ``25 °C``, ``1 to 2 V``, ``8.9e-05 F/m``, ``0.089``, ``yes``, words.

    Args:
        value: a number, a range as a list, a word, or None, which reads "not obtained".
        unit: a key of `UNITS`, any other text, or "", "1" or "-" for a pure number.
    """
    if value is None:
        return si(None, "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " to ".join(with_unit(part, unit, digits) for part in value)
    if not isinstance(value, int | float):
        return str(value)
    known = UNITS.get(unit, Unit("" if unit in _PURE else unit))
    return si(value, known.symbol, digits) if known.prefixed else f"{value:.{digits}g} {known.symbol}".strip()
