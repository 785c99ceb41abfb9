"""Counts of small networks, worked out by hand."""

import copy
from typing import Any

import pytest
import torch
from torch import nn

from ipcircuit.errors import InputError
from network.accounting.counting.count import NetworkCounts, count_network
from network.accounting.counting.events import LayerEvents
from network.accounting.counting.met import activity
from network.accounting.counting.weights import fan
from network.foreign.network import LoadedNetwork
from network.models.frames import OverTime, RateReadout
from network.neurons.lif import LIFNeuron

SPIKES = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0]])[
    :, None
]  # 4 steps, 1 sample


def counted(module: nn.Module, x: torch.Tensor, batch: int = 64) -> NetworkCounts:
    return count_network(LoadedNetwork("test", "here", module), x, batch=batch)


def filled(module: nn.Module, value: float = 1.0) -> Any:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(value)
    return module


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 6, 3, padding=1),
        nn.Conv2d(4, 6, (3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), groups=2),
        nn.Conv2d(4, 8, 3, padding="same", groups=4),
        nn.Conv2d(4, 6, 3, padding=2, padding_mode="circular"),
        nn.Conv2d(4, 6, 5, padding=2, padding_mode="reflect", stride=2),
        nn.Conv2d(4, 6, 3, padding=1, padding_mode="replicate"),
        nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1),
        nn.ConvTranspose2d(4, 6, (2, 4), stride=(3, 1), dilation=(1, 2), groups=2),
        nn.Linear(7, 5),
    ],
    ids=lambda layer: f"{type(layer).__name__}{getattr(layer, 'kernel_size', '')}",
)
def test_inputs_meet_as_many_weights_as_the_sum_over_all_outputs_of_ones(layer: Any) -> None:
    """With weights of 1 and no bias, the outputs add up to the inputs, each times the weights that it meets."""
    generator = torch.Generator().manual_seed(0)
    counts = torch.randint(0, 3, (2, 4, 6, 7), generator=generator).double()
    ones: Any = filled(copy.deepcopy(layer)).double()
    ones.bias = None
    meets = fan(layer, counts.shape)
    content = activity(counts, meets)
    with torch.no_grad():
        assert content.met == float(ones((counts > 0).double()).sum())
        assert content.additions == float(ones(counts).sum())
        assert meets.dense(counts.numel()) == float(ones(torch.ones_like(counts)).sum())


def test_an_input_at_the_edge_meets_fewer_weights() -> None:
    """3 x 3 taps on a map of 3 x 3 with a border: 4 at a corner, 6 at a side, 9 in the middle; two outputs."""
    layer = nn.Conv2d(1, 2, 3, padding=1)
    for place, met in (((0, 0), 8), ((0, 1), 12), ((1, 1), 18)):
        x = torch.zeros(1, 1, 1, 3, 3)
        x[(0, 0, 0, *place)] = 1
        (row,) = counted(nn.Sequential(layer), x).layers.values()
        assert (row.effective_acs, row.weight_reads, row.nonzero, row.effective_macs) == (met, met, 1, 0)
        assert row.dense == 2 * (4 * 4 + 4 * 6 + 9)
        assert row.fan_out == pytest.approx(98 / 9)
        assert (row.outputs, row.biases, row.parameters) == (18, 18, 20)


def test_two_layers_over_four_steps() -> None:
    """Six spikes, two weights of 1 each and a membrane that keeps half: both neurons see 2, 0, 1, 3.

    H = V + (X - V) / 2 is 1, 0, 0.5, 1.75: spikes at steps 1 and 4, of two neurons, into one output.
    """
    network = nn.Sequential(filled(nn.Linear(3, 2, bias=False)), LIFNeuron(), filled(nn.Linear(2, 1)))
    counts = counted(network, SPIKES)
    first, neurons, last = counts.layers.values()
    assert [first.layer, neurons.layer, last.layer] == ["0", "1", "2"]
    assert (first.nonzero, first.effective_acs, first.dense, first.biases) == (6, 12, 24, 0)
    assert (neurons.units, neurons.updates, neurons.spikes, neurons.operations) == (2, 8, 4, 6)
    assert (neurons.state_reads, neurons.state_writes) == (8, 8)
    assert (last.effective_acs, last.dense, last.biases, last.steps, last.fan_out) == (4, 8, 4, 4, 1)
    assert counts.activation_sparsity == 0.5
    assert (counts.parameters, counts.footprint_bytes, counts.samples, counts.steps) == (9, 36, 1, 4)
    assert counts.per_sample("effective_acs") == 16
    assert counts.not_counted == ()
    twice = counted(network, SPIKES.repeat(1, 5, 1), batch=2)
    assert twice.per_sample("effective_acs") == 16
    assert [(e.units, e.steps, e.trials) for e in twice.layers.values()] == [(3, 4, 5), (2, 4, 5), (2, 4, 5)]
    assert torch.equal(twice.outputs, counts.outputs.repeat(1, 5, 1))


