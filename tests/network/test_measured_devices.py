"""Networks of devices with the parameters of a file: trained, scored and billed with them; intervals of a fit."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import pytest

from circuits.thermal_mtj.check import drive_of
from circuits.thermal_mtj.neuron import ThermalMtjConditions, differential
from energy import characterize
from energy.cost import SCOPES, NeuronCost, ScopeCost
from ipcircuit.cli import main as cli
from ipcircuit.cli.eval_fit import fit_result, show_fit
from ipcircuit.compact.thermal_mtj.reduce import sigmoid
from ipcircuit.devices.orthogonal_mtj import device as mtj_orthogonal
from ipcircuit.devices.parameter_file import Fit, ParameterFile, write
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.errors import InputError
from network.models.memory import IPNET, LSTM
from network.neurons.thermal_mtj.device import load_device
from network.training.experiment import evaluate_checkpoint

Q = 1.959964  # normal quantile of 95 %


def call(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert cli.main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def file_of(device: Any, fit: Fit | None = None, **values: float) -> ParameterFile:
    other = device.with_parameters(**values)
    return ParameterFile(tuple(p for p in other.parameters if p.name in values), fit)


def test_a_network_is_trained_with_the_parameters_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The midpoint of the junction is that of the neurons. The run says which file; its checkpoint needs it no more.
    Where a junction starts is no matter of the file."""
    path = write(
        tmp_path / "lot7.toml", file_of(mtj_thermal.declare(), x0_set=0.85, midpoint_shift=0.0, initial_ap=1.0)
    )
    words = ["--model", "ablated", "--quick", "--steps", "2", "--option", "neurons=1", "--option", "hidden_neurons=1"]
    runs = tmp_path / "runs"
    shown = call(capsys, "train", "nback", *words, "--device", str(path), "-o", str(runs))
    (folder,) = runs.iterdir()
    record = json.loads((folder / "run.json").read_text())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert record["device"] == {"file": "lot7.toml", "sha256": digest}
    assert record["model_options"]["parameters"] == {"midpoint_shift": 0.0, "x0_set": 0.85, "initial_ap": 1.0}
    path.unlink()
    checkpoint = str(folder / "checkpoint.pt")
    result = evaluate_checkpoint(checkpoint)
    assert result["scores"] == shown["runs"][0]["scores"]
    midpoint = result["network"].input_neurons._junctions[0].midpoint
    neuron = differential().with_device(midpoint_shift=0.0)  # as in the file: its own heat moves the midpoint, too
    declared = sigmoid(neuron.halves[0].device, drive_of(neuron, neuron.halves[0], ThermalMtjConditions()))[1]
    assert midpoint - declared == pytest.approx(0.85 - 0.84204, abs=1e-4)
    other = ParameterFile((), Fit(device="ecram"), "other.toml")
    with pytest.raises(InputError, match=r"other.toml: model ablated does not take .*'ecram'; allowed: .* mtj_thermal"):
        evaluate_checkpoint(checkpoint, device=other)


def test_values_are_held_to_the_device_of_the_model() -> None:
    parameters = IPNET.measured(file_of(mtj_thermal.declare(), r_parallel=250.0))
    assert parameters == {"parameters": {"r_parallel": 250.0}}
    file = IPNET.parameter_file(parameters)
    assert file is not None
    assert (file.device, file.values()) == ("mtj_thermal", {"r_parallel": 250.0})
    assert IPNET.parameter_file({}) is None
    with pytest.raises(InputError, match="no parameter of this name"):
        IPNET.measured(file_of(mtj_orthogonal.declare(), alpha=0.02))
    with pytest.raises(InputError, match=r"model lstm does not take .*allowed: none"):
        LSTM.measured(file_of(mtj_thermal.declare(), r_parallel=250.0))
    with pytest.raises(InputError, match="printed numbers take no parameters"):
        load_device("liu2025", (("x0_set", 0.85),))
    with pytest.raises(InputError, match="no parameter of this name; found 'colour'"):
        load_device("circuit", (("colour", 1.0),))


