"""Energy of a trial by hand: tiny networks whose events a reader can multiply; and what `eval` prints of it."""

import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch

from energy import characterize
from energy.buffer import FrameBuffer, buffer_energy
from energy.compare import IDLE_LEAKAGE, published_cost
from energy.cost import NeuronCost, OperationEvents, ScopeCost
from energy.digital import NODE_SCALE, RecurrentCell, accumulation_energy, digital_energy
from ipcircuit.cli import console
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError
from ipcircuit.families import CIRCUITS
from network.accounting.balance import frame_buffer
from network.accounting.counting.count import counted_events
from network.accounting.counting.events import LayerEvents
from network.accounting.prices import neuron_energy
from network.accounting.trial import lstm_rows, synapse_energy, trial_energy
from network.models.frames import OverTime
from network.models.ipnet import IPNet
from network.models.memory import LIFNet, LSTMNet
from network.neurons.lif import LIFNeuron
from network.neurons.signed_mtj.layer import SignedLIF
from network.neurons.thermal_mtj.device import load_device
from network.neurons.thermal_mtj.neurons import DifferentialNeuron, Drive, StochasticNeuron, ThermalNeuron
from network.training.experiment import Run, perform
from network.training.settings import Settings
from network.training.store import RunStore

ONE_LSTM_STEP = 11 * 4.6e-12 + 8 * 0.9e-12 + 21 * 4 / 8 * 20e-12  # one input, one unit: see test_digital.py
READ_FP32, READ_INT8 = 10e-12, 2.5e-12  # 4 bytes and 1 byte of a 64-bit access of 20 pJ


def lif_cost(**changes: Any) -> NeuronCost:
    """2 pJ of work per spike; in the system 1 pJ of leakage per idle interval, one to each spike."""
    scopes = {
        "paper": ScopeCost(2e-12, 2e-12, None, {"all": 2e-12}),
        "circuit": ScopeCost(),
        "system": ScopeCost(3e-12, 3e-12, None, {"all": 2e-12, IDLE_LEAKAGE: 1e-12}),
    }
    record = NeuronCost("delay_feedback_lif", "simulated", "by hand", {"density": 0.5}, 1, {}, None, None, scopes)
    return replace(record, **{"events": OperationEvents(1e-6, 1e-6), **changes})


def run(model: torch.nn.Module, x: torch.Tensor) -> dict[str, LayerEvents]:
    with counted_events(model) as events, torch.no_grad():
        model(x)
    return events


def energies(rows: list[dict[str, Any]], key: str = "energy_per_trial_J") -> list[float | None]:
    return [row[key] for row in rows]


ITEMS = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0]])[:, None]  # 3 items in 8 slots; one trial


def test_accumulation_by_hand() -> None:
    added, multiplied = (accumulation_energy(5, "fp32", graded=graded) for graded in (False, True))
    assert added.energy_45nm_J == pytest.approx(5 * (0.9e-12 + READ_FP32), rel=1e-12)
    assert multiplied.energy_45nm_J == pytest.approx(5 * (4.6e-12 + READ_FP32), rel=1e-12)
    small = accumulation_energy(5, "int8", graded=False)
    assert small.energy_45nm_J == pytest.approx(5 * (0.03e-12 + READ_INT8), rel=1e-12)
    assert small.energy_28nm_J == pytest.approx(small.energy_45nm_J * 28 / 45, rel=1e-12)
    assert [p.name for p in small.parameters][-1] == NODE_SCALE.name
    for count, precision, field in [(1, "fp16", "precision"), (-1, "fp32", "count"), (float("nan"), "fp32", "count")]:
        with pytest.raises(InputError, match=field):
            accumulation_energy(count, precision, graded=False)


