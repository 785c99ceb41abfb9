"""The project as Python users call it: a circuit as one object, a grid of settings as one table."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

import ipcircuit
from circuits.catalog import load as load_testbench
from circuits.measurement import CurveCheck
from energy.characterize import characterize
from energy.variation.tails import rare
from ipcircuit.api.results import Checks
from ipcircuit.api.waiting import shown_progress
from ipcircuit.spice.transient import Transient


@pytest.fixture(scope="module")
def comparator() -> ipcircuit.LoadedCircuit:
    return ipcircuit.load("comparator")


def test_a_loaded_circuit_is_the_testbench_of_the_command_line(comparator: ipcircuit.LoadedCircuit) -> None:
    hot = comparator.configured(corner="ss").configured(temperature_C=85.0, r_parallel=300.0)
    expected = load_testbench("comparator").configured(corner="ss", temperature_C=85.0, r_parallel=300.0)
    assert hot.netlist() == expected.netlist()  # the second call kept what the first had set
    assert comparator.netlist() == load_testbench("comparator").netlist()
    assert (hot.conditions["corner"], hot.settings["amplitude"], hot.settings["r_parallel"]) == ("ss", 0.8, 300.0)
    assert repr(hot).startswith("comparator: ")
    assert "temperature_C = 85.0" in repr(hot)
    assert "<td>85 °C</td>" in hot._repr_html_()


def test_every_registered_circuit_lists_its_settings_and_takes_them_back() -> None:
    for name in ipcircuit.CIRCUITS.names():
        circuit = ipcircuit.load(name)
        values = {key: value for key, value in circuit.settings.items() if value is not None}
        assert len(circuit.settings) >= len(values) > 1
        assert circuit.configured(**values).settings == circuit.settings


def test_a_technology_is_given_by_name_and_a_wrong_setting_is_told(comparator: ipcircuit.LoadedCircuit) -> None:
    assert comparator.configured(technology="lp28").netlist() == comparator.netlist()
    card = Path(str(files("netlists") / "models" / "cmos28lp.lib"))
    assert comparator.configured(models=str(card)).conditions["models"] == str(card)
    assert comparator.configured(technology="planar45").conditions["technology"] == "planar45"
    with pytest.raises(ipcircuit.InputError, match="unknown technology"):
        comparator.configured(technology="planar46x")
    with pytest.raises(ipcircuit.InputError, match=r"nowhere\.toml"):
        comparator.configured(device="nowhere.toml")
    with pytest.raises(ipcircuit.InputError, match=r"'amplitud'.*amplitude"):
        comparator.configured(amplitud=0.7)
    with pytest.raises(ipcircuit.InputError, match="did you mean 'comparator'"):
        ipcircuit.load("comparater")


def test_cost_and_waveforms_agree(comparator: ipcircuit.LoadedCircuit) -> None:
    result = comparator.characterize()
    table: Any = result.to_pandas()
    assert list(table.index) == ["paper", "circuit", "system"]
    assert table.loc["circuit", "energy_per_operation_J"] == result.cost.scopes["circuit"].energy_per_operation_J
    assert table.attrs["simulator"].startswith("ngspice")
    assert "circuit" in result._repr_html_()
    run = comparator.simulate()
    assert isinstance(run, Transient)
    pulse = result.measurement.pulse_input
    assert pulse is not None
    assert run.energy("drive_mean", -run["i(vset_mean)"]) == pytest.approx(pulse.energy_J, rel=1e-12)
    assert list(comparator.simulate("output_p").signals) == ["output_p"]
    assert len(comparator.simulate("all").signals) > len(run.signals)
    with pytest.raises(ipcircuit.InputError, match="no such simulation"):
        comparator.simulate(job=9)


def test_checks_are_a_table_of_curves() -> None:
    x = np.array([0.5, 0.6, 0.7])
    rising = CurveCheck("rising", x, "V", 2 * x, 2 * x + 0.01, unit="1", tolerance=0.02)
    square = CurveCheck("square", np.ones((2, 2)), "s", np.zeros((2, 2)), np.full((2, 2), 0.3), unit="V", tolerance=0.1)
    checks = Checks([rising, square])
    table: Any = checks.to_pandas()
    assert table["pass"].tolist() == [True, False]
    assert not checks.passed
    assert table["max_error"].tolist() == pytest.approx([0.01, 0.3])
    points: Any = checks.points()
    assert points["curve"].tolist() == ["rising"] * 3 + ["square"] * 4
    assert points["circuit"][2] == 1.4
    assert "square" in repr(checks)
    assert "<table" in checks._repr_html_()


def test_a_sweep_is_a_table_with_the_failed_points_in_it(comparator: ipcircuit.LoadedCircuit) -> None:
    seen: list[tuple[int, int]] = []
    table: Any = ipcircuit.sweep(
        comparator.configured(temperature_C=40.0),
        amplitude=np.array([0.8, 9.0]),
        corner=["tt", "ss"],
        output_load_F=2e-15,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert table[["amplitude", "corner"]].to_numpy().tolist() == [[0.8, "tt"], [0.8, "ss"], [9.0, "tt"], [9.0, "ss"]]
    assert list(table["output_load_F"]) == [2e-15] * 4
    assert list(table["status"]) == ["works", "works", "failed", "failed"]
    assert table["circuit_energy_per_operation_J"].isna().tolist() == [False, False, True, True]
    assert "leaves the range in which the model holds" in table["cause"][2]
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    alone = load_testbench("comparator").configured(corner="ss", temperature_C=40.0, output_load_F=2e-15, amplitude=0.8)
    cost = characterize(alone).cost
    row = table.iloc[1]
    assert row["system_energy_per_spike_J"] == cost.scopes["system"].energy_per_spike_J
    assert (row["circuit_area_um2"], row["latency_s"]) == (cost.scopes["circuit"].area_um2, cost.latency_s)


def test_yield_takes_what_the_command_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = ipcircuit.load("comparator").configured(sigma={"mtj_thermal.resistance": 0.02})
    for settings, message in (
        ({"limit": ("beauty", 1.0)}, "limit: no such quantity; found 'beauty'"),
        ({"copies": 50}, "too few copies to find what fails; found 50"),
        ({"fidelity": "best"}, "unknown fidelity"),
    ):
        with pytest.raises(ipcircuit.InputError, match=message):
            circuit.yield_(**settings)
    asked: dict[str, Any] = {}
    monkeypatch.setattr(rare, "rare_yield", lambda *given, **options: asked.update(options, given=given))
    circuit.yield_(1000, 3, limit=("margin_V", 0.005), fidelity="screening", n_jobs=1)
    assert asked.pop("given") == (circuit.testbench, 1000, 3)
    wanted = {"limit": rare.Limit("margin_V", 0.005), "fidelity": "screening", "reference": None, "n_jobs": 1}
    assert asked == {**wanted, "progress": None}


def test_copies_in_a_sweep_do_not_depend_on_the_number_of_workers() -> None:
    one, two = (ipcircuit.sweep("comparator", copies=2, seed=3, n_jobs=n) for n in (1, 2))
    pandas.testing.assert_frame_equal(one, two)
    assert one["copy"].to_list() == [0, 1]
    assert len(set(one["circuit_energy_per_operation_J"])) == 2
    assert one.attrs == {"circuit": "comparator", "seed": 3}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"amplitude": []}, "amplitude: no values"),
        ({"amplitud": [0.7, 0.8]}, "no parameter of this name"),
        ({"corner": "xx"}, "unknown corner"),
        ({"amplitude": range(1000), "v_dd": range(1001)}, "too many points"),
        ({"copies": 0}, "no copies"),
        ({"n_jobs": 0}, "no workers"),
    ],
)
def test_a_sweep_that_no_point_can_have_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(ipcircuit.InputError, match=message):
        ipcircuit.sweep("comparator", **settings)


def test_progress_goes_where_it_is_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    def report(done: int, total: int) -> None: ...

    def reports(progress: Callable[[int, int], None] | bool | None) -> object:
        with shown_progress(progress, "work") as result:
            return result

    assert reports(report) is report
    assert reports(False) is reports(None) is None  # standard error is no terminal here
    assert callable(reports(True))
    assert capsys.readouterr().err == ""


def test_importing_the_package_and_its_names_loads_nothing_heavy() -> None:
    code = (
        "import ipcircuit, sys; ipcircuit.load, ipcircuit.sweep, ipcircuit.si; "
        "print([m for m in ('PySpice', 'torch', 'pandas', 'numpy', 'sympy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
