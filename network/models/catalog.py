"""Models by name, for the command line, checkpoints and studies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from ipcircuit.errors import InputError
from network.models.baselines import LIFNet, LSTMNet
from network.models.encoding import ITEM_AMPLITUDE, READ_AMPLITUDE, PulseEncoding
from network.models.ipnet import IPNet
from network.neurons.thermal_mtj.device import NeuronDevice, load_device
from network.neurons.thermal_mtj.spread import DeviceSpread
from network.tasks.task import Task

MODELS = {
    "ipnet": "thermally plastic MTJ neurons at the input layer",
    "ablated": "the same network, heat without effect on the midpoint",
    "lstm": "one LSTM layer of the same number of hidden units",
    "lif": "leaky integrate-and-fire neurons at the input layer",
}
OPTIONS = {  # what may be set, by model; the values are the defaults
    "ipnet": {
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
    "lstm": {},
    "lif": {"device": "circuit", "hidden_neurons": 32, "leaky_hidden": False, "gain": 2.0},
}
OPTIONS["ablated"] = OPTIONS["ipnet"]


def builder(name: str, task: Task, options: Mapping[str, Any] | None = None) -> Callable[[], nn.Module]:
    """A function that makes an untrained model of a task's topology.

    Raises:
        InputError: unknown model or option.
    """
    if name not in MODELS:
        raise InputError("unknown model", where="model", found=name, allowed=", ".join(MODELS))
    if unknown := sorted(set(options or {}) - set(OPTIONS[name])):
        raise InputError(
            f"model {name} has no such option", found=unknown[0], allowed=", ".join(OPTIONS[name]) or "none"
        )
    chosen = {**OPTIONS[name], **(options or {})}
    size = (task.inputs, task.hidden, task.outputs)
    if name == "lstm":
        return lambda: LSTMNet(*size)
    if name == "lif":
        device = load_device(chosen.pop("device"))
        return lambda: LIFNet(*size, device, **chosen)
    device = device_of(chosen)
    return lambda: _ipnet(size, device if name == "ipnet" else device.without_plasticity(), chosen)


def device_of(options: Mapping[str, Any]) -> NeuronDevice:
    """The device that options of IPNet ask for: by name, with another decay, pulse period or slope.

    Raises:
        InputError: unknown device, or a value that it cannot have.
    """
    chosen = {**OPTIONS["ipnet"], **options}
    device, decay, period, slope = load_device(chosen["device"]), chosen["decay"], chosen["period_s"], chosen["slope"]
    if decay is not None and period is not None:
        raise InputError("a pulse period sets the decay: give one of both", where="decay, period_s")
    if decay is not None:
        device = device.with_decay(*decay)
    if period is not None:
        device = device.with_period(period)
    return device if slope is None else device.with_slope(slope)


def _ipnet(size: tuple[int, int, int], device: NeuronDevice, chosen: Mapping[str, Any]) -> IPNet:
    spread = DeviceSpread(chosen["midpoint_spread_V"], chosen["heating_spread"], chosen["off"])
    return IPNet(
        *size,
        device,
        neurons=chosen["neurons"],
        hidden_neurons=chosen["hidden_neurons"],
        placement=chosen["placement"],
        encoding=PulseEncoding(chosen["item_V"], chosen["read_V"]),
        spread=spread if spread != DeviceSpread() else None,
        levels=chosen["levels"],
        reference=chosen["reference"],
    )