def test_tiny_lstm_by_hand() -> None:
    """One input, one unit, two outputs, three steps; the output layer multiplies, for its input is a real number."""
    memory, synapses = lstm_rows(LSTMNet(1, 1, 2), steps=3)
    assert (memory["part"], synapses["part"]) == ("memory", "synapses")
    assert memory["energy_45nm_J"] == pytest.approx(3 * ONE_LSTM_STEP, rel=1e-12)
    assert synapses["events_per_trial"] == 6
    assert synapses["energy_45nm_J"] == pytest.approx(6 * (4.6e-12 + READ_FP32), rel=1e-12)
    assert synapses["energy_per_trial_J"] == pytest.approx(synapses["energy_45nm_J"] * 28 / 45, rel=1e-12)
    model = LSTMNet(1, 1, 2)
    found = trial_energy(run(model, torch.ones(3, 4, 1)), {}, model, is_lstm=True)
    output = 6 * (4.6e-12 + READ_FP32)
    assert [row["precision"] for row in found["memory"]] == ["fp32", "int8"]
    assert energies(found["memory"], "energy_45nm_J")[0] == pytest.approx(3 * ONE_LSTM_STEP)
    assert energies(found["total"], "energy_45nm_J")[0] == pytest.approx(3 * ONE_LSTM_STEP + output)
    assert energies(found["total"])[0] == pytest.approx((3 * ONE_LSTM_STEP + output) * 28 / 45)
    assert any("lower bound" in note and "assumed factor 0.622" in note for note in found["notes"])


def test_tiny_ipnet_by_hand() -> None:
    """Three items for three neurons each: nine operations of 0.6 nJ, beside the LSTM of one unit."""
    torch.manual_seed(0)
    model = IPNet(2, 1, 2, load_device("liu2025"), neurons=3, hidden_neurons=1)
    events = run(model, ITEMS)
    cost = published_cost()
    found = trial_energy(events, {"differential": cost, "comparator": cost}, LSTMNet(1, 1, 2), is_lstm=False)
    paper, circuit, _ = found["memory"]
    assert paper["layers"] == ["input_neurons"]
    assert paper["energy_per_trial_J"] == pytest.approx(9 * 0.6e-9)
    assert paper["lstm"]["fp32"]["energy_45nm_J"] == pytest.approx(4 * ONE_LSTM_STEP)
    assert circuit["energy_per_trial_J"] is None  # the source gives one scope only
    # hidden: one neuron that gets a pulse at each of four steps; inputs are means of three, hidden outputs spikes
    into, out = (events[name].operations for name in ("input_synapses", "output_synapses"))
    synapses = into * (4.6e-12 + READ_FP32) + out * (0.9e-12 + READ_FP32)
    total = found["total"][0]
    assert total["neurons_J"] == pytest.approx((9 + 4) * 0.6e-9)
    assert total["with_synapses"]["fp32"]["energy_45nm_J"] == pytest.approx(13 * 0.6e-9 + synapses)
    assert total["lstm"]["fp32"]["energy_45nm_J"] == pytest.approx(4 * ONE_LSTM_STEP + 8 * (4.6e-12 + READ_FP32))
    assert found["total"][1]["with_synapses"]["int8"] == {"energy_per_trial_J": None, "energy_45nm_J": None}


def test_lif_is_counted_by_spikes_and_leaks_between_them() -> None:
    """Three items are three spikes: 2 pJ each, and five idle intervals of 1 pJ in the system."""
    events = run(LIFNet(2, 1, 2, load_device("liu2025"), hidden_neurons=1), ITEMS)
    assert events["input_neurons"].spikes == 3
    rows = neuron_energy(events, {"delay_feedback_lif": lif_cost()})
    assert {(row["layer"], row["unit"], row["part"]) for row in rows} == {("input_neurons", "spike", "memory")}
    assert energies(rows) == [pytest.approx(6e-12), None, pytest.approx(11e-12)]
    silent = {"a": LayerEvents("a", LIFNeuron.billing, steps=4, units=2, neurons=1, trials=1, operations=3, spikes=0)}
    assert energies(neuron_energy(silent, {"delay_feedback_lif": lif_cost()})) == [0.0, None, pytest.approx(8e-12)]
    half = ScopeCost(2e-12, 4e-12, None, {"all": 2e-12})  # half a spike per operation
    none = ScopeCost(2e-12, None, None, {"all": 2e-12})  # it never fired
    cost = lif_cost(scopes={"paper": half, "circuit": none, "system": half}, events=OperationEvents(1e-6, 0.0))
    events = {"a": LayerEvents("a", LIFNeuron.billing, steps=4, units=2, neurons=1, trials=2, operations=8, spikes=6)}
    assert energies(neuron_energy(events, {"a": cost})) == [pytest.approx(12e-12), None, pytest.approx(12e-12)]


