"""The networks of the working-memory tasks as registry entries: IPNet, its ablation, and the baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import nn

from ipcircuit.errors import InputError
from network.models.baselines import LIF_GAIN, LIFNet, LSTMNet
from network.models.encoding import ITEM_AMPLITUDE, READ_AMPLITUDE, PulseEncoding
from network.models.ipnet import IPNet
from network.models.model import Model
from network.neurons.thermal_mtj.device import NeuronDevice, load_device
from network.neurons.thermal_mtj.spread import DeviceSpread
from network.tasks.task import TrialTask
from network.training.settings import Settings


def device_of(options: Mapping[str, Any]) -> NeuronDevice:
    """The device that options of IPNet ask for: by name, with another decay, pulse period or slope.

    Raises:
        InputError: unknown device, or a value that it cannot have.
    """
    chosen = {**IPNET.options, **options}
    device, decay, period, slope = load_device(chosen["device"]), chosen["decay"], chosen["period_s"], chosen["slope"]
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


def _lif(task: TrialTask, options: Mapping[str, Any]) -> nn.Module:
    others = {name: value for name, value in options.items() if name != "device"}
    return LIFNet(task.inputs, task.hidden, task.outputs, load_device(options["device"]), **others)


_FEW = Settings(60, 64, 0.01, evaluate_every=30, trials=1000)
IPNET = Model(  # docs/memory_tasks.md says what twice as many steps change
    "ipnet",
    _ipnet,
    Settings(2000, 64, 0.01, evaluate_every=500, trials=4000, expected_share=0.2),
    Settings(2000, 64, 0.01, evaluate_every=500, trials=4000, expected_share=0.2),
    options={
        "device": "circuit",
        "neurons": 32,
        "hidden_neurons": 32,
        "placement": "input",
        "item_V": ITEM_AMPLITUDE,
        "read_V": READ_AMPLITUDE,
        "decay": None,
        "period_s": None,
        "slope": None,
        "midpoint_spread_V": 0.0,
        "heating_spread": 0.0,
        "off": 0.0,
        "levels": None,
        "reference": "junction",
    },
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
    lambda task, _: LSTMNet(task.inputs, task.hidden, task.outputs),
    Settings(1000, 64, 0.003, evaluate_every=50, trials=4000, target_score=0.999),
    Settings(600, 64, 0.003, evaluate_every=50, trials=1000, target_score=0.995),
    digital=True,
)
LIF = Model(
    "lif",
    _lif,
    Settings(1000, 64, 0.01, evaluate_every=100, trials=4000, patience=3),
    _FEW,
    options={"device": "circuit", "hidden_neurons": 32, "leaky_hidden": False, "gain": LIF_GAIN},
)
