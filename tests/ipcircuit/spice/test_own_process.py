"""Plain PySpice in a user's own script: finds ngspice on Debian, fails when a run has failed, takes our card."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ipcircuit
from ipcircuit.technology.catalog import technology

DATASHEET = Path(__file__).resolve().parents[3] / "docs" / "physics" / "cmos28.md"
SCRIPT = """
import warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", "invalid escape")  # PySpice 1.5
import logging
import numpy as np
import ipcircuit
from PySpice.Spice.Netlist import Circuit
from PySpice.Unit import u_kOhm, u_nF, u_V

logging.basicConfig(level=logging.WARNING)
assert ipcircuit.use_ngspice() is ipcircuit.use_ngspice()

# The classic low-pass: 1 kOhm and 1 nF charge as 1 - exp(-t/RC).
circuit = Circuit("low-pass")
circuit.V("input", "input", circuit.gnd, "PWL(0 0 1p 1)")
circuit.R(1, "input", "output", 1 @ u_kOhm)
circuit.C(1, "output", circuit.gnd, 1 @ u_nF)
run = circuit.simulator(temperature=25, nominal_temperature=25).transient(step_time=2e-9, end_time=5e-6)
print("rc", float(abs(np.array(run["output"]) - (1 - np.exp(-np.array(run.time) / 1e-6))).max()))

# A diode's law, whose operating point ngspice finds by gmin stepping, and says so on standard error.
circuit = Circuit("diode's law")
circuit.V("input", "input", circuit.gnd, 10 @ u_V)
circuit.R(1, "input", "output", 1 @ u_kOhm)
circuit.B(1, "output", circuit.gnd, i="1e-14*(exp(min(v(output)/0.025865,300))-1)")
volts = np.array(circuit.simulator(temperature=27, nominal_temperature=27).operating_point()["output"])[0]
print("diode", volts, "gmin" in ipcircuit.use_ngspice().stderr)

# An inverter of our card: its output is half the supply where pull-up and pull-down carry the same current.
inverter = Circuit("inverter")
inverter.include(ipcircuit.card_path("lp28", corner="tt"))
inverter.V("dd", "vdd", inverter.gnd, 0.8 @ u_V)
inverter.V("input", "input", inverter.gnd, 0 @ u_V)
inverter.M("n", "output", "input", 0, 0, model="nmos28lp", w=100e-9, l=28e-9)
inverter.M("p", "output", "input", "vdd", "vdd", model="pmos28lp", w=200e-9, l=28e-9)
curve = inverter.simulator(temperature=27, nominal_temperature=27).dc(Vinput=slice(0, 0.8, 0.001))
output, swept = np.array(curve["output"]), np.array(curve.sweep)
print("inverter", output[0], output[-1], np.interp(0.0, swept - output, swept))

# What fails says why, and what leaves ngspice unusable says that, too.
for value in ("model missing", "{undefined}"):
    broken = Circuit("broken")
    broken.V(1, "a", broken.gnd, 1 @ u_V)
    if value == "model missing":
        broken.M(1, "a", "a", 0, 0, model="absent")
    else:
        broken.R(1, "a", broken.gnd, value)
    try:
        broken.simulator().operating_point()
    except NameError as error:
        print("error", error)
try:
    circuit.simulator().operating_point()
except NameError as error:
    print("error", error)
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    script = tmp_path_factory.mktemp("script") / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "OMP_THREAD_LIMIT"}
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Unsupported Ngspice version" not in done.stderr
    lines: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        word, _, rest = line.partition(" ")
        lines.setdefault(word, []).append(rest)
    return lines


def test_the_classic_low_pass_charges_exponentially(printed: dict[str, list[str]]) -> None:
    assert float(printed["rc"][0]) < 2e-3


def test_notes_on_standard_error_are_no_failure(printed: dict[str, list[str]]) -> None:
    volts, noted = printed["diode"][0].split()
    current = (10 - float(volts)) / 1e3
    assert current == pytest.approx(1e-14 * math.expm1(float(volts) / 0.025865), rel=1e-3)
    assert noted == "True"


def test_an_inverter_of_our_card_switches_where_the_datasheet_says(printed: dict[str, list[str]]) -> None:
    high, low, threshold = map(float, printed["inverter"][0].split())
    assert (high, low) == (pytest.approx(0.8, abs=1e-3), pytest.approx(0.0, abs=1e-3))
    table = DATASHEET.read_text(encoding="utf-8").splitlines()
    stated = next(line.split("|")[6] for line in table if line.startswith("| TT |"))  # gain, V_switch in mV
    assert 1e3 * threshold == pytest.approx(float(stated.split(",")[1]), abs=1.0)


def test_failures_have_the_words_of_ngspice(printed: dict[str, list[str]]) -> None:
    model, parameter, later = printed["error"]
    assert "absent" in model.lower()
    assert "undefined" in parameter.lower()
    assert "start the script anew" in later


def test_a_card_file_is_the_text_of_the_decks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ipcircuit.card_path("lp28", corner="ss")
    assert path.read_text(encoding="utf-8").endswith(technology("lp28").models("ss").text)
    assert path == ipcircuit.card_path(corner="ss") != ipcircuit.card_path()
    with pytest.raises(ipcircuit.InputError, match="unknown corner"):
        ipcircuit.card_path(corner="xx")
    monkeypatch.setenv("IPCIRCUIT_CACHE", "off")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert tmp_path in ipcircuit.card_path().parents


def test_without_the_library_the_way_to_get_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", "/nowhere/libngspice.so")
    with pytest.raises(ipcircuit.MissingDependencyError, match="apt-get install"):
        ipcircuit.use_ngspice()