def test_synapses_of_a_lif_add_those_of_a_mean_multiply() -> None:
    def layers(kind: type[LIFNeuron | DifferentialNeuron], neurons: int) -> dict[str, LayerEvents]:
        before = LayerEvents("n", kind.billing, 1, 1, neurons, trials=2)
        return {"n": before, "s": LayerEvents("s", None, 1, 1, 1, trials=2, operations=20)}

    for kind, neurons, operation in (
        (LIFNeuron, 1, 0.03e-12),
        (DifferentialNeuron, 1, 0.03e-12),
        (DifferentialNeuron, 8, 0.23e-12),
    ):
        (row,) = synapse_energy(layers(kind, neurons), "int8")
        assert row["energy_45nm_J"] == pytest.approx(10 * (operation + READ_INT8)), (kind, neurons)
    with pytest.raises(InputError, match="precision"):
        synapse_energy(layers(LIFNeuron, 1), "fp16")


def test_spread_of_the_cost_record_is_carried_as_it_is() -> None:
    events = {"a": LayerEvents("a", LIFNeuron.billing, steps=1, units=1, neurons=1, trials=1, operations=1, spikes=1)}
    lstm = LSTMNet(1, 1, 1)
    known = trial_energy(events, {"a": lif_cost(spread={"sigma_J": 1e-13})}, lstm, is_lstm=False)
    assert known["layers"][0]["spread"] == {"sigma_J": 1e-13}
    assert not any("no interval" in note for note in known["notes"])
    unknown = trial_energy(events, {"a": lif_cost()}, lstm, is_lstm=False)
    assert unknown["layers"][0]["spread"] is None
    assert unknown["layers"][0]["intervals"] is None
    assert unknown["memory"][0]["intervals"] is None
    assert any("no interval" in note for note in unknown["notes"])


def test_intervals_grow_with_the_spikes_and_add_up_over_layers() -> None:
    """2 pJ per spike, 1.5 to 3 pJ by the fit: 3 spikes of one layer and 1 of another."""
    events = {
        name: LayerEvents(name, LIFNeuron.billing, 4, 1, 1, trials=1, operations=spikes, spikes=spikes)
        for name, spikes in (("a", 3), ("b", 1))
    }
    spread = {"fit_paper_energy_per_spike_low_J": 1.5e-12, "fit_paper_energy_per_spike_high_J": 3e-12}
    energy = trial_energy(events, dict.fromkeys("ab", lif_cost(spread=spread)), LSTMNet(1, 1, 1), is_lstm=False)
    first = next(row for row in energy["layers"] if row["layer"] == "a" and row["scope"] == "paper")
    assert first["intervals"]["fit"] == pytest.approx({"low_J": 4.5e-12, "high_J": 9e-12})
    paper, circuit, _ = energy["memory"]
    assert paper["intervals"]["fit"] == pytest.approx({"low_J": 6e-12, "high_J": 12e-12})
    assert circuit["intervals"] is None


def test_amplitude_of_the_pulses_is_counted_and_a_cost_for_another_one_named() -> None:
    events = run(IPNet(2, 1, 2, load_device("liu2025"), neurons=3, hidden_neurons=1), ITEMS)
    assert events["input_neurons"].amplitude_V == pytest.approx(0.85)
    assert events["input_synapses"].amplitude_V is None
    found = trial_energy(events, {"differential": published_cost()}, LSTMNet(1, 1, 2), is_lstm=False)  # at 0.8 V
    (note,) = [note for note in found["notes"] if note.startswith("input_neurons")]
    assert "0.85 V" in note
    assert "at 0.8 V" in note


