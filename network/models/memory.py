"""The networks of the working-memory tasks as registry entries: IPNet, its ablation, LSTM and LIF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import nn

from ipcircuit.errors import InputError
from network.models.ipnet import ITEM_AMPLITUDE, READ_AMPLITUDE, IPNet, PulseEncoding
from network.models.model import MOST, PARAMETERS, Model, ParameterValues
from network.neurons.lif import LIFNeuron
from network.neurons.thermal_mtj.device import DeviceSpread, NeuronDevice, load_device
from network.neurons.thermal_mtj.neurons import Drive, StochasticNeuron
from network.tasks.task import TrialTask
from network.training.settings import Settings

LIF_GAIN = 2.0  # input of an item; H = 2 / tau reaches the threshold of 1 in one step with tau = 2 (assumed)


class RecurrentNet(nn.Module):
    """One recurrent layer of torch that gets the inputs directly (Methods), and a linear output."""

    def __init__(self, memory: nn.LSTM | nn.GRU, outputs: int) -> None:
        super().__init__()
        self.memory = memory
        self.output_synapses = nn.Linear(memory.hidden_size, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Inputs (time, batch, inputs) to outputs (time, batch, outputs)."""
        return self.output_synapses(self.memory(x)[0])


class LSTMNet(RecurrentNet):
    """An LSTM of `hidden` units. Its forget gates start at a bias of 1 (common practice; assumed)."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__(nn.LSTM(inputs, hidden), outputs)
        with torch.no_grad():
            self.memory.get_parameter("bias_ih_l0")[hidden : 2 * hidden].fill_(1.0)


class GRUNet(RecurrentNet):
    """A GRU of `hidden` units."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__(nn.GRU(inputs, hidden), outputs)


class LIFNet(nn.Module):
    """LIF neurons at the input layer, memoryless stochastic hidden neurons as in IPNet.

    An item drives its neuron across the threshold at once, which resets it: no trace is left under this encoding.
    `leaky_hidden` puts LIF neurons in the hidden layer too: their membranes integrate over steps.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        outputs: int,
        device: NeuronDevice,
        *,
        hidden_neurons: int = 32,
        leaky_hidden: bool = False,
        tau: float = 2.0,
        gain: float = LIF_GAIN,
    ) -> None:
        super().__init__()
        self.gain = gain
        self.input_neurons = LIFNeuron(tau)
        self.input_synapses = nn.Linear(inputs, hidden)
        drive, stochastic = Drive(device.temporal), StochasticNeuron(device.temporal, neurons=hidden_neurons)
        self.hidden_neurons = LIFNeuron(tau) if leaky_hidden else nn.Sequential(drive, stochastic)
        self.output_synapses = nn.Linear(hidden, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Inputs (time, batch, inputs) to outputs (time, batch, outputs)."""
        spikes = self.input_neurons(self.gain * x)
        return self.output_synapses(self.hidden_neurons(self.input_synapses(spikes)))


def junctions_of(options: Mapping[str, Any]) -> NeuronDevice:
    """The device of a name, with other parameters of its junction if the options have any. Raises InputError."""
    return load_device(options["device"], tuple((options[PARAMETERS] or {}).items()))


def device_of(options: Mapping[str, Any]) -> NeuronDevice:
    """The device that options of IPNet ask for: by name, with another decay, pulse period or slope.

    Raises InputError: unknown device, or a value that it cannot have.
    """
    chosen = {**DEVICE_OPTIONS, **options}
    device, decay, period, slope = junctions_of(chosen), chosen["decay"], chosen["period_s"], chosen["slope"]
    if decay is not None and period is not None:
        raise InputError("a pulse period sets the decay: give one of both", where="decay, period_s")
    if decay is not None:
        device = device.with_decay(*decay)
    if period is not None:
        device = device.with_period(period)
    return device if slope is None else device.with_slope(slope)


def _ipnet(task: TrialTask, options: Mapping[str, Any], *, plastic: bool = True) -> nn.Module:
    device = device_of(options)
    spread = DeviceSpread(options["midpoint_spread_V"], options["heating_spread"], options["off"])
    return IPNet(
        *(task.inputs, task.hidden, task.outputs),
        device if plastic else device.without_plasticity(),
        encoding=PulseEncoding(options["item_V"], options["read_V"]),
        spread=spread if spread != DeviceSpread() else None,
        **{name: options[name] for name in ("neurons", "hidden_neurons", "placement", "levels", "reference")},
    )


def _hidden(task: TrialTask, options: Mapping[str, Any]) -> int:
    """Units of the hidden layer: those that the options ask for, or with 0 those of the task."""
    return options["units"] or task.hidden


