"""Units: every name that ends in one prints with it; numbers read as people write them."""

import ast
import math
import re
from pathlib import Path

import pytest

from ipcircuit.units import UNITS, in_full, prefixed, si, split_unit, with_unit, words

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("ipcircuit", "circuits", "energy", "network", "reports")
UNIT_LIKE = re.compile(
    r"[a-z][A-Za-z0-9_]*?_((?:per_)?[A-Z][A-Za-z]?\d?(?:_(?:per_)?[A-Za-z]{1,2}\d?)?|ohm\w*|u?m2|nm|deg)"
)
NO_UNITS = {"AP", "RA", "P", "SI", "L", "B", "X_y"}  # states, products, sizes


def names() -> set[str]:
    """Every identifier and key of the sources."""
    found: set[str] = set()
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    found.add(node.target.id)
                elif isinstance(node, ast.keyword) and node.arg:
                    found.add(node.arg)
    return found


def test_large_numbers_are_written_in_full() -> None:
    assert [in_full(x) for x in (0.04171, 1.0, 99.4, 99.96, 123.4, -12345.6)] == [
        *("0.0417", "1", "99.4", "100", "123", "-12,346")
    ]
    assert in_full(999.97, 4) == in_full(1000.2, 4) == "1,000"


def test_every_unit_in_a_name_is_in_the_table() -> None:
    matches = [match for name in names() if (match := UNIT_LIKE.fullmatch(name)) and match[1] not in NO_UNITS]
    assert len(matches) > 100
    assert [match[0] for match in matches if not split_unit(match[0])[1]] == []


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_prints_with_its_symbol_and_prefix(unit: str) -> None:
    assert split_unit(f"some_quantity_{unit}") == ("some_quantity", unit)
    known = UNITS[unit]
    assert with_unit(2e-9, unit) == (f"2 n{known.symbol}" if known.prefixed else f"2e-09 {known.symbol}")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("energy_per_operation_J", ("energy_per_operation", "J")),
        ("membrane_F", ("membrane", "F")),
        ("onset_current_density_A_m2", ("onset_current_density", "A_m2")),
        ("gain_m2_per_A", ("gain", "m2_per_A")),
        ("max_error", ("max_error", "")),
        ("J", ("J", "")),
        ("_J", ("_J", "")),
        ("", ("", "")),
    ],
)
def test_units_come_from_names(name: str, parts: tuple[str, str]) -> None:
    assert split_unit(name) == parts
    assert words(name) == parts[0].replace("_", " ")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2e-12, "F", "2 pF"),
        (27.0, "C", "27 °C"),
        (1.5, "um2", "1.5 µm²"),
        (1505.0, "ohm", "1.505 kΩ"),
        (8.9e-5, "F/m", "8.9e-05 F/m"),
        (0.089, "", "0.089"),
        (0.089, "1", "0.089"),
        (3, "-", "3"),
        ([1e-3, 2e-3], "V", "1 mV to 2 mV"),
        (True, "J", "yes"),
        (None, "J", "not obtained"),
        ("tt", "V", "tt"),
    ],
)
def test_values_read_with_their_unit(value: object, unit: str, text: str) -> None:
    assert with_unit(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "digits", "text"),
    [
        (4.501e-10, "J", 4, "450.1 pJ"),
        (0.0, "J", 4, "0 J"),
        (1.0, "V", 4, "1 V"),
        (-0.8, "V", 4, "-800 mV"),
        (230.0, "Ω", 4, "230 Ω"),
        (999.96, "Ω", 4, "1 kΩ"),
        (999.94, "Ω", 4, "999.9 Ω"),
        (9.9996e-10, "J", 4, "1 nJ"),
        (1e-6, "s", 3, "1 µs"),
        (1.5e15, "Hz", 4, "1500 THz"),
        (2e-20, "J", 2, "0.02 aJ"),
        (0.1 + 0.2, "", 17, "300.00000000000006 m"),
        (12.0, "", 2, "12"),
        (math.inf, "J", 4, "inf J"),
        (None, "J", 4, "not obtained"),
    ],
)
def test_si(value: float | None, unit: str, digits: int, text: str) -> None:
    assert si(value, unit, digits).strip() == text


def test_si_carries_at_every_prefix_and_has_no_trailing_blank() -> None:
    for exponent in range(-18, 13, 3):
        assert float(si(1.234 * 10.0**exponent, "J").split()[0]) == 1.234
    assert si(12.0, "") == "12"
    assert si(0.0, "") == "0"


@pytest.mark.parametrize(
    ("largest", "divisor", "label"),
    [
        (4.5e-10, 1e-12, "pJ"),
        (0.9999999999999999e-9, 1e-9, "nJ"),  # one nanojoule, but for rounding
        (999.0, 1.0, "J"),
        (2e-21, 1e-18, "aJ"),  # below the smallest prefix, above the largest
        (5e18, 1e12, "TJ"),
    ],
)
def test_numbers_share_the_prefix_of_their_largest(largest: float, divisor: float, label: str) -> None:
    assert prefixed(largest, "J") == (divisor, label)
