"""Records of numbers: what they refuse, replacing values by name, and the parameter sets of the papers' TOML files."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from ipcircuit.devices.ecram import currie2026
from ipcircuit.devices.orthogonal_mtj import zheng2026
from ipcircuit.devices.thermal_mtj import liu2025
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, read_parameters

SUPPLY = Parameter("supply", 1.8, "V", "I/O supply", "a paper, Table 1", "published", 1.0, 3.3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": math.nan}, "finite number, 1 … 3.3 V"),
        ({"value": math.inf, "maximum": math.inf}, "finite number, 1 … inf V"),
        ({"value": 0.9}, r"parameter supply \(I/O supply\) is out of range.*1 … 3.3 V"),
        ({"value": 0.9, "description": ""}, r"parameter supply \(supply\) is out of range"),
        ({"basis": "guess"}, "unknown basis"),
        ({"source": ""}, "source is missing"),
        ({"unit": "1"}, "pure number"),
        ({"basis": "assumed", "source": "assumed"}, "needs its reason"),
        ({"basis": "fitted", "source": "fitted: "}, "needs its reason"),
        ({"spread": -0.1}, "spread out of range"),
        ({"spread": math.nan}, "spread out of range"),
    ],
)
def test_parameters_must_say_where_they_come_from(changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(SUPPLY, **changes)


ROW = 'unit = "V"\ndescription = "a voltage"\nsource = "Table 1"\nbasis = "published"\n'


def test_sets_hold_what_their_papers_give() -> None:
    assert [p.name for p in liu2025.THERMAL_200NM[:4]] == ["r_parallel", "r_antiparallel", "v_half", "k_set"]
    assert [p.name for p in zheng2026.PARAMETERS[:6]] == ["area", "height", "n_w", "n_l", "n_t", "ms"]
    assert zheng2026.PARAMETERS[0].value == pytest.approx(math.pi / 4 * 10e-9 * 45e-9)
    weight = next(p.value for p in currie2026.PARAMETERS if p.name == "weight")
    assert 10e6 * (4e3 / 10e6) ** weight == pytest.approx(30e3)
    assert liu2025.REFERENCE_100NM[0].value == pytest.approx(230 * 450 / 82)
    changed = SUPPLY.with_value(2.5)
    assert (changed.value, changed.basis, changed.source) == (2.5, "assumed", "set by the user")


def test_a_file_is_read_in_order_with_computed_values(tmp_path: Path) -> None:
    (tmp_path / "set.toml").write_text(f"[b]\n{ROW}[a]\nvalue = 1\nmaximum = 2\n{ROW}", encoding="utf-8")
    first, second = read_parameters(tmp_path / "set.toml", b=3.5)
    assert (first.name, first.value, first.maximum) == ("b", 3.5, math.inf)
    assert (second.name, second.value, second.maximum, second.source) == ("a", 1.0, 2.0, "Table 1")
    assert type(second.value) is float


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"[a]\n{ROW}", "set.toml: a.value: must be a valid number; found None"),
        (f'[a]\nvalue = "x"\n{ROW}', "a.value"),
        (f"[a]\nvalue = 3\nmaximum = 2\n{ROW}", "parameter a .* out of range"),
        ("[a]\nvalue = 3\n", "missing unit, description, source, basis"),
        (f"[a]\nvalue = 3\ncolour = 1\n{ROW}", "colour"),
        ("[a", "cannot read"),
    ],
)
def test_what_is_no_parameter_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "set.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_parameters(tmp_path / "set.toml")
