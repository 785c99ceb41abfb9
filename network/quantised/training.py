"""Quantised ANN of a spiking network: its structure and weights, activations in place of neurons, fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from energy.inference import WEIGHT_BITS, activation_bits
from network.answers.score import Difference, Measure, Score, answers, difference, score
from network.answers.tuning import LEAST_SAMPLES, Tuning, parted, tune
from network.foreign import neurons
from network.foreign.network import LoadedNetwork
from network.quantised.activation import InPlaceOfNeuron, QuantisedReLU, activation_of
from network.quantised.weights import with_integer_weights
from network.threads import Progress

CALIBRATED = 256  # samples
TUNING = Tuning(epochs=30, learning_rate=3e-3)


@dataclass(frozen=True)
class QuantisedAnn:
    """The quantised network beside the spiking one, both on samples that neither was fine-tuned on here.

    Attributes:
        bits: of an activation. steps: of the spiking network. weight_bits: of both networks' weights.
        network: it, fed the mean over time as one step; None: not obtained, for the `reason`.
        score, spiking, spiking_integer: of it, and of the spiking network with its own weights and with integer ones.
        difference: it less the spiking network with its own weights.
        fine_tuned_on, held_out: numbers of samples.
        reason: why it was not obtained, or what to know of it; empty where there is nothing.
    """

    bits: int
    steps: int
    weight_bits: int
    network: LoadedNetwork | None = None
    score: Score | None = None
    spiking: Score | None = None
    spiking_integer: Score | None = None
    difference: Difference | None = None
    fine_tuned_on: int = 0
    held_out: int = 0
    reason: str = ""

    @property
    def equal(self) -> bool:
        """Whether it is as good as the spiking network, as far as the samples can tell."""
        return self.difference is not None and not self.difference.worse


def at_once(inputs: torch.Tensor) -> torch.Tensor:
    """Inputs (time, batch, *features) as one step: their mean over time, which of T binary steps has T + 1 values."""
    return inputs.to(torch.get_default_dtype()).mean(0, keepdim=True)


def quantised(network: LoadedNetwork, inputs: torch.Tensor, bits: int) -> LoadedNetwork:
    """A copy of the network with activations of `bits` bits in place of its neurons, and none where it answers.

    Args:
        inputs: (time, batch, *features), of which the first are run: to see which neurons answer, and how large the
            inputs of the others are.
    """
    copy = network.copy()
    found, last = copy.neurons(), _answering(copy, inputs)

    def put(module: nn.Module, prefix: str) -> None:
        for name, child in module.named_children():
            path = f"{prefix}{name}"
            if path in found and found[path].kind != "ReLU":
                activation = nn.Identity() if path == last else activation_of(found[path], bits)
                setattr(module, name, InPlaceOfNeuron(child, activation))
            elif path not in found:
                put(child, f"{path}.")

    put(copy.module, "")
    _calibrate(copy, at_once(inputs[:, :CALIBRATED]))
    return copy


def _calibrate(network: LoadedNetwork, inputs: torch.Tensor) -> None:
    """Set the ranges of all activations, one after the other as they run."""
    activations = [module for module in network.module.modules() if isinstance(module, QuantisedReLU)]
    handles = [one.register_forward_pre_hook(_calibrate_one) for one in activations]
    with torch.no_grad():
        network.run(inputs)
    for handle in handles:
        handle.remove()


def _calibrate_one(activation: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    if isinstance(activation, QuantisedReLU):
        activation.calibrate(inputs[0])


def _answering(network: LoadedNetwork, inputs: torch.Tensor) -> str | None:
    """Path of the neurons whose output is the network's; None where others weigh it."""
    kept: dict[str, torch.Tensor] = {}
    handles = [
        module.register_forward_hook(lambda m, _, out, path=path: kept.update({path: neurons.spikes_of(m, out)}))
        for path, module in network.module.named_modules()
        if path in network.neurons()
    ]
    try:
        with torch.no_grad():
            output = network.run(at_once(inputs[:, :1]))
    finally:
        for handle in handles:
            handle.remove()
    same = [path for path, spikes in kept.items() if spikes.numel() == output.numel()]
    return next((path for path in reversed(same) if torch.equal(kept[path].flatten(), output.flatten())), None)


def why_not(network: LoadedNetwork) -> str | None:
    """Why a network has no counterpart that runs once; None where it has one."""
    found = network.neurons()
    if any(isinstance(module, nn.RNNBase) for module in network.module.modules()):
        return "it has recurrent layers, which need its time steps"
    recurrent = [path for path, neuron in found.items() if neuron.recurrent]
    if recurrent:
        return f"it feeds spikes back ({', '.join(recurrent[:3])}), which needs its time steps"
    if "" in found:
        return "it is a layer of neurons alone"
    return None if any(neuron.spiking for neuron in found.values()) else "it has no neurons that spike"


def quantised_ann(
    network: LoadedNetwork,
    inputs: torch.Tensor,
    targets: torch.Tensor | None = None,
    tuning: Tuning | None = None,
    progress: Progress | None = None,
) -> QuantisedAnn:
    """The quantised network of a spiking network's structure, fine-tuned on 70 % of the samples and tried on the rest.

    Without targets it learns the spiking network's answers, and what is scored is agreement with it.

    Args:
        inputs: (time, batch, *features). targets: classes (batch,), where known.
        tuning: by default `TUNING`.
        progress: called with (done, total) batches of the fine-tuning.

    Raises:
        InputError: inputs that the network does not take.
    """
    chosen, steps = tuning or TUNING, inputs.shape[0]
    bits, weight_bits = activation_bits(steps), round(WEIGHT_BITS.value)
    nothing = QuantisedAnn(bits, steps, weight_bits)
    reason = why_not(network) or _why_no_score(inputs, targets)
    if reason:
        return QuantisedAnn(bits, steps, weight_bits, reason=f"not obtained: {reason}")
    held, tuned = parted(inputs.shape[1], torch.Generator().manual_seed(chosen.seed))
    theirs = answers(network, inputs)
    wanted = theirs if targets is None else targets.long()
    model = quantised(network, inputs, bits)
    tune(model, at_once(inputs[:, tuned]), wanted[tuned], chosen, progress)
    model = with_integer_weights(model, weight_bits)
    measure: Measure = "agreement" if targets is None else "accuracy"
    rounded = answers(with_integer_weights(network, weight_bits), inputs[:, held]) == wanted[held]
    spiking, ours = theirs[held] == wanted[held], answers(model, at_once(inputs[:, held])) == wanted[held]
    return QuantisedAnn(
        nothing.bits,
        steps,
        weight_bits,
        model,
        score(ours, measure),
        score(spiking, measure),
        score(rounded, measure),
        difference(ours, spiking),
        len(tuned),
        len(held),
        "" if targets is not None else "no targets: scored by agreement with the spiking network's answers",
    )


def _why_no_score(inputs: torch.Tensor, targets: torch.Tensor | None) -> str | None:
    if inputs.shape[1] < LEAST_SAMPLES:
        return f"{inputs.shape[1]} samples are too few to fine-tune it and to try it, which takes {LEAST_SAMPLES}"
    if targets is not None and (targets.dim() != 1 or targets.is_floating_point()):
        return "its targets are no classes"
    return None
