"""Numbers with SI prefixes for people; machines get plain SI floats."""

from __future__ import annotations

import math

_PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}


def si(value: float | None, unit: str, digits: int = 4) -> str:
    """Format `value` with an SI prefix, e.g. ``si(4.501e-10, "J") == "450.1 pJ"``; None reads "not obtained"."""
    if value is None:
        return "not obtained"
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}".strip()
    exponent = min(12, max(-18, 3 * math.floor(math.log10(abs(value)) / 3)))
    scaled = f"{value / 10.0**exponent:.{digits}g}"
    if abs(float(scaled)) >= 1000 and exponent < 12:  # rounding carried into the next prefix
        exponent += 3
        scaled = f"{value / 10.0**exponent:.{digits}g}"
    return f"{scaled} {_PREFIXES[exponent]}{unit}".rstrip()
