"""Sweeps of the memory's capacity: device at another period or slope, predictions, the study's folder, the front."""

import json
from dataclasses import replace
from functools import partial

import pytest
import torch

from circuits.thermal_mtj.check import drive_of
from circuits.thermal_mtj.neuron import ThermalMtjConditions, differential
from energy.compare import operation_energy
from ipcircuit.cli import main as cli
from ipcircuit.compact.thermal_mtj.neuron import firing_probability, heating
from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.compact.thermal_mtj.reduce import reduce
from ipcircuit.errors import InputError
from network.experiments.memory import capacity as experiment
from network.experiments.memory.capacity import DENSITY, CapacityResults, key, load_capacity, pareto, pulse_energies
from network.experiments.memory.prediction import flattened, predict_network
from network.experiments.memory.sweeps import FRONT, NAMES, check_names, front_points, predicted_points, trained_points
from network.models.memory import device_of
from network.neurons.thermal_mtj.device import NeuronDevice, load_device
from network.training.settings import Settings
from network.training.store import KEPT

TWO_POLES = ThermalNeuronParameters(
    50.0, 0.83, (0.5, 0.8), (0.016, 0.004), (0.0, 0.0), (0.002, 0.0), 200e-9, (0.5, 1.0), "test"
)
DEVICE = NeuronDevice("test", TWO_POLES)
PUBLISHED = {"device": "liu2025"}


def test_period_and_slope_of_a_device():
    twice = DEVICE.with_period(400e-9)
    assert twice.temporal.decay == pytest.approx((0.25, 0.64))
    assert twice.temporal.alpha == pytest.approx((0.008, 0.0032))
    assert twice.temporal.delta == pytest.approx((0.001, 0.0))
    assert twice.temporal.time_constants() == pytest.approx(TWO_POLES.time_constants())
    assert twice.reference.period == 400e-9
    assert replace(DEVICE.with_period(200e-9).temporal, origin="test") == TWO_POLES
    steep = DEVICE.with_slope(100.0)
    volts, cold = torch.tensor([0.83, 0.84]), torch.zeros(1)
    for junction in (steep.temporal, steep.reference):
        p = firing_probability(junction, cold, volts)
        assert p.tolist() == pytest.approx([0.5, 1 / (1 + 2.718281828**-1)], abs=1e-5)
    for options, problem in [
        ({"period_s": 100e-9}, "shorter than one cycle"),
        ({"period_s": float("nan")}, "shorter than one cycle"),
        ({"period_s": 500e-9, "decay": [0.3]}, "one of both"),
        ({"slope": -1.0}, "slope"),
    ]:
        with pytest.raises(InputError, match=problem):
            device_of({**PUBLISHED, **options})


def test_period_equals_a_longer_cycle_of_the_declaration():
    """Neither the declaration's equations nor their integration know of `with_period`."""
    neuron = differential()
    half = neuron.halves[0]
    drive = drive_of(neuron, half, ThermalMtjConditions())
    cycle = replace(drive.cycle, read=False)
    short, long = (
        reduce(half.device, replace(drive, cycle=replace(cycle, delay=delay))).parameters for delay in (20e-9, 250e-9)
    )
    waited = NeuronDevice("short", short).with_period(long.period).temporal
    assert waited.period == pytest.approx(460e-9)
    assert waited.decay == pytest.approx(long.decay, rel=1e-9)
    volts = torch.tensor([0.7, 0.8, 0.9], dtype=torch.float64)
    torch.testing.assert_close(heating(waited, volts), heating(long, volts), rtol=1e-3, atol=0)


