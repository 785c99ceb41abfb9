"""Tables keep every digit, tell missing from zero, and read as people write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reports.tables.table import Table, default_text


def test_table_keeps_every_digit_and_tells_missing_from_zero(tmp_path: Path) -> None:
    value = 4.501234567890123e-10
    rows = [{"name": "a", "energy_J": value, "area_um2": None}, {"name": "b", "energy_J": 0.0, "area_um2": 1.5}]
    table = Table("t", "T", "", rows)
    csv_path, json_path = table.write(tmp_path)
    lines = csv_path.read_text().splitlines()
    assert lines[0] == "name,energy_J,area_um2"
    assert float(lines[1].split(",")[1]) == value
    assert lines[1].endswith(",")
    assert json.loads(json_path.read_text())["rows"][0] == rows[0]
    assert [[cell.text for cell in row] for row in table.cells()] == [
        ["a", "450.1 pJ", "not obtained"],
        ["b", "0 J", "1.5 µm²"],
    ]


def test_table_refuses_numbers_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        Table("t", "T", "", [{"x_V": float("nan")}]).write(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [("energy_J", 8.2e-11, "82 pJ"), ("pass", True, "yes"), ("ratio", 2.5, "2.5"), ("level_V", -0.8, "-800 mV")],
)
def test_cells_read_as_people_write(column: str, value: object, text: str) -> None:
    assert default_text(column, value) == text
