"""Networks of signed neurons as registry entries, ideal ones and those of the device, and the same without spikes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Annotated, Any

from pydantic import Field
from torch import nn

from ipcircuit.devices.orthogonal_mtj.device import declare
from network.experiments.signed.plan import Plan
from network.models.frames import MeanReadout, SmallNet
from network.models.model import PARAMETERS, Model, ParameterValues
from network.models.vision.layers import RecurrentReadout
from network.neurons.signed_mtj.layer import Firing, SignedLIF, Variation
from network.tasks.frames import FrameTask
from network.training.settings import Settings


@cache
def _plan(parameters: tuple[tuple[str, float], ...] = ()) -> Plan:
    return Plan(device=declare().with_parameters(**dict(parameters)))


def _plan_of(options: Mapping[str, Any]) -> Plan:
    """The plan with other parameters of the junction if the options have any."""
    return _plan(tuple((options[PARAMETERS] or {}).items()))


def _sizes(task: FrameTask, options: Mapping[str, Any]) -> dict[str, Any]:
    """Of a small network, for a task's square frames."""
    size = task.size
    known = {"channels": task.channels, "classes": task.outputs, "size": size, "stride": max(1, size // 8)}
    return {**known, "width": options["width"]}


def _ideal(task: FrameTask, options: Mapping[str, Any]) -> nn.Module:
    plan = _plan_of(options)
    return SmallNet(lambda _: SignedLIF(plan.ideal, Firing()), **_sizes(task, options))


def _device(task: FrameTask, options: Mapping[str, Any]) -> nn.Module:
    """The device's neurons; each layer draws its own spread."""
    plan, spread = replace(_plan_of(options), dt_s=options["step_s"]), options["spread"]
    variation = Variation(spread, spread, spread) if spread else None
    firing = Firing(noise=plan.noise if options["noise"] is None else options["noise"])
    dynamics = plan.with_well(options["well"])
    return SmallNet(lambda layer: SignedLIF(dynamics, firing, variation, seed=layer), **_sizes(task, options))


def _convolutional(
    task: FrameTask, options: Mapping[str, Any], kind: Callable[[int, int], nn.LSTM | nn.GRU] | None = None
) -> nn.Module:
    def head(inputs: int, outputs: int) -> nn.Module:
        if kind is None:
            return MeanReadout(inputs, outputs)
        return RecurrentReadout(kind, inputs, options["units"], outputs, last=False)

    return SmallNet(lambda _: nn.ReLU(), **_sizes(task, options), head=head)


_WIDTH = Annotated[int, Field(ge=1, le=1024)]
_SHARE = Annotated[float, Field(ge=0, le=10)]
_QUICK = Settings(66, 64, 8e-3, None, 22, 600, schedule="cosine", weight_decay=1e-4)  # three epochs of the digits
_GESTURES = {"steps": 190, "learning_rate": 5e-3, "evaluate_every": 19}
IDEAL = Model(
    "signed_ideal",
    _ideal,
    replace(_QUICK, steps=176, learning_rate=5e-3),
    _QUICK,
    "frames",
    {"width": 12, PARAMETERS: None},
    kinds={"width": _WIDTH, PARAMETERS: ParameterValues},
    device="mtj_orthogonal",
    full_of={"gestures": _GESTURES},
    quick_of={"gestures": {"steps": 57, "evaluate_every": 19}},
)
"""Linear membranes with the device's constants."""
DEVICE = replace(
    IDEAL,
    name="signed_device",
    build=_device,
    options={**IDEAL.options, "noise": None, "spread": 0.0, "step_s": Plan.dt_s, "well": 1.0},
    kinds={
        **IDEAL.kinds,
        "noise": Annotated[float | None, Field(ge=0, le=10)],
        "spread": _SHARE,
        "step_s": Annotated[float, Field(ge=1e-12, le=1e-6)],
        "well": Annotated[float, Field(gt=0, le=1000)],
    },
)
"""The device's membranes. Options: `noise`, stationary deviation in thresholds (None: that of 300 K); `spread`,
relative deviation of time constant, gain and threshold; `step_s`, which the simulated circuit has at 2 ns; `well`,
relative to the device's own."""

CONVNET = replace(
    IDEAL,
    name="convnet",
    build=_convolutional,
    options={"width": 12},
    kinds={"width": _WIDTH},
    device="",
    digital=True,
)
"""ReLU in place of neurons, frame by frame."""
CONVNET_LSTM = replace(
    CONVNET,
    name="convnet_lstm",
    build=partial(_convolutional, kind=nn.LSTM),
    options={"width": 12, "units": 32},
    kinds={"width": _WIDTH, "units": _WIDTH},
)
"""The same, and a recurrent layer behind the features."""
CONVNET_GRU = replace(CONVNET_LSTM, name="convnet_gru", build=partial(_convolutional, kind=nn.GRU))