@pytest.mark.parametrize("spread", [0.0, 0.01, 0.02, 0.04])
def test_spread_of_the_midpoint_flattens_the_mean_curve(spread):
    draws = spread * torch.randn(20_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    volts = torch.linspace(-0.1, 0.1, 41, dtype=torch.float64)
    mean = torch.sigmoid(50 * (volts[:, None] - draws)).mean(1)
    error = (torch.sigmoid(flattened(50.0, spread) * volts) - mean).abs().max().item()
    assert error < (1e-12 if spread == 0 else 0.03)
    assert flattened(50.0, 0.02) == pytest.approx(50 / (1 + 3.14159265 / 8) ** 0.5)


def test_predictions_follow_the_heat():
    """Faster forgetting is better one step back and worse three steps back; devices that are off are missing."""
    predict = partial(predict_network, trials=1500, histories=8000)
    fast, slow = ({**PUBLISHED, "decay": [gamma]} for gamma in (0.2, 0.8))
    assert predict(1, fast) > predict(1, slow) + 0.2
    assert predict(3, fast) < predict(3, slow) - 0.1
    half, few = {**PUBLISHED, "neurons": 8, "off": 0.5}, {**PUBLISHED, "neurons": 4}
    assert predict(1, half) == predict(1, few) < predict(1, {**PUBLISHED, "neurons": 8})


def test_every_trained_network_is_predicted_and_the_sweeps_share_theirs():
    predicted = {key(p.n, p.options) for p in predicted_points(NAMES)}
    for quick in (True, False):
        points = trained_points(NAMES, quick=quick)
        assert {key(p.n, p.options) for p in points} <= predicted
        assert {p.sweep for p in points} == set(NAMES)
        assert len({key(p.n, p.options) for p in points}) < len(points)
        assert sum(point.own for point in front_points(quick=quick)) == 1
    own = next(p for p in trained_points(["slope"], quick=True) if p.own)
    assert own.options == {}
    assert own.values == {"slope_per_V": load_device().temporal.slope}
    assert check_names(["front", "decay"]) == ("decay", "front")
    with pytest.raises(InputError, match="unknown sweep"):
        check_names(["tau"])


def test_front_and_energy_of_a_stronger_pulse():
    points = [(1.0, 0.2), (2.0, 0.5), (2.0, 0.4), (3.0, 0.5), (4.0, 0.9), (0.5, 0.2)]
    assert pareto(points) == [False, True, False, False, True, True]
    assert pareto([(1.0, 1.0), (1.0, 1.0)]) == [True, True]
    low, high = pulse_energies({0.85, 0.80})
    assert (low["item_V"], high["item_V"], low["density"]) == (0.80, 0.85, pytest.approx(4 / 9))
    ratio = high["energy_per_operation_J"]["paper"] / low["energy_per_operation_J"]["paper"]
    assert 1.10 < ratio < (0.85 / 0.80) ** 2  # V²/R, less what a junction that switched sooner (higher R) saves


def _record(point, pr: float, seed: int = 0):
    layer = {"layer": "input_neurons", "operations_per_trial": 2000.0 * point.options.get("neurons", 32)}
    return {
        **dict.fromkeys(KEPT),
        "task_options": {"n": point.n},
        "model_options": dict(point.options),
        "seed": seed,
        "scores": {"PR": pr},
        "steps": 300,
        "layers": [layer],
        "date": "2026-01-02",
        "versions": {"torch": "2"},
    }


def test_rows_of_made_up_runs():
    points = front_points(quick=True)
    worth = {(8.0, 0.80): 0.3, (8.0, 0.85): 0.2, (32.0, 0.80): 0.5, (32.0, 0.85): 0.6}
    records = [
        _record(p, worth[p.values["neurons"], p.values["item_V"]] - (0.0 if p.options.get("decay") is None else 0.1), s)
        for p in points
        for s in (0, 1)
    ]
    energies = [
        {"item_V": v, "energy_per_operation_J": {"paper": e, "circuit": 2 * e, "system": 3 * e}}
        for v, e in ((0.80, 1e-9), (0.85, 1.1e-9))
    ]
    found = CapacityResults([{"n": 2, "options": dict(points[0].options), "PR": 0.44}], energies, records)
    rows = {(r["neurons"], r["gamma"], r["item_V"]): r for r in found.front()}
    assert len(rows) == 8
    own = load_device("circuit-one-pole").temporal.decay[0]
    assert rows[32.0, own, 0.85]["circuit_J"] == pytest.approx(2 * 1.1e-9 * 64_000)
    assert {k for k, r in rows.items() if r["system_best"]} == {(8.0, own, 0.80), (32.0, own, 0.80), (32.0, own, 0.85)}
    assert rows[8.0, 0.2, 0.80]["predicted"] == 0.44
    assert (rows[8.0, own, 0.80]["low"], rows[8.0, own, 0.80]["seeds"]) == (pytest.approx(0.3), 2)
    assert [(r["gamma"], r["PR"]) for r in found.rows(["decay"])] == [(0.2, pytest.approx(0.5)), (own, 0.6)]
    assert "seeds 0, 1" in found.origin
    assert "300 batches" in found.origin


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(experiment, "QUICK", Settings(1, 4, evaluate_every=1, trials=60))
    monkeypatch.setattr(experiment, "TRIALS", 200)


def test_a_sweep_is_predicted_trained_and_taken_up_again(capsys, tmp_path, short, monkeypatch):
    monkeypatch.setattr(experiment, "predict_network", partial(predict_network, histories=2000))
    arguments = ["study", "capacity", "--quick", "--sweep", "heating", "--jobs", "1", "-o", str(tmp_path)]
    assert cli.main(arguments) == 0
    first = capsys.readouterr().out
    assert "predicted PR" in first
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len([path for path in before if path.name == "run.json"]) == 2
    assert cli.main(arguments) == 0
    assert capsys.readouterr().out == first
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert cli.main([*arguments, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [row["heating_spread"] for row in result["sweeps"]] == [0.0, 0.5]
    assert result["front"] == []
    assert cli.main([a for a in arguments if a != "--quick"]) == 2
    assert "other settings" in capsys.readouterr().err
    assert cli.main([*arguments, "--sweep", "tau"]) == 2
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_worker_processes_change_no_number(tmp_path, short):
    from network.training.store import RunStore

    one, two = (
        experiment.run_capacity(RunStore(tmp_path / str(jobs)), quick=True, seeds=[0], sweeps=["heating"], n_jobs=jobs)
        for jobs in (1, 2)
    )
    assert one.rows() == two.rows()


def test_folders_that_are_no_study(tmp_path):
    with pytest.raises(InputError, match="no sweeps"):
        load_capacity(tmp_path)
    (tmp_path / "capacity.json").write_text('{"version": 0}')
    with pytest.raises(InputError, match="another version"):
        load_capacity(tmp_path)
    (tmp_path / "capacity.json").write_text("{")
    with pytest.raises(InputError, match="cannot read"):
        load_capacity(tmp_path)


def test_shipped_study_says_what_made_it_and_has_the_circuits_energies():
    found = load_capacity()
    known = {key(p.n, p.options) for quick in (True, False) for p in trained_points(NAMES, quick=quick)}
    assert found.records
    for record in found.records:
        assert set(record) == set(KEPT)
        assert record["command"].startswith("study capacity")
        assert key(record["task_options"]["n"], record["model_options"]) in known
        assert record["date"]
        assert record["versions"]["torch"]
    for row in [*found.rows(), *found.front()]:
        assert row["PR"] < row["predicted"] + 0.04  # no network reads more than the device holds, but for chance
    assert {row["sweep"] for row in found.front()} == {FRONT}
    assert found.front()
    from circuits.catalog import load
    from energy.characterize import characterize

    shipped = next(row for row in load_capacity().energies if row["item_V"] == 0.80)
    cost = characterize(load("differential")).cost
    for scope, value in shipped["energy_per_operation_J"].items():
        assert value == pytest.approx(operation_energy(cost, scope, DENSITY), rel=1e-3)
