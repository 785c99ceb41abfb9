"""The signed LIF layer: a pure run over time, and a torch module around it.

One step: membrane follows the dynamics, noise is added, spikes of both signs at both thresholds, reset. Shapes are
(time, batch, *features) everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import nn

from ipcircuit.errors import InputError
from ipcircuit.records import NonNegative, Positive, record
from network.neurons.billing import Billing, Counts
from network.neurons.content import nonzeros, spikes
from network.neurons.signed_mtj.dynamics import SignedDynamics

Surrogate = Literal["rectangular", "atan"]


@record
class Firing:
    """How a layer spikes.

    Attributes:
        reset: ``subtract`` one signed threshold, to ``zero`` (what a junction can do), or ``none``.
        surrogate, width: of the gradient, see `surrogate_slope`.
        noise: stationary standard deviation of the membrane at rest, in thresholds.
    """

    reset: Literal["subtract", "zero", "none"] = "zero"
    surrogate: Surrogate = "atan"
    width: Positive = 1.0
    noise: NonNegative = 0.0


@record
class Variation:
    """Relative standard deviations between neurons: time constant, gain, threshold. Factors are log-normal."""

    tau: NonNegative = 0.0
    gain: NonNegative = 0.0
    threshold: NonNegative = 0.0

    def sample(self, features: torch.Size, generator: torch.Generator, like: torch.Tensor) -> dict[str, torch.Tensor]:
        """One factor per neuron by name, each of median 1 and shape `features`."""
        return {
            name: torch.exp(getattr(self, name) * torch.randn(features, generator=generator).to(like))
            for name in ("tau", "gain", "threshold")
        }


def surrogate_slope(distance: torch.Tensor, kind: Surrogate, width: float) -> torch.Tensor:
    """Gradient of a spike by the distance from its threshold, same shape; area 1, and height 1/`width` at 0.

    Either 1/width inside a window of `width`, or the derivative of an arctangent, 1 / (width (1 + (pi v/width)²)).
    """
    if kind == "rectangular":
        return (distance.abs() < width / 2).to(distance.dtype) / width
    return 1 / (width * (1 + (math.pi * distance / width) ** 2))


class _SignedSpike(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, v: torch.Tensor, threshold: torch.Tensor, kind: Surrogate, width: float) -> torch.Tensor:
        ctx.save_for_backward(v, threshold)
        ctx.kind, ctx.width = kind, width
        return (v >= threshold).to(v.dtype) - (v <= -threshold).to(v.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        v, threshold = ctx.saved_tensors
        positive, negative = (surrogate_slope(x, ctx.kind, ctx.width) for x in (v - threshold, v + threshold))
        return grads[0] * (positive + negative), None, None, None


def signed_spike(
    v: torch.Tensor, threshold: torch.Tensor | float = 1.0, kind: Surrogate = "atan", width: float = 1.0
) -> torch.Tensor:
    """Spikes in {-1, 0, +1} of membranes `v`, same shape; a membrane exactly on a threshold spikes.

    The gradient is the sum of `surrogate_slope` at both thresholds; `threshold` (positive, broadcastable) gets none.
    """
    level = threshold if isinstance(threshold, torch.Tensor) else v.new_tensor(threshold)
    return _SignedSpike.apply(v, level, kind, width)  # type: ignore[no-any-return]


NOMINAL: Mapping[str, torch.Tensor | float] = {"tau": 1.0, "gain": 1.0, "threshold": 1.0}


def run(
    dynamics: SignedDynamics,
    drives: torch.Tensor,
    state: torch.Tensor | None = None,
    firing: Firing | None = None,
    *,
    factors: Mapping[str, torch.Tensor | float] = NOMINAL,
    generator: torch.Generator | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Response of a population to a sequence.

    Args:
        drives: (time, batch, *features), in the dynamics' units.
        state: before the first step; default at rest.
        firing: how it spikes; defaults of `Firing`.
        factors: `tau`, `gain`, `threshold`, each broadcastable to (batch, *features).
        generator: of the noise; required when there is noise.

    Returns:
        Spikes in {-1, 0, +1}, shape of `drives`, and the state after the last step.

    Raises:
        InputError: no time axis, noise without a generator, or a drive that is no number.
    """
    rules = firing or Firing()
    if drives.dim() < 2 or drives.shape[0] == 0:
        raise InputError("needs (time, batch, ...)", where="drives", found=tuple(drives.shape))
    if rules.noise > 0 and generator is None:
        raise InputError("noise needs a generator", where="generator")
    tau, gain, threshold = factors["tau"], factors["gain"], factors["threshold"]
    now = dynamics.rest(drives[0]) if state is None else state
    outputs = []
    for drive in drives:
        now = dynamics.step(now, drive, tau, gain)
        if rules.noise > 0:
            source = generator.device if generator is not None else drive.device
            normal = torch.randn(drive.shape, generator=generator, dtype=drive.dtype, device=source).to(drive.device)
            now = dynamics.shifted(now, dynamics.noise_std(now, rules.noise, tau) * normal)
        spikes = signed_spike(dynamics.read(now), threshold, rules.surrogate, rules.width)
        if rules.reset == "subtract":
            now = dynamics.shifted(now, -(spikes.detach() * threshold))
        elif rules.reset == "zero":
            now = dynamics.reset(now, spikes.detach() != 0)
        outputs.append(spikes)
    if not bool(torch.isfinite(now).all()):  # it would not spike, and so hide
        raise InputError("a membrane is no number", where="drives", allowed="finite drives")
    return torch.stack(outputs), now


