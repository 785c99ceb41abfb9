"""Fronts of accuracy and energy: the plan, networks in integers, and tiny runs into a store that goes on."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from ipcircuit.errors import InputError
from ipcircuit.families import MODELS
from network.experiments.fronts import experiment
from network.experiments.fronts.experiment import INTEGERS, run_fronts
from network.experiments.fronts.plan import candidates, families, tasks
from network.quantised.integer import in_integers
from network.quantised.recurrent import IntegerRecurrent
from network.training.experiment import make_task
from network.training.store import RunStore


def test_plan_names_what_there_is() -> None:
    known = candidates()
    assert {c.task for c in known} == set(tasks())
    assert {c.family for c in known} == set(families())
    for one in known:
        task = tasks()[one.task]
        assert one.cell.task == task.task
        MODELS.load(one.cell.model).builder(make_task(task.task, task.options), one.cell.model_options)
        if one.settings is not None:
            assert one.settings.evaluate_every is not None  # a run without scores has no point
    for key in tasks():  # sizes of both recurrent families, 4 to 256 units
        for family in ("LSTM", "GRU"):
            units = {c.cell.model_options.get("units") for c in known if (c.task, c.family) == (key, family)}
            assert {4, 256} <= units
    with pytest.raises(InputError, match="--task"):
        candidates(["nback9"])
    with pytest.raises(InputError, match="--family"):
        candidates(kinds=["perceptron"])


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_recurrent_layer_in_integers(kind: type[nn.LSTM | nn.GRU]) -> None:
    torch.manual_seed(0)
    layer = kind(6, 5)
    x = torch.randn(7, 3, 6)
    wanted = layer(x)[0].detach()
    fine = IntegerRecurrent(layer, 20)  # so many bits round nothing that matters: the formulas are torch's own
    for one in fine.ranges:
        one.searching = True
    assert torch.allclose(fine(x)[0], wanted, atol=1e-6)
    for one in fine.ranges:
        one.searching = False
    assert torch.allclose(fine(x)[0], wanted, atol=1e-4)
    coarse = next(in_integers(nn.Sequential(layer), x).children())(x)[0]
    error = (coarse - wanted).abs().max()
    assert 1e-4 < error < 0.1  # 8 bits: steps of 1/127, through 7 steps
    assert torch.allclose(127 * coarse, (127 * coarse).round(), atol=1e-3)
    with pytest.raises(InputError, match="one layer"):
        IntegerRecurrent(kind(2, 2, num_layers=2), 8)
    with pytest.raises(InputError, match="RNN"):
        IntegerRecurrent(nn.RNN(2, 2), 8)


def test_linear_layer_in_integers() -> None:
    layer = nn.Linear(3, 1, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.27, 0.014, -0.5]]))  # scale 0.01: 127, 1.4, -50 steps
    spikes = torch.tensor([[[1.0, 1.0, 0.0]], [[0.0, 1.0, 3.0]]])
    model = nn.Sequential(layer)
    twin = in_integers(model, spikes)
    assert twin(spikes).flatten().tolist() == pytest.approx([1.28, 0.01 - 1.5], abs=1e-6)  # whole numbers stay
    assert model(spikes).flatten().tolist() == pytest.approx([1.284, 0.014 - 1.5], abs=1e-6)
    graded = torch.tensor([[[0.5, 0.2, 1.0]]])  # range 1: 63.5, 25.4 and 127 steps of 1/127
    seen = in_integers(model, graded)(graded).item()
    assert seen == pytest.approx((64 * 1.27 + 25 * 0.01 - 127 * 0.5) / 127, abs=1e-6)
    twin(spikes).sum().backward()
    assert all(p.grad is not None for p in twin.parameters())  # it can be fine-tuned


def test_runs_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*args: object, **options: object) -> list[experiment.Candidate]:
        chosen = [c for c in candidates(["nback1"], ["GRU"]) if c.cell.model_options == {"units": 4}]
        assert chosen[0].settings is not None
        settings = replace(chosen[0].settings, steps=2, batch=4, evaluate_every=2, trials=50)
        return [replace(c, settings=settings) for c in chosen]

    monkeypatch.setattr(experiment, "candidates", short)
    store = RunStore(tmp_path)
    assert run_fronts(store, seeds=[0]) == []
    (record,) = store.runs()
    assert set(record[INTEGERS]) == {"after_training", "fine_tuned_steps", "scores"}
    assert record[INTEGERS]["scores"].keys() == record["scores"].keys()
    assert record[INTEGERS]["fine_tuned_steps"] in (0, experiment.TUNED_STEPS)

    def fail(*args: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(experiment, "perform_with_integers", fail)
    assert run_fronts(store, seeds=[0]) == []
    with pytest.raises(AssertionError, match="again"):
        run_fronts(store, seeds=[0, 1])