def test_events_survive_the_store() -> None:
    events = run(IPNet(2, 1, 2, load_device("liu2025"), neurons=3, hidden_neurons=1), ITEMS)
    for layer in events.values():
        again = LayerEvents.from_json(json.loads(json.dumps(layer.to_json())))
        assert again.squares_V2 == pytest.approx(layer.squares_V2)
        assert replace(again, squares_V2=0.0) == replace(layer, squares_V2=0.0)
    old = {k: v for k, v in events["input_neurons"].to_json().items() if k != "amplitude_V"}
    assert LayerEvents.from_json(old).amplitude_V is None
    older = {k: v for k, v in old.items() if k not in ("circuit", "event", "memory")}  # a kind alone said all of it
    assert LayerEvents.from_json(older) == LayerEvents.from_json(old)
    with pytest.raises(InputError, match="units"):
        LayerEvents.from_json({k: v for k, v in old.items() if k != "units"})


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A network of each kind after one batch; each is trained once."""

    @cache
    def make(model: str, task: str = "nback", **options: Any) -> str:
        store, settings = RunStore(tmp_path_factory.mktemp(model)), Settings(1, 64, evaluate_every=1, trials=20)
        of_task = {"nback": {"n": 1}, "gesture": {"train": 64, "test": 20}}.get(task, {})
        run = Run(task, model, settings, 0, of_task, options)
        perform(run, store)
        return str(store.checkpoint(run.identity))

    return make


def test_eval_prints_the_lstms_digital_energy(checkpoint, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    command = ["eval", checkpoint("lstm"), "--trials", "20", "--energy"]
    assert cli.main([*command, "--json"]) == 0
    energy = json.loads(capsys.readouterr().out)["energy"]
    fp32, int8 = energy["memory"]
    assert fp32["energy_per_trial_J"] == pytest.approx(74.0e-6, rel=1e-3)  # 225 inputs and units, 20 steps
    assert int8["energy_45nm_J"] == pytest.approx(22.26e-6, rel=1e-3)
    assert cli.main(command) == 0
    text = capsys.readouterr().out
    assert "parts of the network's energy per trial" in text
    assert "74.01 µJ (118.9 µJ)" in text
    assert "assumed factor 0.622" in text
    assert "lower bound" in text


@pytest.mark.parametrize(("model", "circuit"), [("ipnet", "differential"), ("lif", "axon_hillock_lif")])
def test_eval_prints_neurons_synapses_and_the_lstm_beside(checkpoint, capsys, monkeypatch, model, circuit):
    asked = []

    def cost(name: str, amplitude_V: float | None, **_: Any) -> NeuronCost:
        asked.append((name, amplitude_V))
        return replace(lif_cost() if amplitude_V is None else published_cost(), circuit=name)

    monkeypatch.setattr(characterize, "cost_at", cost)
    monkeypatch.setenv("COLUMNS", "120")
    chosen = ["--lif", circuit] if model == "lif" else []
    assert cli.main(["eval", checkpoint(model, device="liu2025"), "--trials", "20", "--energy", *chosen]) == 0
    text = capsys.readouterr().out
    assert f"{circuit}, {'simulated' if model == 'lif' else 'published'}" in text
    assert "digital estimate, 28 nm (45 nm)" in text
    assert re.search(r"input_synapses +synapses +[0-9,]+ accumulations", text)
    assert "LSTM fp32, 28 nm (45 nm)" in text
    assert "74.01 µJ (118.9 µJ)" in text
    assert console.NOT_OBTAINED in text  # neither record has all scopes
    assert (f"circuit {circuit}, a choice" in text) == (model == "lif")
    assert asked[0] == (circuit, None if model == "lif" else pytest.approx(0.85))


def test_eval_simulates_the_neurons_under_the_networks_own_pulses(checkpoint, capsys):
    options = {"device": "liu2025", "neurons": 1, "item_V": 0.8, "placement": "both", "hidden_neurons": 1}
    assert cli.main(["eval", checkpoint("ipnet", **options), "--trials", "20", "--energy", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["energy"]["layers"]
    paper, circuit, system = (row for row in rows if row["layer"] == "input_neurons")
    assert paper["cost_amplitude_V"] == pytest.approx(0.8)
    assert paper["energy_per_trial_J"] == pytest.approx(2000 * 0.595e-9, rel=0.01)  # `characterize differential`
    assert paper["energy_per_trial_J"] < circuit["energy_per_trial_J"] < system["energy_per_trial_J"]
    hidden = next(row for row in rows if row["layer"] == "hidden_neurons")
    assert hidden["cost_amplitude_V"] == pytest.approx(hidden["amplitude_V"])
    assert hidden["part"] == "memory"


def test_eval_counts_signed_neurons_by_the_same_account(checkpoint, capsys, monkeypatch):
    """Every neuron works in each of the six steps; images have no LSTM beside them."""
    cost = replace(published_cost(), circuit="signed_mtj", conditions={})
    monkeypatch.setattr(characterize, "cost_at", lambda name, amplitude_V, **_: cost if name == "signed_mtj" else None)
    path = checkpoint("signed_device", "digits", width=4)
    assert cli.main(["eval", path, "--trials", "20", "--energy", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["trials"] == 20
    assert [row["kind"] for row in result["layers"]] == ["synapses", "signed", "synapses", "signed", "synapses"]
    paper = [row for row in result["energy"]["layers"] if row["scope"] == "paper"]
    assert [row["events_per_trial"] for row in paper] == [6 * 4 * 64, 6 * 8 * 16]
    assert energies(paper) == [pytest.approx(row["events_per_trial"] * 0.6e-9) for row in paper]
    assert result["energy"]["memory"][0]["lstm"]["fp32"]["energy_per_trial_J"] is None
    assert cli.main(["eval", path, "--gpu"]) == 2


def test_accumulations_of_a_convolution_are_the_weights_that_active_inputs_meet() -> None:
    layer = OverTime(torch.nn.Conv2d(2, 3, 3, stride=1, padding=1, bias=False))
    frames = torch.zeros(2, 1, 2, 4, 4)
    frames[0, 0, 0, 0, 0] = frames[1, 0, 1, 2, 2] = 1.0  # a corner meets 4 of the 9 weights of each output, a centre 9
    (events,) = run(layer, frames).values()
    assert (events.operations, events.steps, events.units) == (3 * (4 + 9), 2, 32)
    single = torch.nn.Sequential(LIFNeuron(step_mode="s"))
    with pytest.raises(InputError, match="over all time steps"):
        run(single, torch.ones(2, 3))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--energy", "--lif", "delay_feedbck_lif"], "did you mean 'delay_feedback_lif'"),
        (["--lif", "delay_feedback_lif"], "only with --energy"),
        (["--buffer", "bitmap"], "only with --energy"),
        (["--energy", "--buffer", "tape"], "--buffer: unknown; found 'tape'; allowed: bitmap, addresses, none"),
        (["--energy", "--buffer", "addresses"], "density"),  # the LSTM's first layer is no layer of neurons
        (["--gpu"], "no CUDA device"),
    ],
)
def test_bad_options_of_eval_are_exit_2(checkpoint, capsys, monkeypatch, options, problem):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    path = checkpoint("lstm")
    assert cli.main(["eval", path, "--trials", "5", *options]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert problem in shown.err


def test_plastic_neurons_are_memory_and_billed_by_circuits_that_exist() -> None:
    junction = load_device("liu2025").temporal
    model = torch.nn.Sequential(ThermalNeuron(junction), Drive(junction), StochasticNeuron(junction))
    rows = neuron_energy(run(model, 0.85 * ITEMS), {"comparator": published_cost()})
    assert [(row["layer"], row["part"]) for row in rows if row["scope"] == "paper"] == [
        ("0", "memory"),
        ("2", "neurons"),
    ]
    for layer in (DifferentialNeuron, ThermalNeuron, StochasticNeuron, LIFNeuron, SignedLIF):
        assert layer.billing.circuit in CIRCUITS.names()


def test_sums_of_spikes_add_once_per_spike_and_means_multiply() -> None:
    """Behind a shortcut an input is 0, 1 or 2: a 2 adds its weight twice."""
    layer = OverTime(torch.nn.Conv2d(1, 3, 1, bias=False))
    x = torch.tensor([[0.0, 1.0], [2.0, 2.0]]).reshape(1, 1, 1, 2, 2)
    (events,) = run(torch.nn.Sequential(layer), x).values()
    assert (events.operations, events.additions, events.whole) == (9, 15, True)
    (row,) = synapse_energy({"s": events})
    assert row["energy_45nm_J"] == pytest.approx(15 * (0.9e-12 + READ_FP32))
    (events,) = run(torch.nn.Sequential(layer), x / 2).values()
    assert events.whole is False
    (row,) = synapse_energy({"s": events})
    assert row["energy_45nm_J"] == pytest.approx(9 * (4.6e-12 + READ_FP32))
    memory = LayerEvents("n", DifferentialNeuron.billing, 1, 4, 1, trials=1)
    gained = LayerEvents(
        "s", None, 1, 4, 1, trials=1, operations=9, additions=90, whole=True
    )  # ±10: part of the weight
    assert synapse_energy({"n": memory, "s": gained})[0]["events_per_trial"] == 9
    again = LayerEvents.from_json(json.loads(json.dumps(gained.to_json())))
    assert (again.additions, again.whole) == (90, True)


def test_every_layer_of_a_network_that_runs_over_time_is_counted() -> None:
    """3-D convolutions too, which have time as their third axis."""
    inner = OverTime(torch.nn.Conv2d(1, 2, 1, bias=False), torch.nn.ReLU(), torch.nn.Conv2d(2, 3, 1, bias=False))
    with torch.no_grad():
        for weights in inner.parameters():
            weights.fill_(1.0)
    first, second = run(torch.nn.Sequential(inner), torch.ones(5, 4, 1, 2, 2)).values()
    assert (first.layer, second.layer) == ("0.inner.0", "0.inner.2")
    assert (first.steps, first.trials, first.per_trial(first.operations)) == (5, 4, 5 * 4 * 2)
    assert (second.units, second.per_trial(second.operations)) == (8, 5 * 4 * 2 * 3)
    video = torch.nn.Conv3d(2, 3, (3, 1, 1), padding=(1, 0, 0), bias=False)
    (events,) = run(torch.nn.Sequential(video), torch.ones(4, 2, 5, 2, 2)).values()
    assert (events.steps, events.units, events.trials) == (5, 8, 4)
    assert events.per_trial(events.operations) == 3 * 2 * 4 * (3 * 5 - 2)  # the ends meet two of three weights


def test_a_readout_of_the_last_step_counts_that_step() -> None:
    class Last(torch.nn.Linear):
        def weighed(self, x: torch.Tensor) -> torch.Tensor:
            return x[-1:]

        def forward(self, input: torch.Tensor) -> torch.Tensor:
            return super().forward(input[-1])

    (events,) = run(torch.nn.Sequential(Last(3, 2)), torch.ones(5, 4, 3)).values()
    assert (events.steps, events.per_trial(events.operations)) == (1, 6)


def test_balance_sums_its_parts_and_scales_with_the_density() -> None:
    """An input layer with memory and static neurons behind it: twice the events are twice the memory's energy."""
    junction = load_device("liu2025")
    synapses = torch.nn.Linear(2 * 64, 3)
    static = torch.nn.Sequential(Drive(junction.temporal), StochasticNeuron(junction.temporal))
    model = torch.nn.Sequential(DifferentialNeuron(junction), synapses, static)
    cost = published_cost()
    costs = {"differential": cost, "comparator": cost}
    shares = []
    for active in (16, 32):
        frames = torch.zeros(5, 1, 64)
        frames[:, :, :active] = 0.8
        events = run(model, frames)
        buffer = buffer_energy(frame_buffer(events, "bitmap"))
        result = trial_energy(events, costs, None, is_lstm=False, buffer=buffer)
        paper = result["balance"][0]
        assert (paper["scope"], paper["precision"]) == ("paper", "fp32")
        assert paper["memory_J"] == pytest.approx(5 * active * 0.6e-9)
        assert paper["neurons_J"] == pytest.approx(5 * 3 * 0.6e-9)  # every one gets a pulse in every frame
        assert paper["buffer_J"] == pytest.approx(buffer.energy_28nm_J)
        parts = ("memory_J", "neurons_J", "synapses_J", "buffer_J")
        assert paper["total_J"] == pytest.approx(sum(paper[part] for part in parts), rel=1e-12)
        assert paper["memory_share"] == pytest.approx(paper["memory_J"] / paper["total_J"])
        layers = [r for r in result["layers"] if r["scope"] == "paper" or r.get("precision") == "fp32"]
        assert sum(r["energy_per_trial_J"] for r in layers) == pytest.approx(paper["total_J"])
        assert all(r["total_J"] is None for r in result["balance"] if r["scope"] == "circuit")  # not published
        assert any("standby" in note for note in result["notes"])
        shares.append(paper["memory_J"])
    assert shares[1] == pytest.approx(2 * shares[0])
    lacking = trial_energy(events, {"differential": cost}, None, is_lstm=False)["balance"][0]
    assert (lacking["neurons_J"], lacking["total_J"], lacking["memory_share"]) == (None, None, None)
    assert lacking["memory_J"] is not None