def test_intervals_of_a_fit_in_scores_and_energy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another family: a junction whose resistance-area product is known to 3 %. A circuit whose energy goes with the
    conductance bills E/(1 ± 0.03 q) at the ends; the network sees no resistance, and scores the same."""
    device = mtj_orthogonal.declare()
    ra = device.values()["ra"]
    monkeypatch.setattr(characterize, "cost_at", lambda *_, device, **__: _cost(1e-12 * ra / device.values()["ra"]))
    fit = Fit(device=device.name, names=("ra",), covariance=(((0.03 * ra) ** 2,),))
    path = str(write(tmp_path / "lot7.toml", file_of(device, fit, ra=ra)))
    words = ["--model", "signed_device", "--quick", "--steps", "2", "--option", "width=2", "-o", str(tmp_path / "runs")]
    call(capsys, "train", "digits", *words)
    (folder,) = (tmp_path / "runs").iterdir()
    evaluation = ["eval", str(folder / "checkpoint.pt"), "--trials", "50", "--device", path, "--draws", "3", "--energy"]
    result = call(capsys, *evaluation)
    fitted = result["fit"]
    assert (fitted["file"], fitted["draws"], fitted["seed"], fitted["ends"]) == ("lot7.toml", 3, 0, 2)
    accuracy = result["scores"]["accuracy"]
    assert fitted["scores"]["accuracy"] == {name: accuracy for name in ("fitted", "mean", "low", "high")}
    assert {(row["scope"], row["part"]) for row in fitted["energy"]} == {
        (scope, part) for scope in SCOPES for part in ("memory", "total")
    }
    for row in fitted["energy"]:
        assert row["energy_per_trial_J"] / row["low_J"] == pytest.approx(1 + 0.03 * Q)
        assert row["energy_per_trial_J"] / row["high_J"] == pytest.approx(1 - 0.03 * Q)
    assert fitted["problems"] == []
    show_fit(fitted)
    assert "intervals from the fit in lot7.toml" in capsys.readouterr().out


def _cost(joule: float) -> NeuronCost:
    scope = ScopeCost(joule, None, None, {"junction": joule}, {})
    return NeuronCost("signed_mtj", "assumed", None, {}, 1, {}, None, None, dict.fromkeys(SCOPES, scope))


def _file() -> ParameterFile:
    """Parameter a, 10 ± 1."""
    device = mtj_thermal.declare()
    sigma = 0.05 * device.values()["r_parallel"]
    return file_of(device, Fit(device=device.name, names=("r_parallel",), covariance=((sigma**2,),)), r_parallel=230.0)


def _trial(file: ParameterFile) -> dict[str, Any]:
    joule = 1 / file.values()["r_parallel"]
    rows = [{"scope": scope, "energy_per_trial_J": joule, "neurons_J": 2 * joule} for scope in ("paper", "circuit")]
    return {"memory": rows, "total": rows}


def test_scores_come_from_draws_and_energies_from_the_ends_of_the_interval() -> None:
    """Energy: E/(1 ± 0.05 q) at the ends. A score that is the parameter itself has the parameter's interval."""
    file, steps = _file(), list[tuple[int, int]]()
    fitted = {"scores": {"a": 230.0, "curve": [1.0]}, "energy": _trial(file)}

    def scores(f: ParameterFile) -> dict[str, Any]:
        return {"a": f.values()["r_parallel"], "curve": [1.0]}

    result = fit_result(fitted, file, scores, _trial, count=200, seed=1, progress=lambda *step: steps.append(step))
    assert (steps[-1], result["draws"], result["ends"]) == ((202, 202), 200, 2)
    low, high = (result["scores"]["a"][end] for end in ("low", "high"))
    assert high - low == pytest.approx(2 * Q * 0.05 * 230, rel=5 / math.sqrt(2 * 200))
    assert list(result["scores"]) == ["a"]
    energy = result["energy"][0]
    assert energy["low_J"] == pytest.approx(1 / 230 / (1 + 0.05 * Q))
    assert energy["high_J"] == pytest.approx(1 / 230 / (1 - 0.05 * Q))


def test_parameters_that_no_device_has_are_left_out_and_named() -> None:
    file = _file()

    def scores(f: ParameterFile) -> dict[str, Any]:
        if f.values()["r_parallel"] > 230:
            raise InputError("too large")
        return {"a": f.values()["r_parallel"]}

    def energy(f: ParameterFile) -> dict[str, Any]:
        return _trial(f) if scores(f) else {}

    fitted = {"scores": {"a": 230.0}, "energy": _trial(file)}
    result = fit_result(fitted, file, scores, energy, count=20, seed=1, progress=lambda *_: None)
    assert 2 <= result["draws"] < 20
    assert result["energy"] == []
    assert result["problems"] == [f"{20 - result['draws'] + 1} of 22 sets of parameters: too large"]
