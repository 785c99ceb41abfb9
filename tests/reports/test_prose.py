"""Every text of a section is used and finds its numbers; units and columns read as people write."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ipcircuit.errors import InputError
from ipcircuit.units import in_unit
from reports.prose import Prose
from reports.tables.table import Table

REPORTS = Path(__file__).parents[2] / "reports"
TEXTS = [
    (path.parent, kind, key)
    for path in sorted(REPORTS.glob("*/prose.toml"))
    for kind, words in tomllib.loads(path.read_text(encoding="utf-8")).items()
    for key in words
]


@pytest.mark.parametrize(("folder", "kind", "key"), TEXTS, ids=lambda part: getattr(part, "name", part))
def test_every_text_is_used(folder: Path, kind: str, key: str) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    assert "".join(f"PROSE.{kind}({key!r}".split()).replace("'", '"') in "".join(code.split())


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1.034e-8, ".1f ns", "10.3 ns"),
        (0.12, ".0f %", "12 %"),
        (4.5e-10, "3 J", "450 pJ"),
        (None, "3 J", "not obtained"),
        (1e12, ".2f TA/m²", "1.00 TA/m²"),
        (2.5, ".1f µm²", "2.5 µm²"),
        (0.25, "+.2f", "+0.25"),
    ],
)
def test_a_format_may_end_in_a_unit(value: float | None, form: str, text: str) -> None:
    assert in_unit(value, form) == text


def test_texts_take_their_numbers_and_tables_their_columns(tmp_path: Path) -> None:
    (tmp_path / "prose.toml").write_text(
        '[finding.f]\ntitle = "It takes {time_s:.1f ns}"\ntext = "{row[share]:.0f %} of it."\n'
        '[table.t]\ntitle = "T"\nheadings = { "*_V" = "level, *" }\nformats = { "*_V" = ".1f mV", error = "ratio" }\n'
    )
    prose = Prose(str(tmp_path / "section.py"))
    finding = prose.finding("f", time_s=5e-9, row={"share": 0.5})
    assert (finding.title, finding.text) == ("It takes 5.0 ns", "50 % of it.")
    with pytest.raises(KeyError, match="time_s"):
        prose.finding("f")
    table: Table = prose.table("t", [{"low_V": 0.1, "error": 1234.5, "N": 1}], formats={"N": "{:03d}".format})
    assert [table.heading(column) for column in table.shown] == ["level, low", "error", "N"]
    assert [cell.text for cell in table.cells()[0]] == ["100.0 mV", "1,234", "001"]


def test_an_unknown_field_is_named(tmp_path: Path) -> None:
    (tmp_path / "prose.toml").write_text('[plot.p]\ntitel = "T"\n')
    with pytest.raises(InputError, match=r"prose.toml: plot.p: .*(titel|title)"):
        Prose(str(tmp_path / "section.py")).plot("p", None)  # type: ignore[arg-type]