def test_many_layers_of_one_circuit_share_a_note() -> None:
    def layers(number: int, amplitude: float = 0.8) -> dict[str, LayerEvents]:
        rows = [LayerEvents(str(i), StochasticNeuron.billing, 1, 1, 1, 1, operations=1) for i in range(number)]
        return {row.layer: replace(row, squares_V2=amplitude**2) for row in rows}

    def amplitudes(events: dict[str, LayerEvents]) -> list[str]:
        notes = trial_energy(events, {"comparator": published_cost()}, None, is_lstm=False)["notes"]
        return [note for note in notes if "set pulses" in note]

    assert len(amplitudes(layers(4))) == 4
    (note,) = amplitudes(layers(9))
    assert note == "9 layers of differential: set pulses of 0.8 to 0.8 V (root mean square), as simulated."
    assert len(amplitudes(layers(9, 0.7))) == 9  # each says that its cost is another one's


def test_balance_of_a_digital_network() -> None:
    """Memory of a network without simulated neurons is its recurrent layer; a frame-wise one has none."""
    recurrent = torch.nn.RNN(3, 4)

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.memory, self.readout = recurrent, torch.nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.readout(self.memory(x)[0])

    net = Net()
    rows = trial_energy(run(net, torch.randn(5, 1, 3)), {}, net, is_lstm=True)["balance"]
    assert [row["precision"] for row in rows] == ["fp32", "int8"]
    one = digital_energy(RecurrentCell("RNN", 3, 4, 5))
    assert rows[0]["memory_J"] == pytest.approx(one.energy_per_sample_28nm_J)
    assert rows[0]["synapses_J"] == pytest.approx(5 * 8 * (4.6e-12 + READ_FP32) * 28 / 45)
    assert rows[0]["buffer_J"] is None
    wise = torch.nn.Linear(3, 2)
    (without, _) = trial_energy(run(torch.nn.Sequential(wise), torch.randn(5, 1, 3)), {}, wise, is_lstm=True)["balance"]
    assert (without["memory_J"], without["memory_share"]) == (0.0, 0.0)