def _lif(task: TrialTask, options: Mapping[str, Any]) -> nn.Module:
    others = {name: value for name, value in options.items() if name not in (*JUNCTION_OPTIONS, "units")}
    return LIFNet(task.inputs, _hidden(task, options), task.outputs, junctions_of(options), **others)


def _lstm(task: TrialTask, options: Mapping[str, Any]) -> nn.Module:
    return LSTMNet(task.inputs, _hidden(task, options), task.outputs)


def _gru(task: TrialTask, options: Mapping[str, Any]) -> nn.Module:
    return GRUNet(task.inputs, _hidden(task, options), task.outputs)


_SPREAD = Annotated[float, Field(ge=0, le=10)]
JUNCTION = "mtj_thermal"
JUNCTION_OPTIONS: Mapping[str, Any] = {"device": "circuit", PARAMETERS: None}
DEVICE_OPTIONS: Mapping[str, Any] = {**JUNCTION_OPTIONS, "decay": None, "period_s": None, "slope": None}
DEVICE_KINDS: Mapping[str, Any] = {
    PARAMETERS: ParameterValues,
    "decay": Annotated[list[Annotated[float, Field(ge=0, lt=1)]] | None, Field(min_length=1, max_length=2)],
    "period_s": Annotated[float | None, Field(gt=0, le=1e3)],
    "slope": Annotated[float | None, Field(gt=0, le=1e6)],
}
_IPNET_KINDS = {
    **DEVICE_KINDS,
    "levels": Annotated[int | None, Field(ge=2, le=MOST)],
    "neurons": Annotated[int, Field(ge=1, le=4096)],
    "hidden_neurons": Annotated[int, Field(ge=1, le=4096)],
    "item_V": Annotated[float, Field(gt=0, le=10)],
    "read_V": Annotated[float, Field(gt=0, le=10)],
    "midpoint_spread_V": _SPREAD,
    "heating_spread": _SPREAD,
    "off": Annotated[float, Field(ge=0, le=1)],
}
_UNITS = {"units": 0}  # of the hidden layer; 0: as many as the task's networks have
_FEW = Settings(60, 64, 0.01, evaluate_every=30, trials=1000)
IPNET = Model(  # docs/networks/memory_tasks.md says what twice as many steps change
    "ipnet",
    _ipnet,
    Settings(2000, 64, 0.01, evaluate_every=500, trials=4000, expected_share=0.2),
    Settings(2000, 64, 0.01, evaluate_every=500, trials=4000, expected_share=0.2),
    options={
        **DEVICE_OPTIONS,
        "neurons": 32,
        "hidden_neurons": 32,
        "placement": "input",
        "item_V": ITEM_AMPLITUDE,
        "read_V": READ_AMPLITUDE,
        "midpoint_spread_V": 0.0,
        "heating_spread": 0.0,
        "off": 0.0,
        "levels": None,
        "reference": "junction",
    },
    kinds=_IPNET_KINDS,
    device=JUNCTION,
    # Interference: one answer per trial, split over three conditions, and a weak signal, which takes smaller steps.
    full_of={
        "interference": {"batch": 128, "learning_rate": 0.003, "trials": 9000},
        "recall": {"steps": 1000, "evaluate_every": 250, "expected_share": 0.0},
    },
    quick_of={
        "interference": {"steps": 1000, "learning_rate": 0.003, "evaluate_every": 200, "trials": 3000},
        "recall": {"steps": 400, "evaluate_every": 100, "expected_share": 0.0},
    },
)
ABLATED = replace(
    IPNET,
    name="ablated",
    build=lambda task, options: _ipnet(task, options, plastic=False),
    full=Settings(600, 64, 0.01, evaluate_every=100, trials=4000, patience=3),
    quick=_FEW,
    full_of={},
    quick_of={},
)
LSTM = Model(
    "lstm",
    _lstm,
    Settings(1000, 64, 0.003, evaluate_every=50, trials=4000, target_score=0.999),
    Settings(600, 64, 0.003, evaluate_every=50, trials=1000, target_score=0.995),
    options=_UNITS,
    digital=True,
)
GRU = replace(LSTM, name="gru", build=_gru)
LIF = Model(
    "lif",
    _lif,
    Settings(1000, 64, 0.01, evaluate_every=100, trials=4000, patience=3),
    _FEW,
    options={**JUNCTION_OPTIONS, "hidden_neurons": 32, "leaky_hidden": False, "gain": LIF_GAIN, **_UNITS},
    kinds={name: _IPNET_KINDS[name] for name in ("hidden_neurons", PARAMETERS)},
    device=JUNCTION,
)
