"""Baselines of a network that is small enough to count by hand."""

import importlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from torch import nn

from ipcircuit.errors import InputError
from network.accounting.baselines import baselines, fair, network_baselines
from network.accounting.counting.count import count_network
from network.accounting.gpu.structure import NOT_TOLD, energy_of, structure_of
from network.accounting.gpu.whole import measure_network
from network.accounting.work import dense_work, skipping_work, spiking_work
from network.answers.tuning import Tuning
from network.foreign.inputs import Samples
from network.foreign.network import LoadedNetwork
from network.quantised.training import QuantisedAnn, at_once, quantised
from tests.energy.test_gpu import FakeNvml
from tests.network.test_gpu_whole import QUICK, Charged
from tests.network.test_quantised import events, network

snn = importlib.import_module("snntorch")
jelly = importlib.import_module("spikingjelly.activation_based.neuron")
SCALE = 28 / 45


def small(*layers: nn.Module) -> LoadedNetwork:
    """2 inputs, 3 neurons that spike in every step for inputs of 1, and one output; no biases, weights of 1."""
    first, last = nn.Linear(2, 3, bias=False), nn.Linear(3, 1, bias=False)
    for one in (first, last):
        nn.init.ones_(one.weight)
    return LoadedNetwork("small", "here", nn.Sequential(first, *(layers or (jelly.IFNode(),)), last))


def test_work_and_energy_by_hand() -> None:
    """Two steps, all inputs 1. Spiking: 2 · 3 · 2 + 3 · 1 · 2 = 18 additions, each with a weight; 3 membranes read and
    written twice, 6 updates; 8 bits of input and 12 of spikes moved. In pJ at 45 nm: 18 · 0.03 + 6 · 0.26 = 2.1 for
    operations, 18 · 2.5 = 45 for weights, 12 · 5 = 60 for membranes, 20 · 0.3125 = 6.25 for spikes. Without spikes: 9
    products, 9 weights, 5 activations of b bits, written and read; b = ⌈log2(3)⌉ = 2."""
    net, inputs = small(), torch.ones(2, 5, 2)
    counts = count_network(net, inputs)
    work = spiking_work(counts)
    assert (work.accumulations, work.products, work.weight_reads) == (18, 0, 18)
    assert (work.state_accesses, work.updates, work.moved_bits) == (12, 6, 20)
    assert spiking_work(counts, kept=True).weight_reads == 18  # each weight meets one spike in a step
    ann = QuantisedAnn(2, 2, 8, reason="not obtained: too few")
    rows = {row["system"]: row for row in baselines(counts, ann, None)}
    pJ = {name: row["energy_45nm_J"] and row["energy_45nm_J"] * 1e12 for name, row in rows.items()}
    assert pJ == pytest.approx(
        {
            "SNN, digital int8": 2.1 + 45 + 60 + 6.25,
            "SNN, digital fp32": 18 * 0.9 + 6 * 5.5 + 18 * 10 + 12 * 10 + 20 * 0.3125,
            "quantised ANN, 2-bit activations": None,
            "quantised ANN, 2-bit activations, dense": 9 * 0.08 + 22.5 + 20 * 0.3125,
            "ANN, digital int8": 9 * 0.23 + 22.5 + 80 * 0.3125,
            "ANN, digital fp32": 9 * 4.6 + 90 + 320 * 0.3125,
            "SNN at 0.9 pJ per AC, 4.6 pJ per MAC": 16.2,
            "ANN at 4.6 pJ per MAC": 41.4,
            "GPU": None,
        }
    )
    int8 = rows["SNN, digital int8"]
    assert int8["energy_per_sample_J"] == pytest.approx(int8["energy_45nm_J"] * SCALE)
    assert {k: v * 1e12 / SCALE for k, v in int8["parts_J"].items()} == pytest.approx(
        {"operations": 2.1, "weights": 45, "states": 60, "activations": 6.25}
    )
    json.dumps(list(rows.values()), allow_nan=False)
    for name, row in rows.items():
        assert row["scope"] is None
        assert row["basis"] in ("assumed", "published", "measured")
        if row["energy_per_sample_J"] is None:
            assert row["reason"].startswith("not obtained")
        else:
            assert row["source"]
            assert row["leaves_out"]
        assert row["counts_memory"] == ("per MAC" not in name)
    assert "all of memory" in rows["ANN at 4.6 pJ per MAC"]["leaves_out"]
    assert [row["system"] for row in fair(list(rows.values()))] == [
        name for name, row in rows.items() if row["energy_45nm_J"] and row["counts_memory"]
    ]


