"""Fronts of accuracy and energy: the plan, networks in integers, and tiny runs into a store that goes on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from energy.cost import SCOPES
from energy.digital import RecurrentCell, accumulation_energy, digital_energy
from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.families import MODELS
from network.accounting.counting.events import LayerEvents
from network.experiments.fronts import digital, experiment
from network.experiments.fronts.experiment import run_fronts
from network.experiments.fronts.front import Front, FrontPoint, _Draw, _redrawn, ratio_at_equal_accuracy
from network.experiments.fronts.plan import candidates, families, tasks
from network.experiments.fronts.points import bill, run_name
from network.experiments.fronts.prices import Prices
from network.experiments.fronts.results import load_fronts
from network.experiments.fronts.view import INTEGERS, View
from network.experiments.memory.capacity import pareto
from network.neurons.billing import Billing
from network.quantised.integer import in_integers
from network.quantised.recurrent import IntegerRecurrent
from network.training.experiment import make_task
from network.training.store import RunStore
from tests.network.test_trial_energy import lif_cost

BILLING = Billing("lif", "delay_feedback_lif", "spike")


def test_plan_names_what_there_is() -> None:
    known = candidates()
    assert {c.task for c in known} == set(tasks())
    assert {c.family for c in known} == set(families())
    assert len({(c.task, c.cell.model, str(c.cell.model_options)) for c in known}) == len(known)
    for one in known:
        task = tasks()[one.task]
        assert one.cell.task == task.task
        MODELS.load(one.cell.model).builder(make_task(task.task, one.cell.task_options), one.cell.model_options)
        if one.settings is not None:
            assert one.settings.evaluate_every is not None  # a run without scores has no point
    for key in dict.fromkeys(c.task for c in known if c.settings):  # sizes of both recurrent families, 4 to 256 units
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
    assert run_fronts(store, seeds=[0], families=["GRU"], simulated=False) == []
    (record,) = store.runs("nback", "gru")
    assert set(record[INTEGERS]) == {"after_training", "fine_tuned_steps", "scores"}
    assert record[INTEGERS]["scores"].keys() == record["scores"].keys()
    assert record[INTEGERS]["fine_tuned_steps"] in (0, experiment.TUNED_STEPS)

    def fail(*args: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(experiment, "perform_with_integers", fail)
    assert run_fronts(store, seeds=[0], families=["GRU"], simulated=False) == []
    with pytest.raises(AssertionError, match="again"):
        run_fronts(store, seeds=[0, 1], families=["GRU"], simulated=False)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_no_gpu_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingDependencyError, match="--compute cpu"):
        run_fronts(RunStore(tmp_path), seeds=[0], tasks=["nback1"], families=["GRU"], device="cuda")
    assert not list(tmp_path.glob("nback*"))


def point(family: str, score: float, energy: float, **more: Any) -> FrontPoint:
    """A point of five seeds that all say the same."""
    return FrontPoint("nback2", family, str(energy), (score,) * 5, (energy,) * 5, **more)


def front(family: str, *pairs: tuple[float, float], chance: float = 0.0, **more: Any) -> Front:
    return Front("nback2", family, tuple(point(family, score, energy, **more) for score, energy in pairs), chance)


def test_ratio_at_equal_accuracy_by_hand() -> None:
    device = front("device", (0.5, 1e-9), (0.9, 1e-8), (0.7, 2e-8))  # the last one is beaten by the second
    assert [p.energy.mean for p in device.best] == [1e-9, 1e-8]
    other = front("LSTM", (0.6, 1e-7), (0.8, 1e-6))
    both = ratio_at_equal_accuracy(device, other)
    assert both.score == pytest.approx(0.8)  # the highest that both reach
    at = 1e-9 * 10 ** (0.3 / 0.4)  # three quarters of the way from 0.5 to 0.9 in the logarithm
    assert device.energy_at(0.8) == pytest.approx(at)
    assert both.ratio == both.factor == pytest.approx(1e-6 / at)
    assert (both.low, both.high) == pytest.approx((both.ratio, both.ratio))  # nothing is uncertain here
    back = ratio_at_equal_accuracy(other, device)
    assert back.ratio == pytest.approx(at / 1e-6)
    assert device.energy_at(0.95) is None
    assert device.energy_at(0.4) is None

    wide = front("device", (0.5, 1e-9), (0.9, 1e-8), price_low=0.8, price_high=1.2)
    uncertain = ratio_at_equal_accuracy(wide, other)  # the device's price is off by 20 % with 95 %
    assert uncertain.low == pytest.approx(1e-6 / at / 1.2, rel=0.03)
    assert uncertain.high == pytest.approx(1e-6 / at / 0.8, rel=0.03)
    assert wide.best[0].energy.low == pytest.approx(0.8e-9)
    near = FrontPoint("nback2", "LSTM", "", (0.9, 1.0, 1.0), (1e-9,) * 3).score
    assert near.low == pytest.approx(0.9667 - 4.303 * 0.05774 / 3**0.5, abs=1e-3)
    assert near.high == 1.0  # not 1.11: no score is above 1


def test_all_draws_of_a_front_at_once_are_those_one_by_one() -> None:
    draws = np.random.default_rng(0)
    points = [
        FrontPoint("nback2", "device", "", tuple(0.4 * i + draws.random(n)), tuple(0.4 * i + draws.random(n)), 0.8, 1.3)
        for i, n in enumerate((3, 5, 5))
    ]
    family = Front("nback2", "device", tuple(points))
    chosen = [_Draw.of(family, draws) for _ in range(50)]
    rows = _redrawn(family, chosen)
    assert len({len(row) for row in rows}) > 1  # some draws lose a point
    for row, draw in zip(rows, chosen, strict=True):
        off = 1 + abs(draw.deviation) * ((1.3 if draw.deviation > 0 else 0.8) - 1)
        drawn = [
            (off * float(np.mean(np.take(p.energies_J, seeds))), float(np.mean(np.take(p.scores, seeds))))
            for p, seeds in zip(family.best, draw.seeds, strict=True)
        ]
        assert row == sorted({pair for pair, good in zip(drawn, pareto(drawn), strict=True) if good})


def test_fronts_that_do_not_meet() -> None:
    weak, good = front("device", (0.2, 1e-5), (0.5, 1e-4)), front("LIF", (0.9, 1e-8), (1.0, 1e-7))
    both = ratio_at_equal_accuracy(weak, good)
    assert both.ratio is None
    assert both.score is None
    assert "LIF at its cheapest 0.9, device at its best 0.5" in both.reason
    assert both.bound == both.factor == pytest.approx(1e-4)  # cheaper too: at most a ten-thousandth
    dear = ratio_at_equal_accuracy(weak, front("LSTM", (0.9, 1e-3)))
    assert dear.bound is None
    assert dear.factor is None
    assert dear.reason
    scores = (0.48, 0.5, 0.5, 0.5, 0.53)  # 0.502, 0.479 to 0.525: as good as 0.5, as far as can be told
    alike = Front("nback2", "LSTM", (FrontPoint("nback2", "LSTM", "", scores, (1e-3,) * 5),))
    same = ratio_at_equal_accuracy(front("device", (0.5, 1e-4)), alike)
    assert same.ratio == pytest.approx(10.0)
    assert same.score == pytest.approx(0.5)
    guess = ratio_at_equal_accuracy(weak, front("no memory", (0.1, 1e-9), chance=0.15))
    assert guess.ratio is None
    assert guess.reason == "no memory: no point better than chance"
    assert "no such network" in ratio_at_equal_accuracy(weak, Front("nback2", "GRU", ())).reason


@pytest.mark.parametrize("name", ["nback2", "interference_high", "recall"])
def test_digital_circuits_solve_the_memory_tasks(name: str) -> None:
    bench = tasks()[name]
    task = make_task(bench.task, bench.options)
    whole, blocks = digital.circuits_for(task)
    assert blocks.bits == 9  # of 3 x 3 blocks
    assert whole.score(task, bench.score, seed=3, trials=300) == 1.0
    assert blocks.score(task, bench.score, seed=3, trials=300) == 1.0
    if name == "nback2":  # 225 bits in and out of SRAM, 29 + 1 additions, in each of 20 steps
        by_hand = 20 * (450 * 20e-12 / 64 + 30 * 0.03e-12) * 28 / 45
        assert whole.energy_J == pytest.approx(by_hand)
    assert digital.circuits_for(make_task("steering")) == []


def test_energies_of_a_stored_run() -> None:
    lstm = {"task": "nback", "model": "lstm", "task_options": {"n": 2}, "model_options": {"units": 8}, "seed": 0}
    row = LayerEvents("output_synapses", None, 20, 8, trials=1, operations=320)
    cell = RecurrentCell("LSTM", 225, 8, 20)
    energies = bill({**lstm, "layers": [row.to_json()]}, Prices({}, {}))
    for precision in ("fp32", "int8"):
        memory = digital_energy(cell, precision).energy_per_sample_28nm_J
        read = accumulation_energy(320, precision, graded=True).energy_28nm_J
        assert energies.of(View("memory", "paper", precision)) == pytest.approx(memory)
        assert energies.of(View("network", "system", precision)) == pytest.approx(memory + read)
    neurons = LayerEvents("hidden_neurons", BILLING, 4, 5, trials=1, operations=20, spikes=10)
    circuit = replace(lif_cost(), events=None)
    spreads: Any = {circuit.circuit: {"low": {"paper": 0.9}, "high": {"paper": 1.2}}}
    prices = Prices({(circuit.circuit, None): circuit}, spreads)
    spiking = bill({**lstm, "layers": [neurons.to_json(), row.to_json()]}, prices)
    alone, both = (spiking.of(View(account, "paper", "int8")) for account in ("memory", "network"))
    assert alone == pytest.approx(10 * 2e-12)
    assert both is not None
    assert spiking.ends(View("memory", "paper"), prices) == pytest.approx((0.9, 1.2))
    assert spiking.ends(View("network", "paper"), prices)[1] == pytest.approx(1 + 0.2 * 2e-11 / both)
    with pytest.raises(InputError, match="scope"):
        View(scope="board")
    other = {**lstm, "model": "lif", "layers": [neurons.to_json(), row.to_json()]}
    numbers = bill(other, prices, digital=True)  # 5 states, 4 steps
    by_hand = 20 * (0.2e-12 + 0.03e-12 + 0.03e-12 + 2 * 16 / 64 * 20e-12) * 28 / 45
    for scope in SCOPES:
        assert numbers.of(View("memory", scope, "int8")) == pytest.approx(by_hand)
    assert not numbers.neurons_J  # no circuit's spread bears on them


def test_stored_fronts_find_what_is_known() -> None:
    results = load_fronts()
    view = View("memory")
    by_family = {one.other: one for one in results.comparisons("nback2", view)}
    lif = by_family["LIF, both layers"]
    assert lif.high is not None
    assert lif.high < 1e-3  # LIF neurons in both layers: a small part of the energy for the same PR
    assert by_family["LIF, input layer"].reason == "LIF, input layer: no point better than chance"
    solved = by_family["digital circuit"]
    assert solved.ratio is None
    assert solved.bound is not None
    assert solved.bound < 1e-3
    timer = next(one for one in results.comparisons("intervals", view) if one.other == "digital circuit")
    assert timer.bound is not None
    assert timer.bound < 1  # a timer is better than the ECRAM filters, and takes less
    runs = {run_name(record) for record in results.records}
    for point in results.front("nback2", "device", view).points:
        assert set(point.runs) <= runs  # every point names its runs
        assert len(point.runs) == len(point.scores) == 5
        assert point.energy.low is not None
        assert point.energy.low < point.energy.mean
    once = results.front("nback2", "LSTM", view).points[0]
    assert once.energy.low is None  # a digital estimate has no spread
