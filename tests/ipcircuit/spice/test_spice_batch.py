"""The `ngspice` program as a user calls it, beside what the library gives."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.spice.batch import parse_measures, run_batch
from ipcircuit.spice.jobs import Job, simulate
from ipcircuit.spice.transient import Transient

DECK = """discharge through a resistor
v1 in 0 pwl(0 0 1n 0.9 100n 0.9 101n 0)
r1 in out 1k
c1 out 0 10p
b1 p 0 v=-v(in)*i(v1)
.tran 0.05n 200n 0 0.05n
.meas tran Energy integ v(p) from=0 to=200n
.meas tran half when v(out)=0.45 rise=1
.meas tran never when v(out)=5
.end
"""


def test_measurements_agree_with_the_library_and_the_analytic_energy(tmp_path: Path) -> None:
    path = tmp_path / "deck.cir"
    path.write_text(DECK)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    batch = run_batch(path, cwd=elsewhere)
    result = simulate(Job("rc", "nominal", DECK))
    assert isinstance(result, Transient)
    energy = result.energy("in", -result["i(v1)"])
    assert batch.exit_code == 0
    assert batch.measures["energy"] == pytest.approx(energy, rel=1e-3)
    assert energy == pytest.approx(10e-12 * 0.9**2, rel=0.1)  # C·V², less what the finite ramps save
    assert batch.measures["half"] == pytest.approx(10e-9 * math.log(2), rel=0.1)
    assert batch.measures["never"] is None


def test_a_broken_deck_shows_in_the_output(tmp_path: Path) -> None:
    path = tmp_path / "deck.cir"
    path.write_text("broken\nv1 in 0 1\nx1 in 0 nosuchcell\n.tran 1n 2n\n.end\n")
    batch = run_batch(path)
    assert batch.exit_code != 0
    assert "nosuchcell" in batch.output


def test_only_name_and_value_lines_are_measurements() -> None:
    output = """
Doing analysis at TEMP = 27.000000 and TNOM = 27.000000
e_total             =  4.501000e-10 from=  0.000000e+00 to=  2.300000e-07
v(out) = 3.43e-01
peak                =  9.00190e-01 at=  2.0e-08

Error: measure  never  when(WHEN) : out of interval
 .meas tran never when v(out)=5 failed!
Stack = 0 bytes.
Total analysis time (seconds) = 0.003
"""
    assert parse_measures(output) == {"e_total": 4.501e-10, "v(out)": 0.343, "peak": 0.90019, "never": None}


def test_missing_deck_missing_program_and_endless_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deck.cir"
    with pytest.raises(InputError, match=r"deck\.cir: no such deck"):
        run_batch(path)
    path.write_text(DECK.replace("200n 0 0.05n", "1 0 0.05n"))
    with pytest.raises(InputError, match=r"longer than 0\.3 s"):
        run_batch(path, time_limit_s=0.3)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match="apt-get install ngspice"):
        run_batch(path)