class SignedLIF(nn.Module):
    """A layer of signed neurons; (time, batch, *features) in and out. Each call starts at rest unless `stateful`.

    Args:
        dynamics: of the membranes; may be exchanged at any time (`layer.dynamics = …`).
        firing: reset, surrogate, noise.
        variation: spread between neurons, drawn at the first call for the shape that it sees.
        seed: of variation and noise.
        stateful: keep the membranes from one call to the next (detached); `reset()` puts them to rest.

    `generator`, where it is set, takes the place of the layer's own source of noise.
    """

    billing = Billing("signed", "signed_mtj")
    parallel_neurons = 1

    def __init__(
        self,
        dynamics: SignedDynamics,
        firing: Firing | None = None,
        variation: Variation | None = None,
        *,
        seed: int = 0,
        stateful: bool = False,
    ) -> None:
        super().__init__()
        self.dynamics, self.firing, self.variation = dynamics, firing or Firing(), variation
        self.stateful = stateful
        self.state: torch.Tensor | None = None
        self.generator: torch.Generator | None = None
        self.seed(seed)

    def out_features(self, in_features: int) -> int:
        """Length of the output's first feature axis for that of the input: as many."""
        return in_features

    def seed(self, seed: int) -> None:
        """Start noise and variation anew."""
        self.generator = None
        self._generator = torch.Generator().manual_seed(seed)
        self._factors: dict[str, torch.Tensor] | None = None

    def reset(self) -> None:
        """Put all membranes to rest."""
        self.state = None

    def forward(self, drives: torch.Tensor) -> torch.Tensor:
        """Spikes of the shape of `drives`."""
        state = self.state if self.stateful else None
        spikes, after = run(
            self.dynamics,
            drives,
            state,
            self.firing,
            factors=self._spread(drives),
            generator=self.generator or self._generator,
        )
        if self.stateful:
            self.state = after.detach()
        return spikes

    def count_events(self, inputs: torch.Tensor, outputs: torch.Tensor) -> Counts:
        """An operation is a time step: the junction is read whether it is driven or not. The strength of a drive is
        not counted: each costs as the full one of the cost record."""
        _, fired, negative = spikes(outputs)
        return Counts(inputs.numel(), fired, negative, inputs=nonzeros(inputs))

    def _spread(self, drives: torch.Tensor) -> Mapping[str, torch.Tensor | float]:
        if self.variation is None:
            return NOMINAL
        features = drives.shape[2:]
        if self._factors is None:
            # Its own stream, so that the same devices come out whatever noise was drawn before.
            own = torch.Generator().manual_seed(self._generator.initial_seed() ^ 0x5EED)
            self._factors = self.variation.sample(features, own, drives)
        if self._factors["tau"].shape != features:
            raise InputError(
                "the layer's neurons were drawn for another shape",
                where="drives",
                found=tuple(features),
                allowed=str(tuple(self._factors["tau"].shape)),
            )
        return self._factors


def signed_layers(network: nn.Module) -> list[tuple[str, SignedLIF]]:
    """All signed layers of a network with their names, in the order of the module tree."""
    return [(name, layer) for name, layer in network.named_modules() if isinstance(layer, SignedLIF)]