def test_steps_at_once_one_by_one_and_folded_count_alike() -> None:
    torch.manual_seed(0)
    convolution, norm = filled(nn.Conv2d(2, 3, 3, 2, 1, bias=False)), nn.BatchNorm2d(3)
    readout = RateReadout(3, 2, (0, 3, 4))
    folded = nn.Sequential(OverTime(convolution, norm), LIFNeuron(tau=1.0), readout)
    single = nn.Sequential(convolution, norm, LIFNeuron(tau=1.0, step_mode="s"))
    x = (torch.rand(5, 3, 2, 6, 6) < 0.3).float()
    whole = counted(folded, x)
    steps = counted(single, x)
    for one, other in zip(list(whole.layers.values())[:2], steps.layers.values(), strict=True):
        for count in ("units", "steps", "trials", "spikes", "nonzero", "effective_acs", "dense", "biases", "outputs"):
            assert getattr(one, count) == getattr(other, count), count
    assert (whole.folded, steps.folded) == (("0.inner.1",), ("1",))
    spikes = whole.layers["1"].spikes
    assert spikes > 0
    rate = whole.layers["2"]  # spikes are counted before the mean, which would make numbers of them
    assert (rate.effective_acs, rate.effective_macs, rate.steps, rate.units) == (2 * spikes, 0, 5, 27)


def test_what_is_no_whole_number_is_multiplied_and_zeros_are_not() -> None:
    """Three of six inputs are not 0; the second layer gets ReLU's positive outputs."""
    network = nn.Sequential(filled(nn.Linear(3, 2)), nn.ReLU(), filled(nn.Linear(2, 4), -1.0))
    counts = counted(network, torch.tensor([[0.5, 0.0, 2.0], [0.0, 0.0, 0.25]])[None])
    first, relu, last = counts.layers.values()
    assert (first.effective_macs, first.effective_acs, first.dense, first.steps) == (6, 0, 12, 1)
    assert (relu.kind, relu.part, relu.nonzero, relu.updates, relu.spikes) == ("activations", "activations", 4, 0, 0)
    assert (last.effective_macs, last.dense, last.weight_reads, last.biases) == (16, 16, 16, 8)
    assert counts.neurons == []
    assert counts.activation_sparsity == 0.0


