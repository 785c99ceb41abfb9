"""A circuit in SPICE text with its TOML: the same circuit as in Python, with devices and technologies of others."""

import shutil
from importlib import resources
from pathlib import Path

import pytest

from circuits.catalog import load
from circuits.measurement import Kind
from circuits.own import CircuitTestbench
from circuits.own.example import CIRCUIT
from energy.area import cell_widths, transistors_of
from energy.characterize import characterize
from ipcircuit.devices.parameter_file import ParameterFile
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample

PDK = Path(__file__).parents[2] / "ipcircuit" / "technology" / "pdk130"
DIVIDER = """\
* A declared device and a capacitor: what a pulse costs is known.
.subckt leaf a b
r1 a b 1meg
.ends
.subckt divider input OUTPUT vdd vss r=10k
rs input output {r}
xj output vss mtj_reference_fixed resistance=30k
xl vdd vss leaf
.ends divider
"""
TOML = """\
netlist = "divider.cir"
supplies = { VDD = 1.0 }
inputs = { input = { width_s = 100e-9, edge_s = 0.1e-9 } }
operation = { operation_s = 200e-9 }
biases = { vss = 0.0 }
loads = { output = 0.0 }
fed_by = { xj = "input" }
cells = { leaf = 4.0 }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "divider.cir").write_text(DIVIDER)
    (tmp_path / "divider.toml").write_text(TOML)
    for ending in ("toml", "cir"):
        text = resources.files("circuits.own").joinpath(f"example.{ending}").read_text(encoding="utf-8")
        (tmp_path / f"my_neuron.{ending}").write_text(text)
    return tmp_path


def test_it_is_the_circuit_that_python_makes(folder: Path) -> None:
    bench = load("my_neuron.toml")
    assert isinstance(bench, CircuitTestbench)
    text, python = bench.measure(n_jobs=1), CIRCUIT.measure(n_jobs=1)
    assert text.energy_J == pytest.approx(python.energy_J, rel=1e-3)  # nodes in another order: other roundings
    assert text.period_s == pytest.approx(python.period_s, rel=1e-3)
    assert text.overlay_um2 == pytest.approx(python.overlay_um2)
    assert text.conditions["membrane_f"] == python.conditions["membrane_F"]
    assert [check.passed for check in bench.check(n_jobs=1)] == [True]
    smaller = bench.configured(feedback_f=20e-15).measure(n_jobs=1)
    # What the reset takes while the inverters tip back is the same; the rest is C_fb V_DD / I.
    assert text.details["rest_s"] - smaller.details["rest_s"] == pytest.approx(20e-15 * 0.8 / 50e-9, rel=0.02)
    assert smaller.conditions["feedback_f"] == 20e-15


def test_a_declared_device_takes_a_parameter_file(folder: Path) -> None:
    """V²/(R + R_P) for the pulse's time: a junction that stays P, at 0.2 V; what an instance line states is not the
    file's."""
    text = DIVIDER.replace("mtj_reference_fixed resistance=30k", "mtj_thermal_mean_field v_half=1").replace("10k", "1k")
    (folder / "divider.cir").write_text(text)
    bench, device = load("divider.toml"), mtj_thermal.declare()
    assert [part.device.name for part in bench.parts] == ["mtj_thermal"]
    file = ParameterFile(device.with_parameters(r_parallel=250.0, v_half=0.6).parameters)
    other = bench.configured(device=file)
    assert "v_half=1" in other.netlist()
    energies = [sum(b.measure(n_jobs=1).energy_J.values()) for b in (bench, other)]
    assert energies[1] / energies[0] == pytest.approx(1230 / 1250, rel=1e-3)