@pytest.mark.parametrize("model", ["ipnet18", "resnet18_lstm"])
def test_eval_gives_the_parts_of_a_network_for_event_frames(checkpoint, capsys, monkeypatch, model):
    """Ten frames of 2 x 16 x 16: static neurons by hand; a buffer before heat that fades, none for an LSTM."""
    monkeypatch.setattr(characterize, "cost_at", lambda name, amplitude_V, **_: replace(published_cost(), circuit=name))
    options = {"width": 1 / 64, **({"device": "liu2025"} if model == "ipnet18" else {})}
    path = checkpoint(model, "gesture", **options)
    assert cli.main(["eval", path, "--trials", "4", "--energy", "--json"]) == 0
    energy = json.loads(capsys.readouterr().out)["energy"]
    row = energy["balance"][0]
    known = [row[part] for part in ("memory_J", "neurons_J", "synapses_J", "buffer_J") if row[part] is not None]
    assert row["total_J"] == pytest.approx(sum(known), rel=1e-12)
    assert 0 < row["memory_share"] < 1
    if model == "ipnet18":
        static = 5 * (16 * 16 + 2 * 8 * 8 + 4 * 4 * 4 + 8 * 2 * 2)
        assert row["neurons_J"] == pytest.approx(10 * static * 0.6e-9)
        assert row["buffer_J"] == pytest.approx(buffer_energy(FrameBuffer(2 * 16 * 16, 10)).energy_28nm_J)
    else:
        assert row["neurons_J"] == 0
        assert row["buffer_J"] is None
    monkeypatch.setenv("COLUMNS", "120")
    assert cli.main(["eval", path, "--trials", "4", "--energy"]) == 0
    assert "memory's share" in capsys.readouterr().out
