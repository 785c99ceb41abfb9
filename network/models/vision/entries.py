"""The networks for event frames as registry entries; width and depth are options, 1 and 18 or 34 the published ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from pydantic import Field
from torch import nn

from ipcircuit.errors import InputError
from network.models.frames import LARGE_STEM, POSITIONS, OverTime, ResNet
from network.models.memory import DEVICE_KINDS, DEVICE_OPTIONS, JUNCTION, device_of
from network.models.model import MOST, PARAMETERS, Model
from network.models.vision.convnext import TINY, ConvNeXt
from network.models.vision.layers import (
    EVENT_AMPLITUDE,
    InputLIF,
    RecurrentReadout,
    memory_layer,
    readout,
    rms_normalised,
    static_neurons,
)
from network.models.vision.video import R2Plus1D
from network.tasks.frames import FrameTask
from network.training.settings import Settings

FULL_WIDTH = 64  # channels of the first stage at width 1
HIDDEN = 1024  # units of the recurrent layer at width 1 (Methods: the LSTM; assumed for the RNN)
LARGE = 64  # pixels from which frames get the stem for large images
DEPTHS = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}  # convolutions and readout: blocks per stage
NOWHERE = "none"
Options = Mapping[str, Any]


def _sizes(task: FrameTask, options: Options) -> dict[str, Any]:
    """Width, blocks and stem of a residual network for a task's frames."""
    stem = options["stem_stride"] or (LARGE_STEM if task.size >= LARGE else 1)
    blocks = DEPTHS.get(options["depth"])
    if blocks is None:
        allowed = ", ".join(map(str, DEPTHS))
        raise InputError("no such depth", where="model: depth", found=options["depth"], allowed=allowed)
    return {
        "width": _scaled(FULL_WIDTH, options),
        "blocks": blocks,
        "stem_stride": stem,
        "stem_kernel": 3 if stem == 1 else 7,
    }


def _scaled(full: int, options: Options) -> int:
    return max(1, round(full * options["width"]))


def _memory_at(
    task: FrameTask, options: Options, *, plastic: bool
) -> Callable[[str, int], tuple[nn.Module, int] | None]:
    """The layer with the memory where the options put it."""
    device = device_of(options) if plastic else device_of(options).without_plasticity()
    if (position := options["position"]) not in (NOWHERE, *POSITIONS):
        allowed = ", ".join((*POSITIONS, NOWHERE))
        raise InputError("no such position", where="model: position", found=position, allowed=allowed)

    def insert(place: str, channels: int) -> tuple[nn.Module, int] | None:
        if place != position:
            return None
        return memory_layer(place, channels, device, options["neurons"], options["event_V"], options["units"] or None)

    return insert


def _spiking(
    task: FrameTask, options: Options, insert: Callable[[str, int], tuple[nn.Module, int] | None]
) -> nn.Module:
    device = device_of(options)
    spatial, last = options.get("position") != "output", task.readout == "last"
    return ResNet(
        lambda _: static_neurons(device, options["static_neurons"]),
        task.outputs,
        task.channels,
        **_sizes(task, options),
        convolution=rms_normalised,
        add_spikes=True,
        insert=insert,
        head=lambda inputs, outputs: readout(inputs, outputs, last=last, spatial=spatial),
    )


def _ipnet(task: FrameTask, options: Options, *, plastic: bool = True) -> nn.Module:
    return _spiking(task, options, _memory_at(task, options, plastic=plastic))


def _lif(task: FrameTask, options: Options) -> nn.Module:
    def insert(place: str, channels: int) -> tuple[nn.Module, int] | None:
        return (InputLIF(options["tau"], options["gain"]), channels) if place == "input" else None

    return _spiking(task, options, insert)


def _resnet(task: FrameTask, options: Options, head: Callable[[int, int], nn.Module] | None = None) -> nn.Module:
    last = task.readout == "last"
    head = head or partial(readout, last=last, spatial=True)
    return ResNet(lambda _: nn.ReLU(), task.outputs, task.channels, **_sizes(task, options), head=head)


def _recurrent(task: FrameTask, options: Options, kind: Callable[[int, int], Any]) -> nn.Module:
    units = options["units"] or _scaled(HIDDEN, options)

    def head(inputs: int, outputs: int) -> nn.Module:
        return RecurrentReadout(kind, inputs, units, outputs, last=task.readout == "last")

    return _resnet(task, options, head)


