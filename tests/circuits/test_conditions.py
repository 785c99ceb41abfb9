"""Conditions outside of what can be simulated are refused before anything is, by every command."""

from __future__ import annotations

import math

import pytest

from circuits.conditions import MOST_STEPS, Analysis, Conditions
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError

ABSURD = ("nan", "inf", "-inf", "-300", "-273.15", "1e9", "1500")


@pytest.mark.parametrize("value", ABSURD)
@pytest.mark.parametrize("command", ["netlist", "characterize", "check"])
def test_temperatures_that_no_model_has_are_refused(capsys, command: str, value: str) -> None:
    code = cli.main([command, "comparator", f"--temperature={value}"])
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "")
    assert f"temperature: out of range; found {float(value)!r}; allowed: -270 … 500 °C" in shown.err


@pytest.mark.parametrize("name", ["v_dd", "output_load_F"])
@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e9"])
@pytest.mark.parametrize("command", ["netlist", "corners", "montecarlo"])
def test_supplies_and_loads_that_no_circuit_has_are_refused(capsys, command: str, name: str, value: str) -> None:
    assert cli.main([command, "comparator", "--set", f"{name}={value}"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert name in shown.err
    assert f"found {float(value)!r}" in shown.err or f"found '{value}'" in shown.err


def test_no_supply_is_refused() -> None:
    with pytest.raises(InputError, match=r"v_dd: out of range; found 0\.0; allowed: above 0 … 100 V"):
        Conditions(v_dd=0.0)
    with pytest.raises(InputError, match=r"temperature: out of range; found nan; allowed: -270 … 500 °C"):
        Conditions(temperature_C=math.nan)
    assert Conditions(output_load_F=0.0).output_load_F == 0.0


@pytest.mark.parametrize("stop", [0.0, -1.0, math.nan, math.inf, 1e300, 2.01 * MOST_STEPS * 1e-9])
def test_runs_that_would_never_end_are_refused(stop: float) -> None:
    with pytest.raises(InputError, match="length of the run: out of range"):
        Analysis(stop)
