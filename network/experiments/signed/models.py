"""Networks of signed neurons as registry entries: ideal ones, and those of the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Annotated, Any

from pydantic import Field
from torch import nn

from ipcircuit.devices.orthogonal_mtj.device import declare
from network.experiments.signed.plan import Plan
from network.experiments.signed.tasks import small_network
from network.models.model import PARAMETERS, Model, ParameterValues
from network.neurons.signed_mtj.layer import Firing, SignedLIF, Variation
from network.tasks.frames import FrameTask
from network.training.settings import Settings


@cache
def _plan(parameters: tuple[tuple[str, float], ...] = ()) -> Plan:
    return Plan(device=declare().with_parameters(**dict(parameters)))


def _plan_of(options: Mapping[str, Any]) -> Plan:
    """The plan with other parameters of the junction if the options have any."""
    return _plan(tuple((options[PARAMETERS] or {}).items()))


def _ideal(task: FrameTask, options: Mapping[str, Any]) -> nn.Module:
    plan = _plan_of(options)
    return small_network(task, lambda _: SignedLIF(plan.ideal, Firing()), options["width"])


def _device(task: FrameTask, options: Mapping[str, Any]) -> nn.Module:
    """The device's neurons; each layer draws its own spread."""
    plan, spread = _plan_of(options), options["spread"]
    variation = Variation(spread, spread, spread) if spread else None
    firing = Firing(noise=plan.noise if options["noise"] is None else options["noise"])
    dynamics = plan.with_well(options["well"])
    return small_network(task, lambda layer: SignedLIF(dynamics, firing, variation, seed=layer), options["width"])


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
    options={**IDEAL.options, "noise": None, "spread": 0.0, "well": 1.0},
    kinds={
        **IDEAL.kinds,
        "noise": Annotated[float | None, Field(ge=0, le=10)],
        "spread": _SHARE,
        "well": Annotated[float, Field(gt=0, le=1000)],
    },
)
"""The device's membranes. Options: `noise`, stationary deviation in thresholds (None: that of 300 K); `spread`,
relative deviation of time constant, gain and threshold; `well`, relative to the device's own."""
