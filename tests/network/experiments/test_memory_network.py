"""Networks of MTJ neurons on the memory tasks: what heat alone lets them do, events counted, commands."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from energy.compare import operation_energy, published_cost
from energy.digital import RecurrentCell, digital_energy
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError
from ipcircuit.families import MODELS
from ipcircuit.statistics import mean_interval
from network.accounting.counting.count import counted_events
from network.accounting.prices import neuron_energy, recurrent_energy
from network.experiments.memory.memory import MemoryResults, cells
from network.experiments.memory.prediction import predict_n_back
from network.experiments.runs import Cell
from network.models.ipnet import REFERENCES
from network.neurons.stepping import use_generator
from network.neurons.thermal_mtj.device import load_device
from network.tasks.memory import NBack
from network.training.experiment import make_task, split_options
from network.training.loop import initialised, train
from network.training.outputs import evaluate
from network.training.settings import Identity, Settings

TASK = NBack(1)


@pytest.mark.parametrize(("model", "low", "high"), [("ipnet", 0.55, 1.0), ("ablated", -0.1, 0.1), ("lif", -0.1, 0.1)])
def test_heat_alone_solves_one_back(model, low, high):
    """60 steps of training: the plastic network compares with the item before, the same one without heat guesses."""
    options = {"device": "liu2025"}
    settings = Settings(60, 32, 0.03, evaluate_every=60, trials=300)
    network = initialised(MODELS.load(model).builder(TASK, options), 0)
    run = train(TASK, network, Identity("nback", model, 0, {}, options), settings)
    assert low < run.scores["PR"] < high


def test_events_are_counted_by_layer():
    task = NBack(1, items=5)
    model = MODELS.load("ipnet").builder(task, {"device": "liu2025", "neurons": 3, "hidden_neurons": 2})()
    batch = task.batch(7, torch.Generator().manual_seed(0))
    with counted_events(model) as events, torch.no_grad():
        model(batch.inputs)
    layer = events["input_neurons"]
    assert (layer.kind, layer.trials, layer.steps, layer.units) == ("differential", 7, 5, 225)
    assert layer.operations == 7 * 5 * 100 * 3  # four of nine blocks of 25 inputs, three neurons each
    assert layer.density == pytest.approx(4 / 9)
    assert 0 < layer.spikes < 2 * layer.operations
    hidden = events["hidden_neurons"]
    assert (hidden.kind, hidden.operations) == ("stochastic", 7 * 5 * 225 * 2)
    assert events["output_synapses"].operations <= 7 * 5 * 225 * 2
    assert not model.input_neurons._forward_hooks


def test_energy_is_operations_times_the_cost_of_one():
    task = NBack(1, items=5)
    model = MODELS.load("ipnet").builder(task, {"device": "liu2025", "neurons": 3, "hidden_neurons": 2})()
    with counted_events(model) as events, torch.no_grad():
        model(task.batch(4, torch.Generator().manual_seed(0)).inputs)
    cost = published_cost()
    rows = neuron_energy(events, {"differential": cost})
    assert {row["layer"] for row in rows} == {"input_neurons"}
    by_scope = {row["scope"]: row["energy_per_trial_J"] for row in rows}
    one = operation_energy(cost, "paper", 4 / 9)
    assert by_scope["paper"] == pytest.approx(5 * 100 * 3 * one)
    assert by_scope["system"] is None  # the source gives one scope only


def test_digital_estimate_takes_the_sizes_of_the_layer():
    model = MODELS.load("lstm").builder(TASK)()
    (estimate,) = recurrent_energy(model, 20)
    assert estimate.cell == RecurrentCell("LSTM", 225, 225, 20)
    assert estimate.energy_per_sample_28nm_J == digital_energy(estimate.cell).energy_per_sample_28nm_J
    assert estimate.cell.weights == sum(p.numel() for p in model.memory.parameters())


def test_options_are_told_apart_and_evaluation_repeats():
    model = MODELS.load("ipnet").builder(TASK, {"device": "liu2025"})()
    assert evaluate(TASK, model, 60) == evaluate(TASK, model, 60)
    assert split_options("nback", "ipnet", {"n": 2, "neurons": 4}) == ({"n": 2}, {"neurons": 4})
    with pytest.raises(InputError, match=r"no such option.*nonsense"):
        split_options("nback", "ipnet", {"nonsense": 1})
    with pytest.raises(InputError, match="unknown task"):
        make_task("n-back")


def test_interval_of_means():
    mean, low, high = mean_interval([1.0, 2.0, 3.0])
    assert mean == 2.0
    assert high - mean == pytest.approx(mean - low) == pytest.approx(4.3027 / 3**0.5, rel=1e-4)  # t(2), 97.5 %
    assert mean_interval([0.5]) == (0.5, None, None)
    rng = np.random.default_rng(0)
    intervals = [mean_interval(rng.normal(1.0, 2.0, 5).tolist()) for _ in range(2000)]
    covered = sum(low is not None and high is not None and low <= 1 <= high for _, low, high in intervals)
    assert covered / 2000 == pytest.approx(0.95, abs=0.02)
    with pytest.raises(InputError, match="no values"):
        mean_interval([])


def test_commands_train_and_eval(capsys, tmp_path):
    command = "train nback --n 1 --quick --steps 2 --option device=liu2025 --option neurons=2 --seeds 0,1 --json -o"
    assert cli.main([*command.split(), str(tmp_path / "runs")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["scores"]["PR"]) == {"mean", "low", "high"}
    assert [run["seed"] for run in found["runs"]] == [0, 1]
    (first, _) = sorted((tmp_path / "runs").iterdir())
    assert cli.main(["eval", str(first / "checkpoint.pt"), "--json"]) == 0
    scored = json.loads(capsys.readouterr().out)
    assert scored["scores"] == pytest.approx(found["runs"][0]["scores"])
    assert scored["layers"][0]["layer"] == "input_neurons"
    assert cli.main(["eval", str(first / "checkpoint.pt"), "--trials", "50"]) == 0
    assert "operations per trial" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["train", "n-back"], "unknown task"),
        (["train", "nback", "--model", "rnn"], "unknown model"),
        (["train", "nback", "--seeds", "a"], "--seeds: not a whole number"),
        (["train", "nback", "--option", "n"], "not an option"),
        (["train", "nback", "--n", "40"], "n out of range"),
        (["eval", "/no/such/checkpoint.pt"], "no such checkpoint"),
    ],
)
def test_bad_input_is_exit_2(capsys, tmp_path, monkeypatch, arguments, problem):
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    assert problem in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def hidden_inputs(reference: str) -> torch.Tensor:
    """What the input neurons of a cold network send after one pulse: reference and difference channel."""
    model, found = MODELS.load("ipnet").builder(TASK, {"neurons": 8, "reference": reference})(), []
    model.input_synapses.register_forward_pre_hook(lambda _, x: found.append(x[0] / model.get_buffer("input_scales")))
    use_generator(model, torch.Generator().manual_seed(0))
    model(torch.ones(1, 4000, 225))
    return found[0]


def test_mean_reference_takes_its_noise_out_of_the_difference_and_nothing_else():
    by_junction, by_mean = (hidden_inputs(reference)[..., 225:] for reference in REFERENCES)
    p = float(hidden_inputs("junction")[..., :225].mean())
    assert by_mean.mean() == pytest.approx(float(by_junction.mean()), abs=0.001)  # 5 standard errors: cold, both 0
    assert by_mean.var() == pytest.approx(p * (1 - p) / 8, rel=0.01)
    assert by_junction.var() == pytest.approx(2 * p * (1 - p) / 8, rel=0.01)
    with pytest.raises(InputError, match="unknown reference"):
        MODELS.load("ipnet").builder(TASK, {"reference": "none"})()


def test_study_asks_for_every_figure_and_finds_its_runs():
    assert {cell.figure for cell in cells()} == {"3b", "3e", "3g", "S5", "S7", "reference"}
    with pytest.raises(InputError, match="unknown figure"):
        cells(["4"])
    record = {"task": "nback", "model": "ipnet", "task_options": {"n": 2}, "model_options": {}, "seed": 0}
    runs = [{**record, "scores": {"PR": 0.5}}, {**record, "seed": 1, "scores": {"PR": 0.7}}]
    results = MemoryResults(runs)
    found = results.n_back("ipnet")
    assert list(found) == [2]
    assert (found[2].mean, found[2].seeds) == (pytest.approx(0.6), 2)
    assert found[2].text(100, 0) == "60 (-67 to 187)"  # t of two values 0.2 apart, 12.7 times 0.1
    assert results.n_back("ipnet", placement="hidden") == {}
    cell, steps = Cell("", "nback", "ipnet", {"n": 2}), [{"step": 5, "PR": 0.1}, {"step": 10, "PR": 0.2}]
    later = [{**run, "history": [{**row, "PR": row["PR"] + 0.1 * run["seed"]} for row in steps]} for run in runs]
    assert [value.mean for value in MemoryResults(later).course(cell, "PR").values()] == pytest.approx([0.15, 0.25])
    later[1]["history"].pop()  # stopped early: no common steps
    assert MemoryResults(later).course(cell, "PR") == MemoryResults(runs).course(cell, "PR") == {}
    assert results.estimate(Cell("", "nback", "lstm", {"n": 2}), "PR") is None


def test_ideal_observer_reads_nothing_without_heat_and_less_from_longer_ago():
    device = load_device("liu2025")
    curve = [predict_n_back(device, n, 8, trials=1500, histories=8000) for n in (1, 2, 4)]
    assert curve[0] > 0.8
    assert curve[0] > curve[1] > curve[2]
    blind = predict_n_back(device.without_plasticity(), 1, 8, trials=1500, histories=8000)
    assert abs(blind) < 0.1  # 190 matches: 2.7 standard errors
    assert predict_n_back(device, 2, 64, trials=1500, histories=8000) > curve[1]  # more neurons, less noise


def test_python_in_the_documentation_runs(capsys):
    text = (Path(__file__).parents[3] / "docs" / "networks" / "memory_tasks.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "memory_tasks.md", "exec"), {})
    assert capsys.readouterr().out == "torch.Size([50, 4, 4, 16, 16])\n"