def _video(task: FrameTask, options: Options) -> nn.Module:
    sizes = _sizes(task, options)
    stem = min(2, sizes["stem_stride"])
    return R2Plus1D(task.outputs, task.channels, sizes["width"], sizes["blocks"], stem)


def _convnext(task: FrameTask, options: Options) -> nn.Module:
    memory = _memory_at(task, {**options, "units": 0}, plastic=True)("input", task.channels)
    module, channels = memory or (nn.Identity(), task.channels)
    width, patch = _scaled(TINY[0], options), 4 if task.size >= LARGE else 2
    backbone = OverTime(
        ConvNeXt(task.outputs, channels, width, TINY[1] if options["blocks"] is None else options["blocks"], patch)
    )
    return nn.Sequential(module, backbone, _Steps(task.readout == "last"))


class _Steps(nn.Module):
    """Scores of frames to that of a sample: the last, or their mean."""

    def __init__(self, last: bool) -> None:
        super().__init__()
        self.last = last

    def forward(self, scores: Any) -> Any:
        return scores[-1] if self.last else scores.mean(0)


def _entry(
    name: str, build: Callable[[FrameTask, Options], nn.Module], options: Options, *, rate: float, spiking: bool = False
) -> Model:
    """Settings of about eighteen passes over a thousand samples, and of five in a quick run.

    Networks of sampling neurons learn with expected firing first: under the noise of single spikes the order of time is
    found much later.
    """
    share = 0.5 if spiking else 0.0
    settings = Settings(660, 32, rate, evaluate_every=110, trials=2000, weight_decay=1e-4, expected_share=share)
    quick = replace(settings, steps=200, evaluate_every=100)
    device = JUNCTION if PARAMETERS in options else ""
    return Model(name, build, settings, quick, "frames", options, _KINDS, digital=not spiking, device=device)


_COUNT = Annotated[int, Field(ge=1, le=4096)]
_BLOCKS = Annotated[list[Annotated[int, Field(ge=1, le=64)]] | None, Field(min_length=4, max_length=4)]
_KINDS = {
    "width": Annotated[float, Field(gt=0, le=16)],
    "neurons": _COUNT,
    "static_neurons": _COUNT,
    "units": Annotated[int, Field(ge=0, le=MOST)],
    "stem_stride": Annotated[int, Field(ge=0, le=LARGE_STEM)],
    "event_V": Annotated[float, Field(gt=0, le=10)],
    **DEVICE_KINDS,
    "tau": Annotated[float, Field(ge=1, le=1e6)],
    "blocks": _BLOCKS,
}
_RESIDUAL = {"width": 1.0, "depth": 18, "stem_stride": 0}  # 0: by the size of the frames
_MEMORY = {"neurons": 8, "position": "input", "event_V": EVENT_AMPLITUDE, "units": 0}  # units 0: one per feature
_SPIKING = {**_RESIDUAL, **DEVICE_OPTIONS, "static_neurons": 1}

IPNET18 = _entry("ipnet18", _ipnet, {**_SPIKING, **_MEMORY}, rate=0.01, spiking=True)
IPNET34 = replace(IPNET18, name="ipnet34", options={**IPNET18.options, "depth": 34})
ABLATED18 = replace(IPNET18, name="ablated18", build=partial(_ipnet, plastic=False))
LIF18 = _entry("lif18", _lif, {**_SPIKING, "tau": 2.0, "gain": 1.5}, rate=0.01, spiking=True)
RESNET18 = _entry("resnet18", _resnet, _RESIDUAL, rate=0.003)
RESNET18_RNN = _entry("resnet18_rnn", partial(_recurrent, kind=nn.RNN), {**_RESIDUAL, "units": 0}, rate=0.003)
RESNET18_LSTM = _entry("resnet18_lstm", partial(_recurrent, kind=nn.LSTM), {**_RESIDUAL, "units": 0}, rate=0.003)
RESNET18_GRU = _entry("resnet18_gru", partial(_recurrent, kind=nn.GRU), {**_RESIDUAL, "units": 0}, rate=0.003)
R2PLUS1D18 = _entry("r2plus1d18", _video, _RESIDUAL, rate=0.003)
CONVNEXT = _entry(
    *("convnextv2", _convnext, {"width": 1.0, "blocks": None, **DEVICE_OPTIONS, **_MEMORY, "position": NOWHERE}),
    rate=0.001,
)