def test_a_declared_device_is_used_by_the_name_of_its_subcircuit(folder: Path) -> None:
    """V²/4R and 3 V²/4R for the pulse's time: a divider of 10 and 30 kΩ at 1 V."""
    m = load("divider.toml").measure(n_jobs=1)
    parts = {c.name: c for c in m.components}
    time, volts2_per_ohm = 100e-9 + 0.1e-9 * 2 / 3, 1 / 40e3
    assert parts["xj"].kind is Kind.DEVICE
    assert parts["xj"].energy_J == pytest.approx(0.75 * time * volts2_per_ohm, rel=1e-3)
    assert parts["input"].energy_J == pytest.approx(0.25 * time * volts2_per_ohm, rel=1e-3)
    assert parts["vdd"].energy_J == pytest.approx(200e-9 / 1e6, rel=1e-6)
    assert m.device_subcircuits == {"mtj_reference_fixed": "mtj_reference"}
    assert m.cell_widths == {"leaf": 4.0}
    assert abs(m.details["energy_balance_error"]) < 1e-4


def test_transistors_of_a_pdk_by_its_names_are_those_of_the_references(folder: Path) -> None:
    """The same neuron written for the PDK: as that by the reference names in this technology, in counts and energy."""
    shutil.copytree(PDK, folder, dirs_exist_ok=True)
    text, toml = ((folder / f"my_neuron.{ending}").read_text() for ending in ("cir", "toml"))
    for name, own in (("nmos28lp", "demo130_pr__nfet_01v8"), ("pmos28lp", "demo130_pr__pfet_01v8")):
        text = text.replace(name, own)
    for old, new in (
        ("w=100n", "w=0.42"),
        ("w=200n", "w=0.84"),
        ("l=40n", f"l={0.15 * 40 / 28!r}"),
        ("l=28n", "l=0.15"),
    ):
        text = text.replace(old, new)
    (folder / "own.cir").write_text(text.replace("\nm", "\nxm"))
    own_toml = toml.replace("my_neuron.cir", "own.cir").replace("vdd = 0.8", "vdd = 1.44")
    (folder / "own.toml").write_text(f'technology = "demo130.toml"\n{own_toml}')
    own = load("own.toml")
    names = load("my_neuron.toml").configured(technology=own.conditions.technology)
    assert names.conditions.v_dd == pytest.approx(1.44)
    a, b = characterize(own, n_jobs=1), characterize(names, n_jobs=1)
    assert a.measurement.energy_J == pytest.approx(b.measurement.energy_J, rel=1e-3)
    assert a.cost.transistors == b.cost.transistors == 6
    assert a.cost.scopes["circuit"].area_um2 == pytest.approx(b.cost.scopes["circuit"].area_um2)
    assert a.measurement.details["rest_s"] == pytest.approx(40e-15 * 1.44 / 50e-9, rel=0.1)
    with pytest.raises(InputError, match=r"own.cir, line 6: unknown subcircuit; found 'demo130_pr__nfet_01v8'"):
        load("own.toml").configured(technology=CIRCUIT.conditions.technology).jobs()


def test_sizes_that_are_expressions_are_numbers_where_transistors_vary_and_are_counted(folder: Path) -> None:
    text = (
        (folder / "my_neuron.cir")
        .read_text()
        .replace("w=200n", "w={2*wn}")
        .replace("feedback_f=40f", "feedback_f=40f wn=100n")
    )
    (folder / "my_neuron.cir").write_text(text)
    bench = load("my_neuron.toml")
    assert bench.measure(n_jobs=1).energy_J == pytest.approx(CIRCUIT.measure(n_jobs=1).energy_J, rel=1e-3)
    assert isinstance(bench, CircuitTestbench)
    copies = [bench.sampled(Sample(0, i)).configured(wn=300e-9).jobs()[0].deck for i in range(2)]
    assert all("w=6e-07 l=40n delvto=" in copy for copy in copies)
    wide, narrow = (
        cell_widths(transistors_of(b.measure(n_jobs=1).neuron_netlist), {})
        for b in (bench.configured(wn=300e-9), bench)
    )
    assert wide["my_neuron"] > narrow["my_neuron"]