def test_zeros_and_kept_weights() -> None:
    """Half of the activations 0: half of the products. A convolution of 9 weights in 16 places reads them once."""
    net, inputs = small(), torch.ones(2, 4, 2)
    with torch.no_grad():
        net.module.get_submodule("0").get_parameter("weight")[0] = -1.0  # the first of 3 neurons never spikes
    model = quantised(net, inputs, 2)
    counts, own = count_network(net, inputs), count_network(model, at_once(inputs))
    assert skipping_work(counts, own, 2).products == 6 + 2
    assert dense_work(counts, 2).products == 9
    convolution = LoadedNetwork("c", "c", nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, bias=False), nn.ReLU()))
    image = count_network(convolution, torch.rand(1, 2, 1, 4, 4))
    assert dense_work(image, 8).weight_reads == 100  # 4 inner places of 9, 8 at edges of 6, 4 corners of 4
    assert dense_work(image, 8, kept=True).weight_reads == 9
    assert dense_work(image, 3, passes=2).products == 200
    assert dense_work(image, 3).moved_bits == 2 * (16 * 8 + 16 * 3)  # a real input has 8 bits


def test_all_rows_of_a_network_that_is_trained_here(tmp_path: Path) -> None:
    inputs, targets = events()
    fake = FakeNvml()
    charged = LoadedNetwork("mine", "mine.py:MODEL", Charged(fake), feed="whole")
    protocol = replace(QUICK, batches=(1, 4))
    result = measure_network(charged, inputs, protocol, device="cpu", board=fake.board())
    path, spiking = tmp_path / "gpu.json", network("snntorch")
    for other, problem in (
        (result, r"another network or input \(mine\); found '0 parameters, structure \w+'; allowed: 259 parameters"),
        (replace(result, steps=8), "found '8 time steps'; allowed: 7, as the input here"),
        (replace(result, structure=structure_of(spiking, inputs[..., :4])), "found 'inputs of 4'; allowed: of 12"),
    ):
        path.write_text(json.dumps(asdict(other)))
        with pytest.raises(InputError, match=rf"gpu\.json: measured with .*{problem}"):
            network_baselines(spiking, Samples(inputs, targets, "events"), gpu=path)
    path.write_text(json.dumps(asdict(replace(result, structure=structure_of(spiking, inputs)))))
    old = replace(result, structure=None)
    tuning = Tuning(epochs=20, learning_rate=2e-2)
    rows = network_baselines(network("snntorch"), Samples(inputs, targets, "events"), tuning=tuning, gpu=path)
    by_name = {row["system"]: row for row in rows}
    ann, dense = (by_name[f"quantised ANN, 3-bit activations{end}"] for end in ("", ", dense"))
    energies = [row["energy_per_sample_J"] for row in (ann, dense, by_name["SNN, digital int8"])]
    assert energies == sorted(energies)
    assert ann["equal_accuracy"] is True
    assert ann["score"]["measure"] == "accuracy"
    assert by_name["SNN, digital fp32"]["score"]["samples"] == 60
    assert [row["energy_per_sample_J"] for row in rows[-2:]] == pytest.approx([3.5, 1.25])
    assert rows[-1]["system"] == "mine on fake 0, batch 4"
    assert "host processor" in rows[-1]["leaves_out"]
    assert rows[-1]["reason"] == ""
    path.write_text(json.dumps(asdict(old)))
    assert energy_of(path, spiking, inputs) == (old, NOT_TOLD)
    with pytest.raises(InputError, match=r"none\.json"):
        network_baselines(network("snntorch"), Samples(inputs, targets, "events"), gpu=tmp_path / "none.json")
    worse = {**ann, "equal_accuracy": False}
    assert worse not in fair([worse, *rows])


def test_networks_that_need_their_time_steps_and_those_without_spikes() -> None:
    lstm = LoadedNetwork("lstm", "lstm", nn.Sequential(nn.LSTM(2, 3)))
    inputs = torch.rand(5, 24, 2)
    rows = {row["system"]: row for row in network_baselines(lstm, Samples(inputs, None, "noise"))}
    macs = 5 * (4 * 3 * (2 + 3) + 3 * 3)
    assert rows["ANN at 4.6 pJ per MAC"]["energy_45nm_J"] == pytest.approx(macs * 4.6e-12)
    assert not any("quantised" in name for name in rows)
    feedback = snn.RLeaky(0.9, linear_features=4, init_hidden=True)
    recurrent = LoadedNetwork("r", "r", nn.Sequential(nn.Linear(2, 4), feedback))
    named = {row["system"]: row for row in network_baselines(recurrent, Samples(inputs, None, "noise"))}
    quantised_row = named["quantised ANN, 3-bit activations"]
    assert quantised_row["energy_per_sample_J"] is None
    assert "feeds spikes back" in quantised_row["reason"]
    assert "each of 5 time steps" in named["ANN, digital int8"]["reason"]
    plain = {row["system"] for row in network_baselines(small(nn.ReLU()), Samples(inputs, None, "noise"))}
    assert {"network, digital int8", "ANN, digital int8"} <= plain