class Residual(nn.Module):
    """x and a convolution of it are added and pooled; the rest is not counted."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.norm = filled(nn.Conv2d(1, 1, 1)), nn.BatchNorm2d(1)
        self.pool, self.late, self.each = nn.AvgPool2d(2), nn.BatchNorm2d(1), nn.LayerNorm(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = nn.functional.relu(self.norm(self.convolution(x)) + x)
        y = self.each(self.late(self.pool(y)).flatten(1))
        return torch.softmax(y[:, None] @ y[:, :, None], -1)


def test_sums_pools_and_norms_are_counted_or_named() -> None:
    x = torch.zeros(1, 1, 1, 4, 4)
    x[..., :2] = 1.0  # 8 of 16
    counts = counted(Residual(), x)
    rows = counts.layers
    assert list(rows) == ["convolution", "additions", "activation", "pool"]
    assert rows["convolution"].effective_acs == 8
    assert rows["convolution"].biases == 16  # its own, or that of the normalisation in it
    added = rows["additions"]
    assert (added.kind, added.effective_acs, added.dense, added.weight_reads) == ("additions", 8, 16, 0)
    assert rows["activation"].nonzero == 16
    assert (rows["pool"].effective_acs, rows["pool"].dense, rows["pool"].weight_reads) == (16, 16, 0)
    assert counts.folded == ("norm",)
    assert [(entry.path, entry.module) for entry in counts.not_counted] == [
        ("late", "BatchNorm2d"),
        ("each", "LayerNorm"),
        ("", "Residual"),
        ("", "Residual"),
    ]
    assert [entry.reason for entry in counts.not_counted][2:] == [
        "a product of two computed tensors, as in attention",
        "softmax",
    ]


def test_pools_that_overlap_count_every_window() -> None:
    """Windows of 3 at a stride of 2 with a border over 5 numbers: they are in 1, 2, 1, 2 and 1 of them."""
    x = torch.ones(1, 1, 1, 5, 1)
    for pool, added in ((nn.AvgPool2d((3, 1), (2, 1), (1, 0)), 7), (nn.MaxPool2d((3, 1), (2, 1), (1, 0)), 0)):
        (row,) = counted(nn.Sequential(pool), x).layers.values()
        assert (row.dense, row.operations, row.effective_acs) == (7, 7, added)
    (row,) = counted(nn.Sequential(nn.AdaptiveAvgPool2d((2, 1))), x).layers.values()
    assert row.dense == 6  # 0 to 2 and 2 to 4


@pytest.mark.parametrize(
    ("kind", "gates", "pointwise", "states"), [("LSTM", 4, 3, 2), ("GRU", 3, 3, 1), ("RNN", 1, 0, 1)]
)
def test_recurrent_layers_of_torch(kind: str, gates: int, pointwise: int, states: int) -> None:
    """Two inputs, three units, four steps of one sample; the first step's state is 0 and meets no weight."""
    torch.manual_seed(0)
    layer = getattr(nn, kind)(2, 3)
    x = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.5, 1.0], [0.0, 1.0]])[:, None]
    row = counted(layer, x).layers[""]
    dense = 4 * (gates * 3 * (2 + 3) + pointwise * 3)
    assert (row.dense, row.effective_macs) == (dense, dense - gates * 3 * (4 + 3))
    assert (row.biases, row.state_reads, row.parameters) == (4 * 2 * gates * 3, 4 * states * 3, 15 * gates + 6 * gates)
    cell = getattr(nn, f"{kind}Cell")(2, 3)
    row = counted(cell, x[:1]).layers[""]  # without a state, one step
    assert (row.dense, row.effective_macs) == (dense // 4, dense // 4 - gates * 3 * (1 + 3))


def test_networks_that_take_the_batch_first_count_alike() -> None:
    class Net(nn.Module):
        def __init__(self, batch_first: bool) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.first, self.memory = nn.Linear(3, 4), nn.GRU(4, 5, batch_first=batch_first)
            self.last, self.time = nn.Linear(5, 2), 1 if batch_first else 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(self.memory(self.first(x))[0].mean(self.time))

    x = SPIKES.repeat(1, 3, 1)
    ours, theirs = (
        count_network(LoadedNetwork("test", "here", Net(first), feed="batch_first" if first else "whole"), x)
        for first in (False, True)
    )
    assert [row.steps for row in ours.layers.values()] == [4, 4, 4, 1]
    assert list(ours.layers.values()) == list(theirs.layers.values())


def test_events_with_all_counts_survive_the_store() -> None:
    counts = counted(nn.Sequential(nn.Linear(3, 2), LIFNeuron(), nn.ReLU(), nn.Linear(2, 1)), SPIKES)
    for layer in counts.layers.values():
        assert LayerEvents.from_json(layer.to_json()) == layer


def test_counting_tells_how_many_samples_are_done() -> None:
    calls: list[tuple[int, int]] = []
    network = LoadedNetwork("test", "here", nn.Sequential(nn.Linear(3, 2), nn.ReLU()))
    count_network(network, torch.rand(4, 5, 3), batch=2, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(2, 5), (4, 5), (5, 5)]


def test_bad_calls_are_told() -> None:
    with pytest.raises(InputError, match="batch"):
        counted(nn.Linear(3, 2), SPIKES, batch=0)
    with pytest.raises(InputError, match="shape"):
        counted(nn.Linear(4, 2), SPIKES)
